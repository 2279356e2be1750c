"""The patients of a run, as one process: `python -m tests.chaos.patients DIRECTORY --url ... --seed ...`.

Each patient is a thread with its own random numbers and its own connection. When the file `control/quiet`
appears, they send no new requests; when `control/settle` appears, they send once more the requests whose
outcome is unknown, and the process ends: with 0, or with 1 after an unexpected error in a patient.
"""

import argparse
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from common.clock import Clock
from tests.chaos.clock import OffsetClock
from tests.chaos.history import History, Request
from tests.chaos.registrations import new_person, new_request_id
from tests.chaos.requesters import ProductRequester, RawRequester, Reply, Requester
from tests.deployment import Patient

REPLY_SECONDS_MAX = 5.0
SETTLE_SECONDS_MAX = 300.0  # requests without an answer by then stay unanswered
RAW_SHARE = 0.25
"""Of the patients, how many use the raw client."""

QUIET_FILE = "quiet"
SETTLE_FILE = "settle"

_POLL_SECONDS = 0.2
_REGULARS = 40
_CODES_MAX = 20
_KEPT_MAX = 200  # tickets and requests that a patient remembers


@dataclass(frozen=True)
class Places:
    """Where patients register: clinics that are always open, one that is closed, one with a small quota."""

    hospital: str
    open: Sequence[str]
    closed: str
    small: str


@dataclass
class Client:
    """One patient's device: what it sends, and what it remembers."""

    name: str
    places: Places
    requester: Requester
    history: History
    clock: Clock
    random: Random
    regulars: Sequence[Patient]
    unknown: dict[str, Request] = field(default_factory=dict)
    confirmed_ids: set[str] = field(default_factory=set)
    answered: list[Request] = field(default_factory=list)
    people: list[tuple[Patient, str]] = field(default_factory=list)
    ticket_codes: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def act(self) -> None:
        """Does one thing at random."""
        actions, weights = zip(*_HABITS, strict=True)
        (action,) = self.random.choices(actions, weights)
        action(self)

    def settle(self, until: float) -> None:
        """Sends the requests of unknown outcome again until all are answered, or until the moment `until` of
        time.monotonic()."""
        while self.unknown and (left := until - time.monotonic()) > 0:
            for request in list(self.unknown.values()):
                self._send(request, seconds_max=min(REPLY_SECONDS_MAX, max(left, 1.0)), settling=True)
            if self.unknown:
                time.sleep(_POLL_SECONDS)

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

    def register_regular(self) -> None:
        """A patient who may be registering elsewhere at this moment."""
        index = self.random.randrange(len(self.regulars))
        self._register(self.regulars[index], self.places.open[index % len(self.places.open)])

    def repeat(self) -> None:
        """Sends a request once more, though it has been answered."""
        if self.answered:
            self._send(self.random.choice(self.answered[-_CODES_MAX:]))

    def reuse_id(self) -> None:
        """Sends somebody else's registration under an id that belongs to another."""
        registrations = [request for request in self.answered[-_CODES_MAX:] if request.name == "register"]
        if registrations:
            first = self.random.choice(registrations)
            other = new_person(self.random).body(self.places.hospital, str(first.body["clinic"]))
            self._send(Request("register", other, first.request_id, first.sent_at), other_contents=True)

    def cancel(self) -> None:
        """Cancels one of the last tickets."""
        if self.ticket_codes:
            self._send(self._request("cancel", {"ticket_code": self.random.choice(self.ticket_codes[-10:])}))

    def look_at_ticket(self) -> None:
        """One of its own."""
        if self.ticket_codes:
            self._look_up([self.random.choice(self.ticket_codes)])

    def look_at_tickets(self) -> None:
        """Many of its own."""
        if self.ticket_codes:
            count = min(len(self.ticket_codes), self.random.randint(2, _CODES_MAX))
            self._look_up(self.random.sample(self.ticket_codes, count))

    def look_at_queue(self) -> None:
        """Of one clinic."""
        clinic = self.random.choice([*self.places.open, self.places.small])
        self._send(self._request("clinic_queue", {"hospital": self.places.hospital, "clinic": clinic}))

    def look_at_clinics(self) -> None:
        """Of the hospital."""
        self._send(self._request("list_clinics", {"hospital": self.places.hospital}))

    # --- how it sends -----------------------------------------------------------------------------------

    def _register(self, person: Patient, clinic: str) -> None:
        self.people = [*self.people[-_CODES_MAX:], (person, clinic)]
        self._send(self._request("register", person.body(self.places.hospital, clinic)))

    def _look_up(self, codes: list[str]) -> None:
        self._send(self._request("ticket_status", {"ticket_codes": codes}))

    def _request(self, name: str, body: Mapping[str, object]) -> Request:
        return Request.new(name, body, self.clock, new_request_id(self.random))

    def _send(
        self,
        request: Request,
        seconds_max: float = REPLY_SECONDS_MAX,
        *,
        settling: bool = False,
        other_contents: bool = False,
    ) -> None:
        operation = self.history.invoke(self.name, request, settling=settling, other_contents=other_contents)
        changes = request.name in ("register", "cancel")
        reply = self.requester.call(operation, seconds_max, may_die=changes and not settling)
        self.counts[f"{request.name} {'answered' if reply else 'unknown'}"] += 1
        if other_contents or not changes:
            return
        if reply is None:
            self.unknown.setdefault(request.request_id, request)
            if operation.is_confirmed:
                self.confirmed_ids.add(request.request_id)
        else:
            self.unknown.pop(request.request_id, None)
            self.answered = [*self.answered[-_KEPT_MAX:], request]
            self._remember_ticket(reply)

    def _remember_ticket(self, reply: Reply) -> None:
        if reply.name == "ticket" and reply.body["ticket_code"] not in self.ticket_codes:
            self.ticket_codes = [*self.ticket_codes[-_KEPT_MAX:], reply.body["ticket_code"]]

    def insist(self) -> None:
        """Sends an unanswered request again, as a client does that needs the answer.

        Confirmed requests are not sent again before the run settles: that would hide their loss.
        """
        unconfirmed = [
            request for request in self.unknown.values() if request.request_id not in self.confirmed_ids
        ]
        if unconfirmed:
            self._send(self.random.choice(unconfirmed))


_HABITS: Sequence[tuple[Callable[[Client], None], int]] = (
    (Client.register, 46),
    (Client.register_in_closed_clinic, 2),
    (Client.register_in_small_clinic, 4),
    (Client.register_again, 4),
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
_REGISTRATIONS_SHARE = (46 + 2 + 4 + 4 + 4) / sum(weight for _, weight in _HABITS)


def run_client(
    client: Client, quiet: threading.Event, settle: threading.Event, actions_per_second: float
) -> Counter[str]:
    """One patient from start to end; returns the number of requests by name and outcome."""
    due = time.monotonic()
    while True:
        # The pace does not depend on how long replies take; but what was missed is not made up for.
        due = max(due + client.random.expovariate(actions_per_second), time.monotonic())
        if quiet.wait(due - time.monotonic()):
            break
        client.act()
    settle.wait()
    client.settle(time.monotonic() + SETTLE_SECONDS_MAX)
    client.requester.close()
    client.counts["left unknown"] += len(client.unknown)
    return client.counts


def run(options: argparse.Namespace) -> Counter[str]:
    """All patients, until the run settles."""
    directory: Path = options.directory
    clock = OffsetClock(directory / "control")
    history = History(directory, "patients", clock)
    places = Places(options.hospital, options.clinics.split(","), options.closed, options.small)
    common_random = Random(options.seed)
    regulars = [new_person(common_random) for _ in range(_REGULARS)]
    quiet, settle = threading.Event(), threading.Event()
    pace = options.rate / _REGISTRATIONS_SHARE / options.clients
    raw_clients = round(options.clients * RAW_SHARE)
    with ThreadPoolExecutor(options.clients) as threads:
        futures = []
        for number in range(options.clients):
            random = Random(f"{options.seed}-{number}")
            name = f"raw-{number:02d}" if number < raw_clients else f"patient-{number:02d}"
            is_raw = number < raw_clients
            requester = RawRequester(options.url, name, random) if is_raw else ProductRequester(options.url)
            client = Client(name, places, requester, history, clock, random, regulars)
            futures.append(threads.submit(run_client, client, quiet, settle, pace))
        control = directory / "control"
        while not settle.is_set():
            if (control / QUIET_FILE).exists():
                quiet.set()
            if (control / SETTLE_FILE).exists() or any(each.done() for each in futures):
                quiet.set()
                settle.set()
            time.sleep(_POLL_SECONDS)
    history.close()
    return sum((future.result() for future in futures), Counter())


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
