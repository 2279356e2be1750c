"""What pages need to know of notifications, where they are offered."""

from collections.abc import Awaitable, Callable, Collection
from typing import NamedTuple

from patient_web.push.subscriptions import Subscription


class Offer(NamedTuple):
    """`public_key` is what browsers subscribe with, at a known push service or one of `services`; `subscribe`
    has some process attend to a subscription, and raises MessagingError where none can."""

    public_key: str
    services: Collection[str]
    subscribe: Callable[[Subscription], Awaitable[None]]
