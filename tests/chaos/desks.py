"""The desks of a run, as one process: `python -m tests.chaos.desks DIRECTORY --urls FILE --seed ...`.

Each desk is a thread with its own random numbers and its own connection, as the user of whoever sits there.
It works on what its last look at the queue has shown, so that some of what it asks for is refused; and at
times it asks for what its role may not do.
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from common.messaging.topology import DESK_EXCHANGE
from tests.chaos.actors import LATELY, Actor, run_actors
from tests.chaos.clock import OffsetClock
from tests.chaos.history import History, Request
from tests.chaos.registrations import Person, new_baby, new_person
from tests.chaos.requesters import ProductRequester, RawRequester, Reply
from tests.chaos.staff import DESK_ROOMS, ROLES, SEATS, Seat

TWICE_SHARE = 0.3
"""Of the requests of raw desks, how many are sent two times."""

_PRIORITIES = ("emergency", "disability", "pregnancy", "infant")
_WRONG_SHARE = 0.05  # acts on a ticket in whichever state
_CANCELS_SHARE = 0.2  # of the closings
_GOES_ON_SHARE = 0.6  # of what it does after a call, is with whom it has called
_IN_ROOM = ("called", "in_service")
_CALL_REASONS = ("emergency", "results", "doctor")
_ABSENCE_REASONS = ("late", "break", "prayer", "rounds", "emergency", "meeting", "other")
_CALLABLE = ("waiting", "parked", "no_show")
_ALL = ("waiting", *_IN_ROOM, "parked", "no_show", "served", "cancelled")

Ticket = tuple[str, int]
"""Service date and number."""


@dataclass(kw_only=True)
class Desk(Actor):
    """One desk. `tickets` are those of its clinic as it saw them last, `lately` those that it acted on;
    `at_hand` is whom it has just called, or served."""

    seat: Seat
    hospital: str
    role: str
    tickets: dict[Ticket, Mapping[str, Any]] = field(default_factory=dict)
    lately: list[Ticket] = field(default_factory=list)
    at_hand: Ticket | None = None
    people: list[Person] = field(default_factory=list)
    is_closed: bool = False

    def act(self) -> None:
        habits = [habit for habit in _HABITS if self.role in habit[2]]
        if self.at_hand is not None and self.role in _CALLS and self.random.random() < _GOES_ON_SHARE:
            habits = [habit for habit in habits if habit[0] in _WITH_PATIENT]
        (habit,) = self.random.choices(habits, [weight for _, weight, _ in habits])
        habit[0](self)

    def learn(self, request: Request, reply: Reply) -> None:
        body = reply.body
        if reply.name == "desk_queue":
            shown = [*body["in_rooms"], *body["waiting"], *body["no_shows"], *body["parked"]]
            self.tickets = {_place(each): each for each in shown}
        elif reply.name == "desk_done":
            if body["ticket"] is not None and request.body["clinic"] == self.seat.clinic:
                self.tickets[_place(body["ticket"])] = body["ticket"]
                self.lately = [*self.lately[-3:], _place(body["ticket"])]
                is_here = body["ticket"]["status"] in (*_IN_ROOM, "served")
                self.at_hand = self.lately[-1] if is_here else None
            if request.name in ("open_clinic", "close_clinic"):
                self.is_closed = request.name == "close_clinic"

    # --- what a caller does -----------------------------------------------------------------------------

    def call_next(self) -> None:
        """To its own room; at times also who is in a room of another clinic."""
        self._ask("call_next", room=self.seat.room, anyhow=self.random.random() < 0.5)

    def call_next_elsewhere(self) -> None:
        """To a room at random, which another desk has or which does not serve."""
        self._ask("call_next", room=self.random.randint(1, 4))

    def start(self) -> None:
        self._about("start", "called")

    def complete(self) -> None:
        self._about("complete", *_IN_ROOM)

    def recall(self) -> None:
        self._about("recall", "called")

    def mark_no_show(self) -> None:
        self._about("mark_no_show", "called")

    def call_ticket(self) -> None:
        """One out of turn to its own room, at times also who is in another clinic's."""
        found = [place for place, each in self.tickets.items() if each["status"] in _CALLABLE]
        if found:
            _, number = self.random.choice(found)
            members = {"room": self.seat.room, "reason": self.random.choice(_CALL_REASONS)}
            self._ask("call_ticket", number=number, anyhow=self.random.random() < 0.5, **members)

    def skip(self) -> None:
        self._about("skip", "waiting", "called")

    def park(self) -> None:
        self._about("park", "called")

    def send_on(self) -> None:
        """To the other desks or to a clinic that the clock moves; at times to come back."""
        other = self.random.choice((self._other_clinic(), self._other_clinic(), "C01"))
        returns = self.random.random() < 0.6
        self._about("send", "in_service", "served", to_clinic=other, returns=returns)

    # --- what all do ------------------------------------------------------------------------------------

    def look(self) -> None:
        """At the queue, at times with names."""
        self._ask("desk_queue", with_names=self.random.random() < 0.2)

    def reinstate(self) -> None:
        self._about("reinstate", "no_show")

    def unpark(self) -> None:
        self._about("unpark", "parked")

    def set_priority(self) -> None:
        self._about("set_priority", "waiting", reason=self.random.choice([*_PRIORITIES, None]))

    def transfer(self) -> None:
        self._about("transfer", "waiting", "called", "parked", to_clinic=self._other_clinic())

    def cancel(self) -> None:
        reason = self.random.choice(("wrong_person", "asked_at_counter", "duplicate"))
        self._about("desk_cancel", "waiting", "called", "parked", reason=reason)

    def undo_in_room(self) -> None:
        self._ask("undo", room=self.seat.room)

    def undo_ticket(self) -> None:
        """What was done with one of the tickets that it acted on."""
        if self.lately:
            day, number = self.random.choice(self.lately)
            self._ask("undo", number=number, service_date=day)

    # --- what reception does ----------------------------------------------------------------------------

    def register(self) -> None:
        """A new patient."""
        person = new_person(self.random)
        self.people = [*self.people[-LATELY:], person]
        self._register(person)

    def register_again(self) -> None:
        """Somebody who may hold a ticket, under the same name or another."""
        if self.people:
            known = self.random.choice(self.people)
            name = self.random.choice((known.name, new_person(self.random).name))
            self._register(replace(known, name=name))

    def register_baby(self) -> None:
        """A newborn whose mother may hold a ticket."""
        if self.people:
            self._register(new_baby(self.random.choice(self.people), self.random))

    def correct(self) -> None:
        """One or several of the three; now and then to a record number that is another's."""
        new = new_person(self.random)
        body = new.body(self.hospital, self.seat.clinic)
        if self.people and self.random.random() < 0.1:
            body["medical_record_number"] = self.random.choice(self.people).medical_record_number
        members = ("name", "medical_record_number", "date_of_birth")
        chosen = self.random.sample(members, self.random.choice((1, 1, 2)))
        self._about("correct", "waiting", *_IN_ROOM, "parked", **{member: body[member] for member in chosen})

    # --- what a manager does ----------------------------------------------------------------------------

    def close(self) -> None:
        """Cancels now and then those who wait. The reason is for the staff alone."""
        waiting = "cancel" if self.random.random() < _CANCELS_SHARE else "drain"
        reason = f"Dokter sakit {self.random.getrandbits(32):08x}"
        self._ask("close_clinic", waiting=waiting, reason=reason)

    def open(self) -> None:
        """Soon after it has closed."""
        if self.is_closed:
            self._ask("open_clinic")

    def set_rooms(self) -> None:
        rooms = DESK_ROOMS[self.seat.clinic]
        self._ask("set_rooms", rooms=self.random.randint(max(rooms - 1, 1), rooms + (rooms > 1)))

    # --- what nobody may --------------------------------------------------------------------------------

    def overstep(self) -> None:
        """Asks for what the role may not do, or in a clinic that is not its own."""
        number = self.random.choice([*self.tickets])[1] if self.tickets else 1
        other = self._other_clinic()
        place = {"hospital": self.hospital, "clinic": self.seat.clinic}
        if self.role == "caller":
            refused: list[tuple[str, dict[str, Any]]] = [
                ("set_rooms", {**place, "rooms": 9}),
                ("correct", {**place, "number": number, "name": new_person(self.random).name}),
                ("call_next", {**place, "clinic": other, "room": 1}),
                ("undo", {**place, "clinic": other, "room": 1}),
            ]
        else:
            refused = [("close_clinic", {**place, "waiting": "cancel"}), ("call_next", {**place, "room": 1})]
            refused += [(name, {**place, "number": number}) for name in ("complete", "skip", "park")]
        self.ask(*self.random.choice(refused))

    # --- who is away ------------------------------------------------------------------------------------

    def go_away(self) -> None:
        """Its own room, or the whole clinic, for some minutes or until nobody knows when."""
        members: dict[str, Any] = {} if self.random.random() < 0.3 else {"room": self.seat.room}
        if self.random.random() < 0.6:
            minutes = self.random.randint(1, 30)
            members["until"] = (self.clock.now() + timedelta(minutes=minutes)).isoformat()
        self._ask("away", reason=self.random.choice(_ABSENCE_REASONS), **members)

    def come_back(self) -> None:
        """Its own room, or the clinic, whether or not it is away."""
        self._ask("back", **({} if self.random.random() < 0.3 else {"room": self.seat.room}))

    # --- how it asks ------------------------------------------------------------------------------------

    def _other_clinic(self) -> str:
        (other,) = (clinic for clinic in DESK_ROOMS if clinic != self.seat.clinic)
        return other

    def _register(self, person: Person) -> None:
        priority = self.random.choice((None, None, *_PRIORITIES))
        self.ask("desk_register", {**person.body(self.hospital, self.seat.clinic), "priority": priority})

    def _ask(self, name: str, /, **members: Any) -> None:
        self.ask(name, {"hospital": self.hospital, "clinic": self.seat.clinic, **members})

    def _about(self, name: str, /, *statuses: str, **members: Any) -> None:
        """Asks for something with one of the tickets that it saw in such a state; those in its own room, and
        the first of those who wait, before others."""
        if self.random.random() < _WRONG_SHARE:
            statuses = _ALL
        found = [place for place, each in self.tickets.items() if each["status"] in statuses]
        own = [place for place in found if self.tickets[place]["room"] == self.seat.room]
        if found:
            at_hand = [self.at_hand] if self.at_hand in found else []
            day, number = self.random.choice(at_hand or own or found[:LATELY])
            self._ask(name, number=number, service_date=day, **members)


_CALLS = ("caller", "manager")
_EVERYBODY = (*_CALLS, "reception")
_HABITS: Sequence[tuple[Callable[[Desk], None], int, Sequence[str]]] = (
    (Desk.look, 25, _EVERYBODY),
    (Desk.call_next, 22, _CALLS),
    (Desk.call_next_elsewhere, 3, _CALLS),
    (Desk.start, 14, _CALLS),
    (Desk.complete, 8, _CALLS),
    (Desk.recall, 4, _CALLS),
    (Desk.mark_no_show, 8, _CALLS),
    (Desk.call_ticket, 4, _CALLS),
    (Desk.go_away, 3, _CALLS),
    (Desk.come_back, 2, _CALLS),
    (Desk.skip, 5, _CALLS),
    (Desk.park, 10, _CALLS),
    (Desk.send_on, 16, _CALLS),
    (Desk.unpark, 8, _EVERYBODY),
    (Desk.reinstate, 6, _EVERYBODY),
    (Desk.set_priority, 5, _EVERYBODY),
    (Desk.transfer, 3, _EVERYBODY),
    (Desk.cancel, 4, _EVERYBODY),
    (Desk.undo_in_room, 7, _EVERYBODY),
    (Desk.undo_ticket, 10, _EVERYBODY),
    (Desk.register, 8, ("reception", "manager")),
    (Desk.register_again, 3, ("reception", "manager")),
    (Desk.register_baby, 3, ("reception", "manager")),
    (Desk.correct, 8, ("reception", "manager")),
    (Desk.close, 2, ("manager",)),
    (Desk.open, 12, ("manager",)),
    (Desk.set_rooms, 2, ("manager",)),
    (Desk.overstep, 3, ("caller", "reception")),
    (Desk.repeat, 8, _EVERYBODY),
    (Desk.insist, 8, _EVERYBODY),
)
_WITH_PATIENT = {
    Desk.start,
    Desk.complete,
    Desk.recall,
    Desk.mark_no_show,
    Desk.skip,
    Desk.park,
    Desk.send_on,
}


def run(options: argparse.Namespace) -> Counter[str]:
    """All desks, until the run settles."""
    directory: Path = options.directory
    clock = OffsetClock(directory / "control")
    history = History(directory, "desks", clock)
    urls = json.loads(options.urls.read_text())
    desks = []
    for index, seat in enumerate(SEATS):
        random = Random(f"{options.seed}-desk-{index}")
        is_raw = index % 2 == 0
        name = f"{'raw-' if is_raw else ''}desk-{index}"
        requester = (
            RawRequester(urls[seat.user], name, random, DESK_EXCHANGE, twice=TWICE_SHARE)
            if is_raw
            else ProductRequester(urls[seat.user], DESK_EXCHANGE)
        )
        desks.append(
            Desk(
                name=name,
                requester=requester,
                history=history,
                clock=clock,
                random=random,
                marks={"user": seat.user},
                seat=seat,
                hospital=options.hospital,
                role=ROLES[seat.user][0],
            )
        )
    counts = run_actors(desks, directory / "control", options.rate)
    history.close()
    return counts


def main() -> None:
    """Reads the command line and runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--urls", type=Path, required=True, help="a file: where each user reaches the broker")
    parser.add_argument("--hospital", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--rate", type=float, default=1.0, help="actions a second, of each desk")
    for what, count in sorted(run(parser.parse_args()).items()):
        print(f"{what}: {count}")


def _place(ticket: Mapping[str, Any]) -> Ticket:
    return ticket["service_date"], ticket["number"]


if __name__ == "__main__":
    main()
