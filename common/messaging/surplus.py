"""Refuses what single senders send in floods, so that a flood is gone through faster than it comes.

While a worker's window is full, more waits in its queue, and who has but one request there waits behind it.
So what one sender has in the window beyond its share is answered with `busy` at once, which costs no
transaction, and the next batch waits for a moment for what comes behind it.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from common.messages.message import EncodedReply, encode_reply
from common.messages.problems import Problem, busy
from common.messaging.consumer import Batch, Consumer
from common.messaging.delivery import Delivery, Outcome
from common.messaging.topology import DESK_EXCHANGE

_PASSING_SECONDS_MAX = 0.05
"""For so long at most a batch waits while nothing but a flood is in the window."""

_QUIET_SECONDS = 60
"""How often at most the log says that requests were refused; when none was for so long, the flood is over."""

_SENDERS_MAX = 1_000
_USERS_MAX = 5
"""How many senders are counted, and how many of the staff are named."""

_ADVICE = "somebody sends more than a client does; see docs/security.md"
_BUSY: Final = Outcome(EncodedReply(Problem.name, encode_reply(busy())))

_log = structlog.get_logger()


class Surplus:
    """Answers the surplus at some consumers by `finish`."""

    def __init__(self, finish: Callable[[Batch, list[Outcome]], None]) -> None:
        self._finish = finish
        self._passes_until: float | None = None
        self._flood = _Flood()
        self._told_at = float("-inf")
        self.refused: Counter[str] = Counter()
        """Requests that were refused, by the exchange that they came through."""

    def refuse(self, consumers: Iterable[Consumer]) -> bool:
        """Refuses the surplus, if there is any. Whether the next batch had better wait: nothing waits now but
        what is left of a flood, and others may be behind it."""
        for consumer in consumers:
            batch = consumer.take_surplus()
            if batch is not None:
                self._finish(batch, [_BUSY] * len(batch.deliveries))
                self._tell(batch.deliveries)
                self._passes_until = self._passes_until or time.monotonic() + _PASSING_SECONDS_MAX
        if self._passes_until is None:
            return False
        if time.monotonic() < self._passes_until and not any(each.waiting_of_others for each in consumers):
            return True
        self._passes_until = None
        return False

    def _tell(self, refused: Sequence[Delivery]) -> None:
        self.refused.update(each.exchange for each in refused)
        now = time.monotonic()
        if now - self._flood.last_at > _QUIET_SECONDS:
            self._flood = _Flood(began_at=now)
        self._flood.add(refused, now)
        if now - self._told_at > _QUIET_SECONDS:
            self._told_at = now
            self._flood.log()


@dataclass
class _Flood:
    """What was refused with less than a minute in between; in monotonic seconds."""

    began_at: float = float("-inf")
    last_at: float = float("-inf")
    requests: int = 0
    channels: set[str | None] = field(default_factory=set)
    users: set[str] = field(default_factory=set)

    def add(self, refused: Sequence[Delivery], now: float) -> None:
        self.last_at = now
        self.requests += len(refused)
        for each in refused:
            if len(self.channels) < _SENDERS_MAX:
                self.channels.add(each.reply_to)
            if each.user_id and each.exchange == DESK_EXCHANGE and len(self.users) < _USERS_MAX:
                self.users.add(each.user_id)

    def log(self) -> None:
        _log.warning(
            "flood refused",
            requests=self.requests,
            lasts_seconds=round(self.last_at - self.began_at),
            senders=len(self.channels),
            staff=sorted(self.users),
            advice=_ADVICE,
        )
