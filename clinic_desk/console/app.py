"""The console itself: what each key does."""

import time
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import Any, ClassVar, Final

import click
from textual.binding import Binding

from clinic_desk.actions import NO_REASON, Action, Desk, desk_registration
from clinic_desk.console.board import QueueList
from clinic_desk.console.dialogs import Choose, Confirm, Notice
from clinic_desk.console.forms import opening_form, priority_choices, registration_form, rooms_form
from clinic_desk.console.keys import ACTION_KEYS, NEEDS_QUEUE, OTHER_KEYS, ROOM_KEYS
from clinic_desk.console.rooms import Entered, RoomEntry, rooms_meant
from clinic_desk.console.screen import QueueApp
from clinic_desk.output import changes
from clinic_desk.session import DeskSession
from common.domain import ticket_states
from common.terminal.card import Ticket, ticket_card
from common.terminal.hospitals import clinics
from common.terminal.registration import Registration
from common.translation import N_

_JUST_CALLED_SECONDS: Final = 5.0
"""The next call within this time may be a key that was pressed twice: it is asked about."""

_ACTIONS: Final[Mapping[str, ticket_states.Action]] = {
    "recall": ticket_states.Action.RECALL,
    "start": ticket_states.Action.START,
    "complete": ticket_states.Action.COMPLETE,
    "no-show": ticket_states.Action.MARK_NO_SHOW,
    "reinstate": ticket_states.Action.REINSTATE,
    "priority": ticket_states.Action.PRIORITISE,
    "transfer": ticket_states.Action.TRANSFER,
}
"""What the commands do with a ticket. The ticker decides whether it may be done; here the ticket is found
that can be meant."""


def _is_meant(command: str, ticket: Ticket) -> bool:
    status = ticket_states.TicketStatus(ticket["status"])
    return ticket_states.is_allowed(_ACTIONS[command], status)


_CHOOSE_FIRST: Final[Mapping[str, str]] = {
    "recall": N_("Choose a called ticket."),
    "start": N_("Choose a called ticket."),
    "complete": N_("Choose a ticket in a room."),
    "no-show": N_("Choose a called ticket."),
    "reinstate": N_("Choose a no-show."),
    "priority": N_("Choose a waiting ticket."),
    "transfer": N_("Choose a waiting or called ticket."),
}


class ConsoleFailed(Exception):
    """The console has ended by a fault in it."""


def run_console(session: DeskSession, hospital: str | None, clinic: str | None, room: int) -> None:
    """Shows the console until it is left; raises what went wrong, and ConsoleFailed for a fault in it."""
    session.as_json = session.verbose = False
    app = Console(session, hospital, clinic, room)
    # A fault in the console makes Textual print a traceback with the values of local variables, patients'
    # names among them. It draws on the terminal itself; nothing that is printed beside it is shown.
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        app.run()
    if app.fault is not None:
        raise app.fault
    if app.return_code:
        raise ConsoleFailed


class Console(QueueApp):
    """The console of one desk, for one room at a time."""

    BINDINGS: ClassVar = [
        Binding(key, action, show=False)
        for key, action in (ACTION_KEYS | OTHER_KEYS | ROOM_KEYS | {"ctrl+c": "quit"}).items()
    ]

    ONE_NUMBER_SECONDS: ClassVar = 1.0
    """Digits that follow one another within this time are one room's number."""

    _called_at = -_JUST_CALLED_SECONDS
    _typed = ""
    _typed_at = -ONE_NUMBER_SECONDS
    _room_before = 1

    def _do(self, action: Action) -> None:
        self._typed_at = -self.ONE_NUMBER_SECONDS
        self._send(lambda session: session.carry_out(action), lambda done: self._done(action, done))

    def _done(self, action: Action, done: dict[str, Any]) -> None:
        for sentence in changes(done, action.body, self._texts):
            self._say(sentence, "green")
        if any(each["event"] == "ticket.called" for each in done["changes"]):
            self._called_at = time.monotonic()
            self._follow = done["ticket"]["display_number"]
        if done["new_ticket"]:
            self._show_card(done["new_ticket"])

    def _show_card(self, ticket: Ticket) -> None:
        self.push_screen(Notice(click.unstyle(ticket_card(ticket, self._texts)), self._texts))

    @property
    def _desk(self) -> Desk:
        assert self._place is not None
        return Desk(self._place.hospital, self._place.clinic)

    def _meant(self, command: str) -> Ticket | None:
        """The chosen ticket, if the action can be for it, else the one in this console's room."""
        assert self._queue is not None
        self._typed_at = -self.ONE_NUMBER_SECONDS
        mine: list[Ticket] = [each for each in self._queue["in_rooms"] if each["room"] == self._room]
        candidates = [self.query_one(QueueList).chosen, *mine]
        for ticket in candidates:
            if ticket is not None and _is_meant(command, ticket):
                return ticket
        self._say(self._texts(_CHOOSE_FIRST[command]), "yellow")
        return None

    def _other_day(self, ticket: Ticket) -> str | None:
        """The service day of a ticket from the day before; None where it is one of today's."""
        assert self._queue is not None
        day: str = ticket["service_date"]
        return None if day == self._queue["service_date"] else day

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Without a queue on the screen only leaving is possible, and choosing one."""
        return self._queue is not None or action not in NEEDS_QUEUE

    # --- calling ----------------------------------------------------------------------------------------

    def action_next(self) -> None:
        """Calls the next to this console's room."""
        action = self._desk.call_next(self._room)
        if time.monotonic() - self._called_at > _JUST_CALLED_SECONDS:
            self._do(action)
            return
        self._confirmed(
            N_("You have just called. Complete that patient and call the next?"), lambda: self._do(action)
        )

    def action_ticket(self, command: str) -> None:
        """Does with a ticket what the command of that name does."""
        if (ticket := self._meant(command)) is not None:
            self._do(self._desk.with_ticket(command, ticket["number"], self._other_day(ticket)))

    def action_priority(self) -> None:
        """Asks why, and puts the chosen ticket into the priority lane."""
        if (ticket := self._meant("priority")) is None:
            return
        heading = self._texts("Priority of {number}", number=ticket["display_number"])

        def chosen(reason: str | None) -> None:
            if reason is not None:
                self._do(self._desk.set_priority(ticket["number"], reason))

        choices = priority_choices(self._texts)
        self.push_screen(
            Choose(heading, choices, self._texts, ticket["priority_reason"] or NO_REASON), chosen
        )

    def action_transfer(self) -> None:
        """Asks where to, and sends the chosen patient there."""
        if (ticket := self._meant("transfer")) is None:
            return
        desk, day = self._desk, self._other_day(ticket)

        def known(found: list[dict[str, Any]]) -> None:
            others = [each for each in found if each["code"] != desk.clinic and each["is_open"]]
            choices = [(each["code"], f"{each['code']:<6} {each['name']}") for each in others]
            heading = self._texts("Send {number} to", number=ticket["display_number"])
            self.push_screen(
                Choose(heading, choices, self._texts),
                lambda to: self._do(desk.transfer(ticket["number"], to, day)) if to else None,
            )

        self._send(lambda session: clinics(session, desk.hospital, open_only=True), known)

    def action_register(self) -> None:
        """Asks for a patient's data and whether they have priority, and registers them."""
        desk = self._desk

        def filled_in(answers: dict[str, object] | None) -> None:
            if answers is None:
                return
            registration = Registration(
                desk.hospital, desk.clinic, **{name: str(value) for name, value in answers.items()}
            )
            self.push_screen(
                Choose(self._texts("Priority"), priority_choices(self._texts), self._texts, NO_REASON),
                lambda reason: send(registration, reason) if reason else None,
            )

        def send(registration: Registration, reason: str) -> None:
            action = desk_registration(registration, None if reason == NO_REASON else reason)
            self._send(lambda session: session.carry_out(action), self._registered)

        self.push_screen(registration_form(self._texts), filled_in)

    def _registered(self, ticket: Ticket) -> None:
        self._say(self._texts("{number} is registered.", number=ticket["display_number"]), "green")
        self._follow = ticket["display_number"]
        self._show_card(ticket)

    # --- the clinic -------------------------------------------------------------------------------------

    def action_room_digit(self, digit: str) -> None:
        """Chooses the room of the number that is being typed, once only one room can be meant."""
        assert self._queue is not None
        rooms = self._queue["rooms"]
        now = time.monotonic()
        if now - self._typed_at > self.ONE_NUMBER_SECONDS:
            self._typed, self._room_before = "", self._room
        typed = self._typed + digit
        found = rooms_meant(typed, rooms)
        self._typed, self._typed_at = (typed, now) if found else ("", -self.ONE_NUMBER_SECONDS)
        if not found:
            self._call_to(self._room_before)
            self._say(
                self._texts(
                    "There is no room {room}; this clinic's rooms are 1 to {rooms}.", room=typed, rooms=rooms
                ),
                "yellow",
            )
        elif len(found) == 1:
            self._call_to(found[0])
        else:
            self._typed_at = -self.ONE_NUMBER_SECONDS
            self.push_screen(RoomEntry(typed, rooms, self._texts), self._entered)

    def _entered(self, entered: Entered | None) -> None:
        if entered is None:
            return
        if entered.by_digit:  # another digit at once makes it the number of no room
            self._typed, self._typed_at = str(entered.room), time.monotonic()
        self._call_to(entered.room)

    def _call_to(self, room: int) -> None:
        """This console calls to that room from now on."""
        self._room = room
        if self._queue is not None:
            self.query_one(QueueList).show(self._queue, room)
            self._show_title()

    def action_choose_room(self) -> None:
        """Asks for the room."""
        assert self._queue is not None
        rooms = range(1, self._queue["rooms"] + 1)
        choices = [(str(room), self._texts("Room {room}", room=room)) for room in rooms]
        self.push_screen(
            Choose(self._texts("This console's room"), choices, self._texts, str(self._room)),
            lambda room: self._call_to(int(room)) if room else None,
        )

    def action_rooms(self) -> None:
        """Asks how many rooms serve from now on."""
        desk = self._desk
        self.push_screen(
            rooms_form(self._texts),
            lambda answers: self._do(desk.set_rooms(int(str(answers["rooms"])))) if answers else None,
        )

    def action_mode(self) -> None:
        """Lets the clock move the queue, or the desk again."""
        assert self._queue is not None
        other = "clock" if self._queue["mode"] == "desk" else "desk"
        action = self._desk.set_mode(other)
        question = {
            "clock": N_("Let the clock move the queue now?"),
            "desk": N_("Let the desk move the queue now?"),
        }[other]
        self._confirmed(question, lambda: self._do(action))

    def action_open(self) -> None:
        """Asks until when, and opens the clinic."""
        desk = self._desk
        self.push_screen(
            opening_form(
                self._texts, N_("Open the clinic"), self._session.settings.clock().now(), self._zone
            ),
            lambda answers: self._do(desk.open(**_strings(answers))) if answers is not None else None,
        )

    def action_close(self) -> None:
        """Asks what becomes of those who wait, and closes the clinic to registrations."""
        assert self._queue is not None
        desk, waiting = self._desk, self._queue["waiting_count"]

        def fate_chosen(fate: str | None) -> None:
            if fate is not None:
                form = opening_form(
                    self._texts,
                    N_("Close the clinic to registrations"),
                    self._session.settings.clock().now(),
                    self._zone,
                )
                self.push_screen(form, lambda answers: filled_in(answers, cancels=fate == "cancel"))

        def filled_in(answers: dict[str, object] | None, *, cancels: bool) -> None:
            if answers is None:
                return
            action = desk.close(cancel_waiting=cancels, **_strings(answers))
            if cancels and waiting:
                self._confirmed(
                    N_("Cancel {count} waiting tickets? This cannot be undone."),
                    lambda: self._do(action),
                    count=waiting,
                )
            else:
                self._do(action)

        choices = [
            ("drain", self._texts("they are still called")),
            ("cancel", self._texts("their tickets are cancelled")),
        ]
        self.push_screen(
            Choose(self._texts("What becomes of those who wait?"), choices, self._texts), fate_chosen
        )

    def _confirmed(self, question: str, then: Callable[[], None], **values: object) -> None:
        text = self._texts(question, **values)
        self.push_screen(Confirm(text, self._texts), lambda yes: then() if yes else None)


def _strings(answers: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in answers.items()}
