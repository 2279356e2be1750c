"""Ticks: claimed where something is due, and emitted as events."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from common.clock import Clock
from common.messages.events import Event, Tick, encode_tick
from common.storage.engine import Engine, transaction
from ticker_worker import store
from ticker_worker.nightly_purge import NightlyPurge

CLAIMS_MAX = 1_000
"""Ticks that one emission claims at most, about as many as a ticker applies until the next one."""

REFUSALS_KEPT = timedelta(minutes=20)
"""Longer than a request may wait to be taken up (15 minutes): an older one is refused for its age."""

MISMATCHES_KEPT = timedelta(days=1)
"""A service day before the date that it was in Greenwich so long ago is over in every hospital: it ends at
noon of the next day at the latest, and no clock is more than twelve hours behind."""

FORGOTTEN_MAX = 1_000
"""Refusals that one emission removes at most, and as many mismatches."""


EMISSIONS_PER_INTERVAL = 10
"""Ticks wait for their emission only a part of the interval for which they are claimed, and come in small
lots, with time for other work between them."""

EMISSION_SECONDS_MIN = 0.1
"""Real time between two emissions, unless the interval itself is shorter."""


def emission_seconds(interval_seconds: float) -> float:
    """The real time between two emissions, where a claim lasts for so much real time."""
    return max(interval_seconds / EMISSIONS_PER_INTERVAL, min(interval_seconds, EMISSION_SECONDS_MIN))


@dataclass(frozen=True)
class TickEmitter:
    """Claims the queues in which something is due, for one `interval`, and has a tick for each. Between two
    claims there is time for a turn of the `purge`."""

    engine: Engine
    clock: Clock
    interval: timedelta
    purge: NightlyPurge | None = None

    def emit(self) -> Sequence[Event]:
        """The ticks that are due now; raises StoreUnavailable."""
        now = self.clock.now()
        with transaction(self.engine) as connection:
            due = store.claim_due(connection, now, now + self.interval, CLAIMS_MAX)
            store.forget_refusals(connection, now - REFUSALS_KEPT, FORGOTTEN_MAX)
            store.forget_mismatches(connection, (now - MISMATCHES_KEPT).date(), FORGOTTEN_MAX)
        if self.purge is not None:
            self.purge.take_turn()
        return [encode_tick(Tick(str(uuid.uuid4()), *key), now) for key in due]
