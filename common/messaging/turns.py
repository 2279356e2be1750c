"""What waits at a worker, taken in turns by sender: a thousand requests of one delay nobody with but one.

A sender is whoever the broker vouches for: the user of a connection, where a message bears it and few have
its password. Users take turns first, so that a gateway has its turn however many strangers there are. Of
strangers, who share a user, each channel is a sender, as its reply address names it; and of a member of
staff, whose programs may fail, too. An address can be made up, but then no reply arrives.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from common.messaging.delivery import Delivery
from common.messaging.topology import DESK_EXCHANGE, EVENTS_EXCHANGE

SHARED_USER = "patient"
"""The user whose password all patients' programs have."""


class Sender(NamedTuple):
    """Who sent a delivery: a `user`, or, where many share one, the exchange that they send to. `channel`
    tells those who share one apart, and the programs of one member of staff; it is empty where there is no
    usable reply address, and None where nothing is to be told apart."""

    user: str
    channel: str | None = None


def sender_of(delivery: Delivery, knows: Callable[[str | None], bool]) -> Sender:
    """The sender of a delivery; `knows` tells whether a reply address can be used."""
    user, reply_to = delivery.user_id, delivery.reply_to
    is_of_desk = delivery.exchange == DESK_EXCHANGE
    if user and user != SHARED_USER and not is_of_desk:
        return Sender(user)
    if delivery.exchange == EVENTS_EXCHANGE:
        return Sender(EVENTS_EXCHANGE)
    # With the key at its end: without it anybody could make up the address of somebody else's channel, and be
    # refused in its name.
    channel = reply_to if reply_to and knows(reply_to) else ""
    return Sender(user if user and is_of_desk else delivery.exchange, channel)


class _Line:
    """What waits of one sender, in the order of its arrival."""

    __slots__ = ("deliveries", "sender")

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        self.deliveries: deque[Delivery] = deque()


class Turns:
    """Deliveries that wait: each costs the same, however many senders there are."""

    def __init__(self, sender_of: Callable[[Delivery], Sender]) -> None:
        self._sender_of = sender_of
        self._next: deque[Delivery] = deque()
        self._lines: dict[Sender, _Line] = {}
        # The lines of each user in the order of their turns, and the users in the order of theirs.
        self._users: dict[str, deque[_Line]] = {}
        self._turns: deque[str] = deque()
        self._heavy: list[Sender] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def of_others(self) -> int:
        """How many wait of senders that had no surplus when it was last taken."""
        heavy = (self._lines[sender] for sender in self._heavy if sender in self._lines)
        return self._count - sum(len(line.deliveries) for line in heavy)

    @property
    def oldest_sent_at(self) -> datetime | None:
        """When the oldest request that waits was sent; None where none says."""
        firsts = chain(self._next, (line.deliveries[0] for line in self._lines.values()))
        return min((each.sent_at for each in firsts if each.sent_at is not None), default=None)

    def add(self, deliveries: Iterable[Delivery]) -> None:
        """Deliveries have arrived."""
        for delivery in deliveries:
            sender = self._sender_of(delivery)
            line = self._lines.get(sender)
            if line is None:
                line = self._lines[sender] = _Line(sender)
                self._queue_up(line)
            line.deliveries.append(delivery)
            self._count += 1

    def _queue_up(self, line: _Line) -> None:
        user = line.sender.user
        if user not in self._users:
            self._users[user] = deque()
            self._turns.append(user)
        self._users[user].append(line)

    def take(self, count: int) -> list[Delivery]:
        """The next `count` deliveries, or all where there are fewer: one of each sender in turn."""
        taken: list[Delivery] = []
        while self._next and len(taken) < count:
            taken.append(self._next.popleft())
        while self._turns and len(taken) < count:
            taken.append(self._take_one())
        self._count -= len(taken)
        return taken

    def _take_one(self) -> Delivery:
        user = self._turns[0]
        lines = self._users[user]
        line = lines[0]
        delivery = line.deliveries.popleft()
        if line.deliveries:
            lines.rotate(-1)
        else:
            del self._lines[line.sender]
            lines.popleft()
        if lines:
            self._turns.rotate(-1)
        else:
            del self._users[user]
            self._turns.popleft()
        return delivery

    def put_back(self, deliveries: Sequence[Delivery]) -> None:
        """Deliveries that were taken are the next to be taken, in their order."""
        self._next.extendleft(reversed(deliveries))
        self._count += len(deliveries)

    def take_surplus(self, share: int) -> list[Delivery]:
        """Takes what senders that share a user have beyond `share` deliveries each: those that have waited
        longest. What was delivered before stays, for it may have been carried out."""
        surplus: list[Delivery] = []
        self._heavy = [
            sender
            for sender, line in self._lines.items()
            if len(line.deliveries) > share and sender.channel is not None
        ]
        for sender in self._heavy:
            waiting = self._lines[sender].deliveries
            oldest = [waiting.popleft() for _ in range(len(waiting) - share)]
            surplus += [each for each in oldest if not each.redeliveries]
            waiting.extendleft(reversed([each for each in oldest if each.redeliveries]))
        self._count -= len(surplus)
        return surplus
