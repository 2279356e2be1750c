"""What a desk can do, each as one request with an id: sent again with that id, it is carried out once."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from common.domain.cancellations import CancelReason
from common.terminal.registration import OPTIONS, Registration

TICKET_REQUESTS: Final[Mapping[str, str]] = {
    "recall": "recall",
    "start": "start",
    "complete": "complete",
    "no-show": "mark_no_show",
    "reinstate": "reinstate",
    "skip": "skip",
    "park": "park",
    "unpark": "unpark",
}
"""The commands that need nothing but a ticket's number, with the names of their requests."""

CANCEL_REASONS: Final[Mapping[str, str]] = {
    reason.value.replace("_", "-"): reason.value for reason in CancelReason
}
"""Why a ticket is cancelled, as it is typed, with the codes of the protocol."""

NO_REASON: Final = "none"
"""What stands for a priority that is taken back."""


def new_request_id() -> str:
    """An id that no other request has."""
    return str(uuid.uuid4())


@dataclass(frozen=True)
class Action:
    """A request, and the command that sends it without its id and without who asks."""

    request: str
    body: Mapping[str, Any]
    words: tuple[str, ...]
    request_id: str = field(default_factory=new_request_id)


@dataclass(frozen=True)
class Desk:
    """The desk of one clinic, as what its actions are made by. `request_id` repeats one of them."""

    hospital: str
    clinic: str
    request_id: str | None = None

    def open(self, until: str | None = None, reason: str | None = None) -> Action:
        """Takes registrations again; moments are in ISO 8601."""
        return self._state("open", "open_clinic", until, reason)

    def close(self, *, cancel_waiting: bool, until: str | None = None, reason: str | None = None) -> Action:
        """Takes no more registrations; those who wait are still called, or their tickets cancelled."""
        fate, word = ("cancel", "--cancel-waiting") if cancel_waiting else ("drain", "--drain")
        return self._state("close", "close_clinic", until, reason, word, waiting=fate)

    def call_next(self, room: int, *, anyhow: bool = False) -> Action:
        """Completes who is in the room and calls whose turn it is, `anyhow` also who is in another clinic."""
        words, members = _anyhow(anyhow)
        return self._action("next", "call_next", "--room", str(room), *words, room=room, **members)

    def call(self, number: int, room: int, reason: str, *, anyhow: bool = False) -> Action:
        """Completes who is in the room and calls this number, out of turn."""
        words, members = _anyhow(anyhow)
        words = [str(number), "--room", str(room), "--reason", reason, *words]
        return self._action("call", "call_ticket", *words, number=number, room=room, reason=reason, **members)

    def with_ticket(self, command: str, number: int, day: str | None = None) -> Action:
        """One of TICKET_REQUESTS; `day` is the ticket's service day, where it is not today's."""
        words = [str(number)]
        return self._action(command, TICKET_REQUESTS[command], *words, number=number, day=day)

    def set_priority(self, number: int, reason: str) -> Action:
        """Puts a ticket into the priority lane; back into the regular one for NO_REASON."""
        wanted = None if reason == NO_REASON else reason
        return self._action(
            "priority", "set_priority", str(number), "--reason", reason, number=number, reason=wanted
        )

    def transfer(self, number: int, to_clinic: str, day: str | None = None) -> Action:
        """Sends a patient to another clinic of the hospital."""
        words = [str(number), "--to", to_clinic]
        return self._action("transfer", "transfer", *words, number=number, to_clinic=to_clinic, day=day)

    def send(self, number: int, to_clinic: str, day: str | None = None, *, returns: bool = False) -> Action:
        """Sends a served patient on to another clinic, from which the patient may return."""
        words = [str(number), "--to", to_clinic, *(["--return"] if returns else [])]
        body = {"number": number, "to_clinic": to_clinic, "returns": returns}
        return self._action("send", "send", *words, **body, day=day)

    def cancel(self, number: int, reason: str, day: str | None = None) -> Action:
        """Gives up a ticket; `reason` is one of CANCEL_REASONS."""
        words = [str(number), "--reason", reason]
        code = CANCEL_REASONS[reason]
        return self._action("cancel", "desk_cancel", *words, number=number, reason=code, day=day)

    def correct(self, number: int, data: Mapping[str, Any], day: str | None = None) -> Action:
        """Corrects a ticket's patient: `data` by the names of registration.OPTIONS, and `newborn`."""
        options = {**OPTIONS, "newborn": "--newborn"}
        given = [
            word for name, option in options.items() if name in data for word in (option, str(data[name]))
        ]
        words = [str(number), *given]
        return self._action("correct", "correct", *words, number=number, **data, day=day)

    def undo(self, *, number: int | None = None, room: int | None = None, day: str | None = None) -> Action:
        """Takes back the last thing that was done with a ticket, or in a room."""
        meant = {"number": number} if room is None else {"room": room}
        words = [word for name, value in meant.items() for word in (f"--{name}", str(value))]
        return self._action("undo", "undo", *words, **meant, day=day)

    def away(self, reason: str, room: int | None = None, until: str | None = None) -> Action:
        """A room, or the whole clinic, is away; `until` is in ISO 8601."""
        given = {"room": room, "reason": reason, "until": until}
        return self._for_clinic("away", {name: value for name, value in given.items() if value is not None})

    def back(self, room: int | None = None) -> Action:
        """A room, or the clinic, is there again."""
        return self._for_clinic("back", {} if room is None else {"room": room})

    def set_rooms(self, rooms: int) -> Action:
        """So many rooms serve from now on."""
        return self._action("rooms", "set_rooms", str(rooms), rooms=rooms)

    def set_mode(self, mode: str) -> Action:
        """The clock, or the desk, moves the queue from now on."""
        return self._action("mode", "set_mode", mode, mode=mode)

    def _for_clinic(self, name: str, members: Mapping[str, Any]) -> Action:
        """A request and a command of the same name, whose options are called as the members."""
        words = [word for member, value in members.items() for word in (f"--{member}", str(value))]
        return self._action(name, name, *words, **members)

    def _state(
        self, command: str, request: str, until: str | None, reason: str | None, *words: str, **members: Any
    ) -> Action:
        given = {"until": until, "reason": reason}
        members |= {name: value for name, value in given.items() if value is not None}
        options = [
            word for name, value in given.items() if value is not None for word in (f"--{name}", value)
        ]
        return self._action(command, request, *words, *options, **members)

    def _action(
        self, command: str, request: str, *words: str, day: str | None = None, **members: Any
    ) -> Action:
        """An action in this clinic; `day` is the ticket's service day, where it is not today's."""
        if day:
            words, members = (*words, "--date", day), {**members, "service_date": day}
        place = {"hospital": self.hospital, "clinic": self.clinic}
        line = (command, self.hospital, self.clinic, *words)
        return Action(request, place | members, line, self.request_id or new_request_id())


def _anyhow(anyhow: bool) -> tuple[list[str], dict[str, Any]]:
    return (["--anyhow"], {"anyhow": True}) if anyhow else ([], {})


def desk_registration(registration: Registration, priority: str | None) -> Action:
    """Registers a patient at the counter, in the priority lane for `priority`."""
    words, body = registration.words(), registration.body()
    if priority is not None:
        words += ["--priority", priority]
        body["priority"] = priority
    return Action("desk_register", body, tuple(words), registration.request_id)
