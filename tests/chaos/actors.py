"""Who acts in a run: clients that send requests, and settle at the end those without an answer."""

import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from antrean_client.protocol import LOOK_UPS
from common.clock import Clock
from tests.chaos.history import History, Request
from tests.chaos.registrations import new_request_id
from tests.chaos.requesters import Reply, Requester

REPLY_SECONDS_MAX = 5.0
SETTLE_SECONDS_MAX = 300.0  # requests without an answer by then stay unanswered

QUIET_FILE = "quiet"
SETTLE_FILE = "settle"

LATELY = 20
"""Of what a client remembers, how many of the latest it comes back to."""

_POLL_SECONDS = 0.2
_KEPT_MAX = 200  # requests that a client remembers


@dataclass(kw_only=True)
class Actor:
    """One device, a patient's or a desk's: what it sends, and what it remembers. `marks` stand in its lines
    of the history."""

    name: str
    requester: Requester
    history: History
    clock: Clock
    random: Random
    marks: Mapping[str, str] = field(default_factory=dict)
    unknown: dict[str, Request] = field(default_factory=dict)
    confirmed_ids: set[str] = field(default_factory=set)
    answered: list[Request] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def act(self) -> None:
        """Does one thing at random."""
        raise NotImplementedError

    def learn(self, request: Request, reply: Reply) -> None:
        """Remembers what a reply to a request of its own says."""
        raise NotImplementedError

    def settle(self, until: float) -> None:
        """Sends the requests of unknown outcome again until all are answered, or until the moment `until` of
        time.monotonic()."""
        while self.unknown and (left := until - time.monotonic()) > 0:
            for request in list(self.unknown.values()):
                self.send(request, seconds_max=min(REPLY_SECONDS_MAX, max(left, 1.0)), settling=True)
            if self.unknown:
                time.sleep(_POLL_SECONDS)

    def repeat(self) -> None:
        """Sends a request once more, though it has been answered."""
        if self.answered:
            self.send(self.random.choice(self.answered[-LATELY:]))

    def insist(self) -> None:
        """Sends an unanswered request again, as a client does that needs the answer.

        Confirmed requests are not sent again before the run settles: that would hide their loss.
        """
        unconfirmed = [
            request for request in self.unknown.values() if request.request_id not in self.confirmed_ids
        ]
        if unconfirmed:
            self.send(self.random.choice(unconfirmed))

    def ask(self, name: str, body: Mapping[str, Any]) -> None:
        """Sends a new request."""
        self.send(Request.new(name, body, self.clock, new_request_id(self.random)))

    def send(
        self,
        request: Request,
        seconds_max: float = REPLY_SECONDS_MAX,
        *,
        settling: bool = False,
        other_contents: bool = False,
    ) -> None:
        """Sends a request, and waits for its reply."""
        told = {**self.marks, "settling": settling, "other_contents": other_contents}
        operation = self.history.invoke(self.name, request, **told)
        changes = request.name not in LOOK_UPS
        reply = self.requester.call(operation, seconds_max, may_die=changes and not settling)
        self.counts[f"{request.name} {'answered' if reply else 'unknown'}"] += 1
        if other_contents:
            return
        if changes:
            self._keep(request, reply, confirmed=operation.is_confirmed)
        if reply is not None:
            self.learn(request, reply)

    def _keep(self, request: Request, reply: Reply | None, *, confirmed: bool) -> None:
        if reply is None:
            self.unknown.setdefault(request.request_id, request)
            if confirmed:
                self.confirmed_ids.add(request.request_id)
        else:
            self.unknown.pop(request.request_id, None)
            self.answered = [*self.answered[-_KEPT_MAX:], request]


def run_actors(actors: Sequence[Actor], control: Path, actions_per_second: float) -> Counter[str]:
    """All of them, each as a thread at this pace, until the run settles: the files `quiet` and `settle` in
    `control` say so. Returns the number of requests by name and outcome; raises what an actor raises."""
    quiet, settle = threading.Event(), threading.Event()
    with ThreadPoolExecutor(len(actors)) as threads:
        futures = [threads.submit(_run, each, quiet, settle, actions_per_second) for each in actors]
        while not settle.is_set():
            if (control / QUIET_FILE).exists():
                quiet.set()
            if (control / SETTLE_FILE).exists() or any(each.done() for each in futures):
                quiet.set()
                settle.set()
            time.sleep(_POLL_SECONDS)
    return sum((future.result() for future in futures), Counter())


def _run(
    actor: Actor, quiet: threading.Event, settle: threading.Event, actions_per_second: float
) -> Counter[str]:
    """One actor from start to end."""
    due = time.monotonic()
    while True:
        # The pace does not depend on how long replies take; but what was missed is not made up for.
        due = max(due + actor.random.expovariate(actions_per_second), time.monotonic())
        if quiet.wait(due - time.monotonic()):
            break
        actor.act()
    settle.wait()
    actor.settle(time.monotonic() + SETTLE_SECONDS_MAX)
    actor.requester.close()
    actor.counts["left unknown"] += len(actor.unknown)
    return actor.counts
