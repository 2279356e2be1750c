"""What every action of the console has in common: which ticket is meant, who may, and what is said of it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import click

from clinic_desk.actions import Action, Desk
from clinic_desk.console.keys.table import KEYS, NEEDS_QUEUE
from clinic_desk.console.places import PlaceApp
from clinic_desk.console.queue_list import QueueList
from clinic_desk.output import changes
from clinic_desk.queue_view import ticket_key
from clinic_desk.signed_in import who_may
from common.domain import ticket_states
from common.domain.staff import StaffRole
from common.terminal.card import ticket_card
from common.terminal.screens.questions import Confirm, Notice
from common.translation import N_
from common.words.tickets import Ticket

_ACTIONS: Final[Mapping[str, ticket_states.Action]] = {
    "recall": ticket_states.Action.RECALL,
    "start": ticket_states.Action.START,
    "complete": ticket_states.Action.COMPLETE,
    "no-show": ticket_states.Action.MARK_NO_SHOW,
    "reinstate": ticket_states.Action.REINSTATE,
    "call": ticket_states.Action.CALL_OUT_OF_TURN,
    "skip": ticket_states.Action.SKIP,
    "park": ticket_states.Action.PARK,
    "unpark": ticket_states.Action.UNPARK,
    "priority": ticket_states.Action.PRIORITISE,
    "transfer": ticket_states.Action.TRANSFER,
    "send": ticket_states.Action.SEND,
    "cancel": ticket_states.Action.CANCEL,
    "correct": ticket_states.Action.CORRECT,
}
"""What the commands do with a ticket. The ticker decides whether it may be done; here the ticket is found
that can be meant."""


def is_meant(command: str, ticket: Ticket) -> bool:
    """Whether a command can be meant for a ticket in its state."""
    if command not in _ACTIONS:
        return True
    status = ticket_states.TicketStatus(ticket["status"])
    return ticket_states.is_allowed(_ACTIONS[command], status)


_CHOOSE_FIRST: Final[Mapping[str, str]] = {
    "recall": N_("Choose a called ticket."),
    "start": N_("Choose a called ticket."),
    "complete": N_("Choose a ticket in a room."),
    "no-show": N_("Choose a called ticket."),
    "reinstate": N_("Choose a no-show."),
    "call": N_("Choose a ticket that waits, is on hold, or whose patient did not come."),
    "skip": N_("Choose a waiting or called ticket."),
    "park": N_("Choose a called ticket, or one on hold."),
    "priority": N_("Choose a waiting ticket."),
    "transfer": N_("Choose a waiting or called ticket."),
    "send": N_("Choose a ticket in service, or find one that was served (/)."),
    "cancel": N_("Choose a waiting or called ticket."),
    "correct": N_("Choose the ticket of somebody who waits or is in a room."),
    "ticket": N_("Choose a ticket."),
}


class ActingApp(PlaceApp):
    """A queue on the screen, and the means to change it."""

    def _do(self, action: Action) -> None:
        self._send(lambda session: session.carry_out(action), lambda done: self._done(action, done))

    def _done(self, action: Action, done: dict[str, Any]) -> None:
        for sentence in changes(done, action.body, self._texts):
            self._say(sentence, "green")
        if done["ticket"]:
            self._show_done(done)
        if done["new_ticket"]:
            self._show_card(done["new_ticket"])

    def _show_done(self, done: dict[str, Any]) -> None:
        queue = self.query_one(QueueList)
        queue.know(done["ticket"])
        if any(each["event"] == "ticket.called" for each in done["changes"]):
            queue.follow(ticket_key(done["ticket"]))

    def _show_card(self, ticket: Ticket) -> None:
        card = ticket_card(ticket, self._texts, Notice.width_in(self.size.width))
        self.push_screen(Notice(click.unstyle(card), self._texts))

    @property
    def _desk(self) -> Desk:
        assert self._place is not None
        return Desk(self._place.hospital, self._place.clinic)

    def _meant(self, command: str) -> Ticket | None:
        """The chosen ticket, if the action can be for it, else the one in this console's room."""
        assert self._queue is not None
        mine: list[Ticket] = [each for each in self._queue["in_rooms"] if each["room"] == self._room]
        candidates = [self.query_one(QueueList).chosen, *mine]
        for ticket in candidates:
            if ticket is not None and is_meant(command, ticket):
                return ticket
        self._say(self._texts(_CHOOSE_FIRST[command]), "yellow")
        return None

    def _other_day(self, ticket: Ticket) -> str | None:
        """The service day of a ticket from the day before; None where it is one of today's."""
        assert self._queue is not None
        day: str = ticket["service_date"]
        return None if day == self._queue["service_date"] else day

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a queue on the screen only leaving is possible, and choosing one; where somebody may not do
        what a key does, the screen says who may."""
        if self._queue is None:
            return action not in NEEDS_QUEUE
        return super().check_action(action, parameters)

    async def run_action(self, action: Any, *given: Any, **named: Any) -> bool:
        """Does what a key does, for those who may."""
        key = next((each for each in KEYS if each.action == action), None)
        is_dialog = len(self.screen_stack) > 1  # whose actions have names of their own
        if key is not None and not is_dialog and not self.is_for(key.roles):
            return True
        return await super().run_action(action, *given, **named)

    def is_for(self, roles: frozenset[StaffRole]) -> bool:
        """Whether the user may do what these roles may; else says who may."""
        if self._queue is None or self.may(roles):
            return True
        self._say(who_may(roles, self._queue["clinic_name"], self._texts), "yellow")
        return False

    def _confirmed(self, question: str, then: Callable[[], None], **values: object) -> None:
        text = self._texts(question, **values)
        self.push_screen(Confirm(text, self._texts), lambda yes: then() if yes else None)
