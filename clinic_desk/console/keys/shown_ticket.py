"""The key that shows a ticket again, and prints it."""

from typing import Any

from clinic_desk.console.dialogs.shown_ticket import ShownTicket
from clinic_desk.console.keys.tickets import TicketKeys
from clinic_desk.paper import COLUMNS, paper_text
from clinic_desk.printer import PrintingFailed, print_out
from clinic_desk.shown_ticket import ticket_text
from common.words.tickets import Ticket


class ShownTicketKeys(TicketKeys):
    """A ticket that its patient has lost."""

    def action_ticket_again(self) -> None:
        """Shows the chosen patient's ticket again."""
        self._with_meant("ticket", self.show_again)

    def show_again(self, ticket: Ticket) -> None:
        """Shows this ticket as its patient has it, and whose it is."""
        self._look_at(ticket, self._show)

    def _show(self, shown: dict[str, Any]) -> None:
        text = ticket_text(shown, self._texts, ShownTicket.width_in(self.size.width))
        self.push_screen(
            ShownTicket(text, self._texts), lambda paper: self._print_on(shown, paper) if paper else None
        )

    def _print_on(self, shown: dict[str, Any], paper: str) -> None:
        number = shown["ticket"]["display_number"]
        text = paper_text(shown, self._texts, COLUMNS[paper])

        def failed(error: Exception) -> None:
            if isinstance(error, PrintingFailed):
                self._say(self._texts(error.sentence), "red")
            else:
                self._say_failure(error)

        self._send(
            lambda _session: print_out(text),
            lambda _: self._say(self._texts("{number} is sent to the printer.", number=number), "green"),
            failed,
        )
