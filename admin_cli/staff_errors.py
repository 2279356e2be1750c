"""Why the staff are not changed, or not wholly."""

from collections.abc import Sequence

from common.errors import AntreanError
from common.translation import N_


class StaffRefused(AntreanError):
    """Nothing was changed. `message` is an English sentence that can be translated, with its `values`."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message.format(**values))
        self.message = message
        self.values = values


class NotStaff(StaffRefused):
    """Nobody of this name, or nobody in that hospital, is in the table."""

    def __init__(self, name: str, hospital: str | None = None) -> None:
        if hospital is None:
            super().__init__(
                N_("No member of the staff is called {name}; antrean-admin staff list shows all."), name=name
            )
        else:
            super().__init__(
                N_("{name} does not serve in {hospital}; antrean-admin staff list shows where."),
                name=name,
                hospital=hospital,
            )


class SeveralHospitals(StaffRefused):
    """A change has to say which duty it means."""

    def __init__(self, name: str, hospitals: Sequence[str]) -> None:
        super().__init__(
            N_("{name} serves in several hospitals ({hospitals}): say which with --hospital."),
            name=name,
            hospitals=", ".join(hospitals),
        )
