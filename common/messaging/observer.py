"""What somebody who watches a worker is told of it, and may ask."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from common.messaging.delivery import Delivery, Outcome
from common.messaging.stopwatch import Part


@dataclass(frozen=True, slots=True)
class WorkerFigures:
    """How a worker is at a moment; counts begin with the worker. It may be read in any thread.

    `trouble` is what keeps it from its work, None where nothing does, as it was `looked_seconds_ago`.
    `unsettled` and `links_lost` are by queue; the publisher's link is named `publisher`. `surplus_refused` is
    by exchange. `oldest_waiting` has when the oldest request that waits at it was sent, by queue, as it was
    within the last second.
    """

    trouble: str | None
    looked_seconds_ago: float
    unsettled: Mapping[str, int]
    unconfirmed: int
    dead_letters: int
    dead_letters_held: int
    quarantined: int
    events_dropped: int
    links_lost: Mapping[str, int]
    store_retries: int
    taken_apart: int
    surplus_refused: Mapping[str, int]
    oldest_waiting: Mapping[str, datetime | None]


class Observer(Protocol):
    """Watches one worker. It is called by the worker's loop, and must not block it."""

    @property
    def client_properties(self) -> Mapping[str, int | str]:
        """What the broker's list of connections is to say of it."""
        ...

    def begin(self, look: Callable[[], WorkerFigures]) -> None:
        """The worker begins; `look` may be called from any thread until `end`."""
        ...

    def handled(
        self,
        queue: str,
        deliveries: Sequence[Delivery],
        outcomes: Sequence[Outcome],
        parts: Mapping[Part, float],
    ) -> None:
        """A batch was handled, and its replies were sent."""
        ...

    def end(self) -> None:
        """The worker has ended."""
        ...
