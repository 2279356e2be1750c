"""What a handler is given and what it returns: messages without AMQP's frames and properties."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from antrean_client.tracing import Headers
from common.messages.events import Event
from common.messages.message import EncodedReply, Reply

SUSPECT_REDELIVERIES = 3
"""Restarts and lost connections alone seldom bring a message back so often."""

HOPELESS_REDELIVERIES = 10
"""What came back so often is not tried again. Less than the broker's own limit (`delivery-limit`), beyond
which it moves a message to the dead letters without looking whether there is room."""


CAME_THROUGH = "x-antrean-exchange"
"""The header in which a worker that sets a delivery aside says through which exchange it came."""


SENT_BY = "x-antrean-user"
"""The header in which it says for whom the broker vouched."""


class Delivery(NamedTuple):
    """A message as it arrived. What its client wrote is untrusted, the addresses included.

    `name` is its `type` property, `sent_at` its timestamp (whole seconds), `tag` names it on its channel. The
    broker sets `redeliveries`, how often it was delivered before and not acknowledged, and `exchange`, to
    which it was published; it vouches for the `user_id`, where the message bears one. `context` is that of
    the trace which it belongs to, where its client traces.
    """

    tag: int
    body: bytes
    name: str | None
    content_type: str | None
    message_id: str | None
    correlation_id: str | None
    reply_to: str | None
    sent_at: datetime | None
    redeliveries: int = 0
    exchange: str = ""
    user_id: str | None = None
    context: Headers | None = None

    @property
    def is_suspect(self) -> bool:
        """Whether it may be what killed the workers that had it in hand."""
        return self.redeliveries >= SUSPECT_REDELIVERIES

    @property
    def is_hopeless(self) -> bool:
        """Whether it has killed, or may have killed, enough workers."""
        return self.redeliveries >= HOPELESS_REDELIVERIES


class Outcome(NamedTuple):
    """What became of one delivery: the reply, the events it caused, and why it is a dead letter, if so.

    A delivery is acknowledged once the broker has confirmed its events and its dead letter.
    """

    reply: Reply | EncodedReply | None = None
    events: Sequence[Event] = ()
    dead_letter: str | None = None


class Handler(Protocol):
    """Does a whole batch of deliveries at once."""

    def handle(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        """The outcomes, in the order of the deliveries; everything is committed when it returns.

        May block for as long as one transaction may. Raises StoreUnavailable where nothing was done and
        the same batch is to be handed in again later; with any other exception each delivery is handed in
        by itself, and one that fails alone becomes a dead letter.
        """
        ...


def moment_of(timestamp: int | None) -> datetime | None:
    """The moment that a `timestamp` property names, None where it names none that a calendar knows."""
    try:
        return None if timestamp is None else datetime.fromtimestamp(timestamp, UTC)
    except (ValueError, OverflowError, OSError):
        return None
