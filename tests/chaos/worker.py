"""A worker of a chaos run: `python -m tests.chaos.worker MODULE`.

It runs the product's own worker, patched from outside: it reads the clock of the run, dies of poison, and can
die or freeze at each failpoint.
"""

import importlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from weakref import WeakSet

from sqlalchemy import Engine, event

from common.messaging.consumer import Batch
from common.messaging.delivery import Delivery, Outcome
from common.messaging.handling import Handling
from common.messaging.worker import Worker
from common.settings import Settings
from tests.chaos.clock import OffsetClock
from tests.chaos.failpoints import Failpoints
from ticker_worker.tick_emitter import TickEmitter

POISON_FILE = "poison"
"""The message ids that kill a worker before its handler gets them, one a line."""


class Poison:
    """Which messages are poison, as it stands in the folder `control`."""

    def __init__(self, control: Path) -> None:
        self._path = control / POISON_FILE

    def among(self, deliveries: Sequence[Delivery]) -> bool:
        """Whether one of these is poison."""
        if not self._path.exists():
            return False
        ids = set(self._path.read_text().split())
        return any(delivery.message_id in ids for delivery in deliveries)


def replace(owner: type, name: str, made_from: Callable[[Any], Callable[..., Any]]) -> None:
    """Replaces a method; raises AttributeError if there is none of this name."""
    setattr(owner, name, made_from(getattr(owner, name)))


def steer_clock(control: Path) -> None:
    """Replaces the worker's clock by the run's."""
    clock = OffsetClock(control)
    replace(Settings, "clock", lambda _original: lambda _settings: clock)


def install_failpoints(failpoints: Failpoints, poison: Poison) -> None:
    """Makes a worker check its failpoints."""
    handling = False
    quiet: WeakSet[Batch] = WeakSet()  # cause no events: nothing is waited for between reply and settling
    settled: WeakSet[Batch] = WeakSet()

    def handle(original: Callable[..., Any]) -> Callable[..., Any]:
        def handle(worker: Handling, deliveries: Sequence[Delivery]) -> Any:
            nonlocal handling
            if poison.among(deliveries):
                os.kill(os.getpid(), signal.SIGKILL)
            if handling:  # a batch that is taken apart is handled within itself
                return original(worker, deliveries)
            failpoints.reach("before_transaction")
            handling = True
            try:
                return original(worker, deliveries)
            finally:
                handling = False

        return handle

    def finish(original: Callable[..., Any]) -> Callable[..., Any]:
        def finish(worker: Worker, batch: Batch, outcomes: Sequence[Outcome]) -> None:
            failpoints.reach("committed")
            if not any(outcome.events or outcome.dead_letter for outcome in outcomes):
                quiet.add(batch)
            original(worker, batch, outcomes)
            if failpoints.armed() == "replied":
                # After the next I/O, which sends what has been published.
                worker._loop.call_later(0, lambda: None if batch in settled else failpoints.reach("replied"))

        return finish

    def settle(original: Callable[..., Any]) -> Callable[..., Any]:
        def settle(worker: Worker, batch: Batch) -> None:
            point = failpoints.armed()
            if point == "confirmed" or (point == "replied" and batch in quiet):
                # After the next I/O: the replies have left then, and the acknowledgement has not.
                worker._loop.call_later(0, lambda: reached(worker, batch))
            else:
                settled.add(batch)
                original(worker, batch)

        def reached(worker: Worker, batch: Batch) -> None:
            failpoints.reach("confirmed")
            if batch in quiet:
                failpoints.reach("replied")
            settled.add(batch)
            original(worker, batch)

        return settle

    def emit(original: Callable[..., Any]) -> Callable[..., Any]:
        def emit(emitter: TickEmitter) -> Any:
            ticks = original(emitter)
            if ticks:
                failpoints.reach("claimed")
            return ticks

        return emit

    replace(Handling, "_handle", handle)
    replace(Worker, "_finish", finish)
    replace(Worker, "_settle", settle)
    replace(TickEmitter, "emit", emit)

    @event.listens_for(Engine, "commit")
    def before_commit(_connection: object) -> None:
        if handling:
            failpoints.reach("before_commit")


def main() -> None:
    """Patches, then runs the worker as its console script would."""
    control = Path(os.environ["CHAOS_CONTROL"])
    worker = importlib.import_module(f"{sys.argv.pop(1)}.__main__")  # which takes no arguments
    steer_clock(control)
    install_failpoints(Failpoints(control, os.environ["CHAOS_NAME"]), Poison(control))
    worker.main()


if __name__ == "__main__":
    main()
