"""Deliveries that came back so often that they may be what kills workers.

Each time one kills, all that its worker had in hand comes back with it, until the broker's limit of
deliveries takes innocent ones, too. So they are moved to the quarantine, from which a worker takes one at a
time. Where the quarantine takes none (it is full, or missing), they are done here by themselves, when nothing
else is in hand, and each time they come back in another order: before one kills, others have had their turn.
"""

import random
from collections.abc import Callable

import structlog

from common.messaging.consumer import Batch, Consumer
from common.messaging.outgoing import SetAside
from common.messaging.publisher import Publisher

_log = structlog.get_logger()


class Quarantine:
    """Moves suspects to `quarantine`, and holds those that it does not take, to be taken one by one.

    `settle` is told of a batch that is in the quarantine, `on_held` that there is something to take.
    """

    def __init__(
        self,
        publisher: Publisher,
        quarantine: Consumer,
        settle: Callable[[Batch], None],
        on_held: Callable[[], None],
    ) -> None:
        self._publisher = publisher
        self._quarantine = quarantine
        self._settle = settle
        self._on_held = on_held
        self._held: list[Batch] = []
        self._refused = False
        self.isolated = 0
        """Deliveries that were moved there, or are held for it."""

    @property
    def waiting(self) -> int:
        """How many wait to be taken."""
        self._held = [batch for batch in self._held if not batch.is_void]
        return len(self._held)

    def take(self, _batch_size: int) -> Batch | None:
        """One of them, None where there is none."""
        if not self.waiting:
            return None
        batch = self._held.pop(self._turn())
        batch.consumer.resume(batch)
        return batch

    def put_back(self, batch: Batch) -> None:
        """It could not be done now."""
        batch.consumer.hold(batch)
        self._held.insert(0, batch)

    def _turn(self) -> int:
        """Which of them: the first, or, when they have come back once more, the last, or any. So all but one
        that kills are done within three of its victims; if several kill, chance helps those between them."""
        redeliveries = max(batch.deliveries[0].redeliveries for batch in self._held)
        any_of_them = random.randrange(len(self._held))  # noqa: S311 - keeps no secret
        return (0, -1, any_of_them)[redeliveries % 3]

    def isolate(self, batch: Batch) -> None:
        """Moves each delivery of a batch to the quarantine, or holds it."""
        self.isolated += len(batch.deliveries)
        _log.warning("quarantined", size=len(batch.deliveries))
        for delivery in batch.deliveries:
            alone = batch.of(delivery)
            # Where the quarantine is missing, its consumer is not up, and nothing need be tried.
            if self._quarantine.is_up:
                self._move(alone)
            else:
                self._hold(alone)

    def _move(self, alone: Batch) -> None:
        def confirmed() -> None:
            self._refused = False
            self._settle(alone)

        self._publisher.set_aside(
            SetAside(alone.deliveries[0], self._quarantine.queue),
            confirmed,
            lambda: self._hold(alone),
            insists=False,
            is_void=lambda: alone.is_void,
        )

    def _hold(self, alone: Batch) -> None:
        if not self._refused:
            self._refused = True
            advice = "what may kill workers is done among the rest; see antrean-admin doctor"
            _log.warning("quarantine refused", queue=self._quarantine.queue, advice=advice)
        alone.consumer.hold(alone)
        self._held.append(alone)
        self._on_held()
