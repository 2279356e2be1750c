"""Why a patient's data are not read or erased."""

from collections.abc import Sequence

from common.errors import AntreanError
from common.translation import N_


class PatientRefused(AntreanError):
    """Nothing was changed. `message` is an English sentence that can be translated, with its `values`, none
    of which is about a patient."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message.format(**values))
        self.message = message
        self.values = values


class OpenTickets(PatientRefused):
    """The desks still need to know whose these tickets are, named by hospital, number and day."""

    def __init__(self, tickets: Sequence[str]) -> None:
        super().__init__(
            N_(
                "Nothing was erased, since the patient has open tickets: {tickets}. Have the desk end those"
                " of patients who wait, and erase once the day after their service day is over; or erase"
                " the others with --leave-open."
            ),
            tickets=", ".join(tickets),
        )
