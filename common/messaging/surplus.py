"""Refuses what single senders send in floods, so that a flood is gone through faster than it comes.

While a worker's window is full, more waits in its queue, and who has but one request there waits behind it.
So what one sender has in the window beyond its share is answered with `busy` at once, which costs no
transaction, and the next batch waits for a moment for what comes behind it.
"""

import time
from collections.abc import Callable, Iterable
from typing import Final

import structlog

from common.messages.message import EncodedReply, encode_reply
from common.messages.problems import Problem, busy
from common.messaging.consumer import Batch, Consumer
from common.messaging.delivery import Outcome

_PASSING_SECONDS_MAX = 0.05
"""For so long at most a batch waits while nothing but a flood is in the window."""

_QUIET_SECONDS = 60
"""How often at most the log says that requests were refused."""

_ADVICE = "somebody sends more than a client does; see docs/security.md"
_BUSY: Final = Outcome(EncodedReply(Problem.name, encode_reply(busy())))

_log = structlog.get_logger()


class Surplus:
    """Answers the surplus at some consumers by `finish`."""

    def __init__(self, finish: Callable[[Batch, list[Outcome]], None]) -> None:
        self._finish = finish
        self._passes_until: float | None = None
        self._refused = 0
        self._told_at = float("-inf")

    def refuse(self, consumers: Iterable[Consumer]) -> bool:
        """Refuses the surplus, if there is any. Whether the next batch had better wait: nothing waits now but
        what is left of a flood, and others may be behind it."""
        for consumer in consumers:
            batch = consumer.take_surplus()
            if batch is not None:
                self._finish(batch, [_BUSY] * len(batch.deliveries))
                self._tell(len(batch.deliveries))
                self._passes_until = self._passes_until or time.monotonic() + _PASSING_SECONDS_MAX
        if self._passes_until is None:
            return False
        if time.monotonic() < self._passes_until and not any(each.waiting_of_others for each in consumers):
            return True
        self._passes_until = None
        return False

    def _tell(self, count: int) -> None:
        self._refused += count
        now = time.monotonic()
        if now - self._told_at > _QUIET_SECONDS:
            _log.warning("flood refused", requests=self._refused, advice=_ADVICE)
            self._told_at, self._refused = now, 0
