"""One run of `antrean`."""

from collections.abc import Mapping
from functools import cached_property
from typing import ClassVar

from common.terminal.requesting import RequestingSession
from patient_cli.texts import TEXTS
from patient_cli.ticket_book import TicketBook


class PatientSession(RequestingSession):
    """A session of somebody who takes tickets, and remembers them."""

    package = "patient_cli"
    role = "patient"
    table = TEXTS
    hints: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "hospital_not_found": ("hint.codes", "hospitals"),
        "clinic_not_found": ("hint.codes", "clinics", "{hospital}"),
        "not_cancellable": ("hint.status", "status", "{ticket_code}"),
    }

    @cached_property
    def book(self) -> TicketBook:
        """The tickets this user took."""
        return TicketBook(self.settings.data_dir)
