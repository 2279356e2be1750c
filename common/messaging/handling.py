"""A batch in the hands of a worker's handler: taken apart where it fails, timed, and observed."""

from collections.abc import Sequence
from functools import cache
from typing import Final

import structlog

from common.errors import StoreUnavailable, places
from common.messages.problems import Problem, ProblemCode, problem
from common.messaging.delivery import Delivery, Handler, Outcome
from common.messaging.observer import Observer
from common.messaging.stopwatch import Part, Stopwatch
from common.messaging.topology import names_in, queues

SLOW_SECONDS: Final = 1.0
"""A batch that takes longer is logged, with its parts."""

_log = structlog.get_logger()


class Handling:
    """Hands batches to `handler`; `stopwatch` is what the handler marks its parts on."""

    def __init__(self, handler: Handler, stopwatch: Stopwatch, observer: Observer | None) -> None:
        self._handler = handler
        self._stopwatch = stopwatch
        self._observer = observer
        self.taken_apart = 0

    def handle(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        """The outcomes; a delivery that the handler fails at is a dead letter. Raises StoreUnavailable."""
        self._stopwatch.start()
        return self._handle(deliveries)

    def _handle(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        try:
            return self._handler.handle(deliveries)
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
            if len(deliveries) == 1:
                return [_dead(deliveries[0], error)]
            self.taken_apart += 1
            _log.warning("batch taken apart", size=len(deliveries), error=type(error).__name__)
            return [outcome for delivery in deliveries for outcome in self._handle([delivery])]

    def published(self, queue: str, deliveries: Sequence[Delivery], outcomes: Sequence[Outcome]) -> None:
        """What `handle` returned has been sent."""
        self._stopwatch.lap(Part.PUBLISH)
        parts = self._stopwatch.parts
        if sum(parts.values()) > SLOW_SECONDS:
            in_ms = {f"{part}_ms": round(seconds * 1000) for part, seconds in parts.items()}
            total_ms = round(sum(parts.values()) * 1000)
            _log.warning("slow batch", queue=queue, size=len(deliveries), total_ms=total_ms, **in_ms)
        if self._observer is not None:
            self._observer.handled(queue, deliveries, outcomes, parts)


def given_up(delivery: Delivery) -> Outcome:
    """The outcome of a delivery that is not tried any more."""
    reason = f"given out {delivery.redeliveries} times and never done"
    _log.error("dead letter", reason=reason)
    return Outcome(reply=_was_set_aside(), dead_letter=reason)


def _dead(delivery: Delivery, error: Exception) -> Outcome:
    # The text of the error, and a name that nobody knows, may hold what a patient wrote.
    reason = f"{type(error).__name__} in the handler"
    request = delivery.name if delivery.name in _known_names() else None
    _log.error("dead letter", request=request, reason=reason, where=places(error))
    return Outcome(reply=_was_set_aside(), dead_letter=reason)


@cache
def _known_names() -> frozenset[str]:
    return names_in(queues())


def _was_set_aside() -> Problem:
    detail = "The request could not be carried out; it was set aside for the operators."
    return problem(ProblemCode.INTERNAL_ERROR, detail)
