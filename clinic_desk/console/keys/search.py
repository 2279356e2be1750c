"""The key that looks for a ticket by number or name, and what can be done with one that is in no list."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from clinic_desk import queue_view
from clinic_desk.actions import TICKET_REQUESTS
from clinic_desk.console.acting import is_meant
from clinic_desk.console.dialogs.search import Found, Search
from clinic_desk.console.dialogs.ticket_menu import TicketMenu
from clinic_desk.console.keys.history import HistoryKeys
from clinic_desk.console.keys.shown_ticket import ShownTicketKeys
from clinic_desk.console.keys.table import KEYS
from clinic_desk.console.keys.undo import UndoKeys, may_be_undone
from clinic_desk.console.queue_list import QueueList
from clinic_desk.console.requester import Place
from common.words.tickets import Ticket


class Way(NamedTuple):
    """What a key does with a ticket, and whether that can be done with it."""

    is_possible: Callable[[Ticket], bool]
    do: Callable[[Ticket], None]


class SearchKeys(ShownTicketKeys, UndoKeys, HistoryKeys):
    """Looking for a ticket."""

    def action_search(self) -> None:
        """Asks for number or name; the chosen ticket is selected in the list, or its keys are shown."""
        assert self._place is not None
        place = self._place

        def look_for(text: str, then: Callable[[Found], None], otherwise: Callable[[str], None]) -> None:
            self._send(
                lambda session: session.query("find_tickets", place.hospital, place.clinic, text=text),
                then,
                lambda error: otherwise(self._failure_lines(error)[0]),
            )

        self.push_screen(Search(look_for, self._texts), partial(self._found, place))

    def _found(self, place: Place, ticket: Ticket | None) -> None:
        # Where the clinic was refused meanwhile, another one is chosen by now.
        if ticket is None or self._queue is None or place is not self._place:
            return
        if not self.query_one(QueueList).choose(ticket):
            self._show_menu(place, ticket)

    def _show_menu(self, place: Place, ticket: Ticket) -> None:
        ways = self._ways()

        def chosen(action: str | None) -> None:
            if action is not None and self._queue is not None and place is self._place:
                ways[action].do(ticket)

        keys = [
            each
            for each in KEYS
            if each.action in ways and ways[each.action].is_possible(ticket) and self.may(each.roles)
        ]
        status = queue_view.status(ticket, self._texts)
        heading = f"{ticket['display_number']} · {status} · {ticket['patient_name']}"
        self.push_screen(TicketMenu(heading, keys, self._texts), chosen)

    def _ways(self) -> Mapping[str, Way]:
        """By the actions of keys: what they do with a ticket."""

        def command(name: str, do: Callable[[Ticket], None]) -> Way:
            return Way(partial(is_meant, name), do)

        return {
            **{
                f"ticket('{name}')": command(name, partial(self.do_with, command=name))
                for name in TICKET_REQUESTS
            },
            "park": Way(self.may_hold, self.hold),
            "call_number": command("call", self.call_out_of_turn),
            "undo": Way(may_be_undone, self.undo),
            "priority": command("priority", self.prioritise),
            "transfer": command("transfer", self.transfer),
            "send_on": command("send", self.send_on),
            "cancel": command("cancel", self.cancel),
            "correct": command("correct", self.correct),
            "ticket_again": command("ticket", self.show_again),
            "history": Way(lambda _ticket: True, self.show_history_of),
        }
