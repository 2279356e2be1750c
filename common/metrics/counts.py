"""What is counted of a worker's batches: plain numbers, at a fraction of the cost of a library's metrics.

The worker's loop writes them, and another thread reads them: each is read as a copy.
"""

import json
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from common.messages.message import EncodedReply, Reply
from common.messages.problems import Problem, ProblemCode
from common.messaging.delivery import Delivery, Outcome
from common.messaging.received_requests import REQUEST_AGE_MAX
from common.messaging.stopwatch import Part

OTHER: Final = "other"
"""What stands for every name that is not known here: a stranger may have made it up."""

SIZES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
BATCH_SECONDS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
DELAY_SECONDS: Final = (1, 2, 3, 5, 8, 10, 15, 30, 60, 120, 300)

DELAY_SECONDS_MAX: Final = int(REQUEST_AGE_MAX.total_seconds())
"""A sender's clock may show anything. What is older than this is not carried out anyway."""

_CODES: Final = frozenset(ProblemCode)


class Distribution:
    """How often values came, up to each of the `bounds` and beyond them."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float, times: int = 1) -> None:
        """A value came so many times."""
        self.counts[bisect_left(self.bounds, value)] += times
        self.total += value * times


class BatchCounts:
    """Counts batches. `requests` are the names by which messages are counted; the others are `OTHER`."""

    def __init__(self, requests: Collection[str]) -> None:
        self.requests = frozenset(requests)
        self.results: Counter[tuple[str, str]] = Counter()
        """By request, and the problem's code; "" where it was answered, "-" where there was no reply."""
        self.sizes: defaultdict[str, Distribution] = defaultdict(lambda: Distribution(SIZES))
        self.seconds: defaultdict[str, Distribution] = defaultdict(lambda: Distribution(BATCH_SECONDS))
        self.delays: defaultdict[str, Distribution] = defaultdict(lambda: Distribution(DELAY_SECONDS))
        self.parts: defaultdict[str, float] = defaultdict(float)

    def add(
        self,
        queue: str,
        deliveries: Sequence[Delivery],
        outcomes: Sequence[Outcome],
        parts: Mapping[Part, float],
        now: datetime,
    ) -> None:
        """A batch of this queue was handled, and took so many seconds in its parts."""
        for part, seconds in parts.items():
            self.parts[part] += seconds
        self.seconds[queue].add(sum(parts.values()))
        self.sizes[queue].add(len(deliveries))
        requests, results = self.requests, self.results
        sent_at: Counter[datetime] = Counter()
        for delivery, outcome in zip(deliveries, outcomes, strict=True):
            name = delivery.name or OTHER
            results[name if name in requests else OTHER, result_of(outcome.reply)] += 1
            if delivery.sent_at is not None and outcome.reply is not None:
                sent_at[delivery.sent_at] += 1
        delays = self.delays[queue]
        for moment, times in sent_at.items():
            # For what is too old nobody waits; web processes send such to be told the time.
            if now - moment <= REQUEST_AGE_MAX:
                delays.add(bounded_delay(moment, now), times)


def bounded_delay(sent_at: datetime, now: datetime) -> float:
    """Seconds since then, 0 to 900."""
    return min(max((now - sent_at).total_seconds(), 0.0), DELAY_SECONDS_MAX)


ANSWERED: Final = ""
NO_REPLY: Final = "-"


def result_of(reply: Reply | EncodedReply | None) -> str:
    """A problem's code, `ANSWERED` for another reply, `NO_REPLY` where there is none."""
    if isinstance(reply, Problem):
        return reply.code
    if reply is None:
        return NO_REPLY
    if isinstance(reply, EncodedReply) and reply.name == Problem.name:
        code = json.loads(reply.body).get("code")
        return code if code in _CODES else OTHER
    return ANSWERED
