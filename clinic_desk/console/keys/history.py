"""The key that shows what happened last."""

from clinic_desk.console.acting import ActingApp
from clinic_desk.console.dialogs.history import HistoryScreen
from clinic_desk.console.requester import HISTORY_LINES
from clinic_desk.history_view import History
from common.words.tickets import Ticket


class HistoryKeys(ActingApp):
    """What happened last in the clinic, or to a ticket."""

    def action_history(self) -> None:
        """Shows what happened last in the clinic, as long as it is looked at."""
        self.push_screen(
            HistoryScreen(self._texts, self._history), lambda _: self._read_history_where_shown()
        )
        self._requester.read_history(wanted=True)

    def show_history_of(self, ticket: Ticket) -> None:
        """Shows what happened to this ticket."""
        desk, number, day = self._desk, ticket["number"], self._other_day(ticket)

        def known(history: History) -> None:
            self.push_screen(HistoryScreen(self._texts, history, ticket["display_number"]))

        self._send(
            lambda session: session.history(
                desk.hospital, desk.clinic, HISTORY_LINES, number=number, service_date=day
            ),
            known,
        )
