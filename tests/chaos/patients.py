"""The patients of a run, as one process: `python -m tests.chaos.patients DIRECTORY --url ... --seed ...`.

Each patient is a thread with its own random numbers and its own connection. When the file `control/quiet`
appears, they send no new requests; when `control/settle` appears, they send once more the requests whose
outcome is unknown, and the process ends: with 0, or with 1 after an unexpected error in a patient.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.chaos.actors import LATELY, Actor, run_actors
from tests.chaos.clock import OffsetClock
from tests.chaos.history import History, Request
from tests.chaos.registrations import Person, new_baby, new_person
from tests.chaos.requesters import ProductRequester, RawRequester, Reply

RAW_SHARE = 0.25
"""Of the patients, how many use the raw client."""

_REGULARS = 40
_KEPT_MAX = 200  # tickets that a patient remembers


@dataclass(frozen=True)
class Places:
    """Where patients register: clinics that are always open, one that is closed, one with a small quota."""

    hospital: str
    open: Sequence[str]
    closed: str
    small: str


@dataclass(kw_only=True)
class Client(Actor):
    """One patient's device."""

    places: Places
    regulars: Sequence[Person]
    people: list[tuple[Person, str]] = field(default_factory=list)
    ticket_codes: list[str] = field(default_factory=list)

    def act(self) -> None:
        actions, weights = zip(*_HABITS, strict=True)
        (action,) = self.random.choices(actions, weights)
        action(self)

    def learn(self, request: Request, reply: Reply) -> None:
        if reply.name == "ticket" and reply.body["ticket_code"] not in self.ticket_codes:
            self.ticket_codes = [*self.ticket_codes[-_KEPT_MAX:], reply.body["ticket_code"]]

    # --- what a patient does ----------------------------------------------------------------------------

    def register(self) -> None:
        """A new patient, a clinic that is open."""
        self._register(new_person(self.random), self.random.choice(self.places.open))

    def register_in_closed_clinic(self) -> None:
        """Is refused."""
        self._register(new_person(self.random), self.places.closed)

    def register_in_small_clinic(self) -> None:
        """Is refused when the quota has been given out."""
        self._register(new_person(self.random), self.places.small)

    def register_again(self) -> None:
        """Under a new request id, in the clinic where the patient may still hold a ticket."""
        if self.people:
            self._register(*self.random.choice(self.people))

    def register_elsewhere(self) -> None:
        """Who may hold a ticket of one clinic, in another."""
        if self.people:
            self._register(self.random.choice(self.people)[0], self.random.choice(self.places.open))

    def register_baby(self) -> None:
        """A newborn under its mother's number, in the clinic where she may hold a ticket."""
        if self.people:
            mother, clinic = self.random.choice(self.people)
            self._register(new_baby(mother, self.random), clinic)

    def register_regular(self) -> None:
        """A patient who may be registering elsewhere at this moment."""
        index = self.random.randrange(len(self.regulars))
        self._register(self.regulars[index], self.places.open[index % len(self.places.open)])

    def reuse_id(self) -> None:
        """Sends somebody else's registration under an id that belongs to another."""
        registrations = [request for request in self.answered[-LATELY:] if request.name == "register"]
        if registrations:
            first = self.random.choice(registrations)
            other = new_person(self.random).body(self.places.hospital, str(first.body["clinic"]))
            self.send(Request("register", other, first.request_id, first.sent_at), other_contents=True)

    def cancel(self) -> None:
        """Cancels one of the last tickets."""
        if self.ticket_codes:
            self.ask("cancel", {"ticket_code": self.random.choice(self.ticket_codes[-10:])})

    def look_at_ticket(self) -> None:
        """One of its own."""
        if self.ticket_codes:
            self._look_up([self.random.choice(self.ticket_codes)])

    def look_at_tickets(self) -> None:
        """Many of its own."""
        if self.ticket_codes:
            count = min(len(self.ticket_codes), self.random.randint(2, LATELY))
            self._look_up(self.random.sample(self.ticket_codes, count))

    def look_at_queue(self) -> None:
        """Of one clinic."""
        clinic = self.random.choice([*self.places.open, self.places.small])
        self.ask("clinic_queue", {"hospital": self.places.hospital, "clinic": clinic})

    def look_at_clinics(self) -> None:
        """Of the hospital."""
        self.ask("list_clinics", {"hospital": self.places.hospital})

    def _register(self, person: Person, clinic: str) -> None:
        self.people = [*self.people[-LATELY:], (person, clinic)]
        self.ask("register", person.body(self.places.hospital, clinic))

    def _look_up(self, codes: list[str]) -> None:
        self.ask("ticket_status", {"ticket_codes": codes})


_HABITS: Sequence[tuple[Callable[[Client], None], int]] = (
    (Client.register, 41),
    (Client.register_in_closed_clinic, 2),
    (Client.register_in_small_clinic, 4),
    (Client.register_again, 4),
    (Client.register_elsewhere, 2),
    (Client.register_baby, 3),
    (Client.register_regular, 4),
    (Client.repeat, 5),
    (Client.reuse_id, 2),
    (Client.insist, 5),
    (Client.cancel, 8),
    (Client.look_at_ticket, 8),
    (Client.look_at_tickets, 4),
    (Client.look_at_queue, 6),
    (Client.look_at_clinics, 2),
)
_REGISTRATIONS_SHARE = (41 + 2 + 4 + 4 + 2 + 3 + 4) / sum(weight for _, weight in _HABITS)


def run(options: argparse.Namespace) -> Counter[str]:
    """All patients, until the run settles."""
    directory: Path = options.directory
    clock = OffsetClock(directory / "control")
    history = History(directory, "patients", clock)
    places = Places(options.hospital, options.clinics.split(","), options.closed, options.small)
    common_random = Random(options.seed)
    regulars = [new_person(common_random) for _ in range(_REGULARS)]
    raw_clients = round(options.clients * RAW_SHARE)
    clients = []
    for number in range(options.clients):
        random = Random(f"{options.seed}-{number}")
        name = f"raw-{number:02d}" if number < raw_clients else f"patient-{number:02d}"
        is_raw = number < raw_clients
        requester = RawRequester(options.url, name, random) if is_raw else ProductRequester(options.url)
        clients.append(
            Client(
                name=name,
                requester=requester,
                history=history,
                clock=clock,
                random=random,
                places=places,
                regulars=regulars,
            )
        )
    pace = options.rate / _REGISTRATIONS_SHARE / options.clients
    counts = run_actors(clients, directory / "control", pace)
    history.close()
    return counts


def main() -> None:
    """Reads the command line and runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--url", required=True, help="where patients reach the broker")
    parser.add_argument("--hospital", required=True)
    parser.add_argument("--clinics", required=True, help="those that are always open, with commas")
    parser.add_argument("--closed", required=True, help="a clinic that is closed")
    parser.add_argument("--small", required=True, help="a clinic with a small quota")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--rate", type=float, default=11.0, help="registrations a second, of all together")
    for what, count in sorted(run(parser.parse_args()).items()):
        print(f"{what}: {count}")


if __name__ == "__main__":
    main()
