"""One run of `antrean`."""

from functools import cached_property

from common.terminal.requesting import RequestingSession
from patient_cli.texts import TEXTS
from patient_cli.ticket_book import TicketBook


class PatientSession(RequestingSession):
    """A session of somebody who takes tickets, and remembers them."""

    package = "patient_cli"
    role = "patient"
    table = TEXTS

    @cached_property
    def book(self) -> TicketBook:
        """The tickets this user took."""
        return TicketBook(self.settings.data_dir)
