"""Follows the events of all queues: each once, in order for each source, without gaps, from any position.

    position = Position.from_json(stored) if stored else Position.first()
    for batch in Subscriber(amqp_url, position).batches():
        with database.transaction():
            write(batch.events)
            store(batch.position.to_json())

The caller stores the position in the transaction with what it makes of the events: killed at any moment, it
goes on where it stopped. Batches are read from the broker's stream, from which nothing is taken away, so
that any number of subscribers follows the same events. What the stream lacks is asked of the status
responders.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from antrean_client.connection import Address, address_now
from antrean_client.errors import (
    BrokerRefused,
    BrokerUnavailable,
    MessagingError,
    NoQueue,
    ProblemReply,
    Refusal,
)
from antrean_client.events import Event, read_event
from antrean_client.journal import JournalReader
from antrean_client.journal_deliveries import Message
from antrean_client.missed_events import MissedEvents
from antrean_client.ordering import Gap, Ordering
from antrean_client.position import Position

GAP_SECONDS: Final = 10.0
"""How long the stream is waited for before a gap is looked up, where the caller says nothing else."""

LOOK_UPS_MAX: Final = 3
"""Attempts to look a gap up at the end of a replay; after them it is said what is lost."""

_FINAL: Final = frozenset({Refusal.USER, Refusal.PERMISSION, Refusal.READING})
"""Refusals that waiting does not change for who was connected before."""

_ROUTING_KEY_DOTS: Final = 3

_IDLE_SECONDS: Final = 5.0
_CLOCKS_DIFFER_MAX: Final = timedelta(minutes=1)
"""How much earlier the broker may say that an event was published than its worker that it happened."""

_RECONNECT_SECONDS_MIN: Final = 0.2
_RECONNECT_SECONDS_MAX: Final = 15.0


class Batch(NamedTuple):
    """Events, and the position behind them. `is_caught_up` tells whether no others were there by then."""

    events: list[Event]
    position: Position
    is_caught_up: bool


@dataclass(frozen=True, slots=True)
class ClosedGap:
    """What became of a gap: `filled` events were found in the database; all of them, or the rest is lost."""

    gap: Gap
    filled: int
    how: Literal["database", "lost"]


class Subscriber:
    """Reads from `position` on. `wanted` chooses by routing key, such as `RSHS.GIG.ticket.called`: by
    hospital and clinic only, since a source is followed as a whole. `on_gap` is told of every gap that the
    stream did not fill, `on_lost` of every lost connection.

    The events behind a gap are kept back for `gap_seconds`; what is missing by then is looked up in the
    database, but without `fills_gaps`, and the reply waited for for `reply_seconds`. `fast_path` is as in
    JournalReader. An address that may change is asked for at each connecting. Not for use by several threads.
    """

    def __init__(
        self,
        amqp_url: Address,
        position: Position,
        *,
        wanted: Callable[[str], bool] = lambda _: True,
        on_gap: Callable[[ClosedGap], None] = lambda _: None,
        on_lost: Callable[[BrokerUnavailable], None] = lambda _: None,
        fills_gaps: bool = True,
        gap_seconds: float = GAP_SECONDS,
        reply_seconds: float = 10.0,
        name: str = "antrean-client",
        fast_path: bool = True,
    ) -> None:
        self._amqp_url, self._name, self._fast_path = amqp_url, name, fast_path
        self._wanted, self._on_gap, self._on_lost = wanted, on_gap, on_lost
        self._fills_gaps, self._gap_seconds = fills_gaps, gap_seconds
        self._position = position
        self._ordering = Ordering(position)
        self._missed = MissedEvents(amqp_url, reply_seconds)
        self._attempts: dict[str, tuple[int, float]] = {}
        self._reader: JournalReader | None = None
        self._next: int | None = None

    @property
    def is_connected(self) -> bool:
        """Whether events would come now."""
        return self._reader is not None

    @property
    def late(self) -> int:
        """How many events have come behind a later one of their source, and were put in order."""
        return self._ordering.late

    @property
    def offset(self) -> int | None:
        """Which place of the stream is read next; None before the first is known."""
        return self._next

    @property
    def end(self) -> int | None:
        """Where the stream ended when it was last looked at; None before it was."""
        return None if self._reader is None else self._reader.end

    def batches(
        self,
        *,
        wait_seconds: float = 1.0,
        until: int | Literal["end"] | None = None,
        is_ready: Callable[[], bool] = lambda: True,
    ) -> Iterator[Batch]:
        """Batches without end; or `until` an offset of the stream, or its end as it is when the first one is
        asked for. One without events comes first, as soon as there is a connection, and about every
        `wait_seconds` where there are none, or where the caller is not `is_ready` for any.

        Raises BrokerUnavailable where the broker cannot be reached at first, BrokerRefused where it refuses
        this user, at any time, and SettingsError where the address cannot be used. A connection that is lost
        later is opened again, for as long as it takes.
        """
        try:
            yield from self._batches(wait_seconds, until, is_ready)
        finally:
            self.close()

    def _batches(
        self, wait_seconds: float, until: int | Literal["end"] | None, is_ready: Callable[[], bool]
    ) -> Iterator[Batch]:
        reader = self._connect()
        end = None if until is None else reader.end if until == "end" else min(until, reader.end)
        read_at = time.monotonic()
        yield Batch([], self._here(), False)
        while end is None or (self._next or 0) < end:
            try:
                if not is_ready():
                    reader.wait(wait_seconds)
                    yield Batch([], self._here(), False)
                    continue
                messages = reader.read(wait_seconds)
                if messages:
                    read_at = time.monotonic()
                elif end is not None and time.monotonic() - read_at > _IDLE_SECONDS:
                    # The stream may be another one now, or hold nothing behind the position.
                    end = min(end, reader.measure())
                    if self._next is None and not self._is_to_come(reader.last):
                        self._next = end
            except BrokerUnavailable as error:
                yield from self._reconnecting(error)
                reader = self._connected()
                continue
            events = self._given([each for each in messages if end is None or each.offset < end])
            if messages:
                self._next = messages[-1].offset + 1
            events += self._closed_gaps(self._gap_seconds)
            yield Batch(events, self._here(), self._next is not None and self._next >= reader.end)
        while self._ordering.is_waiting:
            yield Batch(self._closed_gaps(0), self._here(), True)

    def measure(self) -> None:
        """Looks where the stream ends now, which `end` tells then; takes a moment. Without a connection
        nothing changes."""
        if self._reader is not None:
            with suppress(BrokerUnavailable):  # reading raises it again
                self._reader.measure()

    def close(self) -> None:
        """Lets go of the connections; never raises."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()
        self._missed.close()

    def _connected(self) -> JournalReader:
        assert self._reader is not None
        return self._reader

    def _connect(self) -> JournalReader:
        start = self._position.start if self._next is None else self._next
        reader = JournalReader(address_now(self._amqp_url), start, self._name, fast_path=self._fast_path)
        self._reader = reader
        if isinstance(reader.start, int):
            self._next = reader.start
        return reader

    def _reconnecting(self, error: BrokerUnavailable) -> Iterator[Batch]:
        """Batches without events, until there is a connection again."""
        self._on_lost(error)
        pause = _RECONNECT_SECONDS_MIN
        while True:
            reader, self._reader = self._reader, None
            if reader is not None:
                reader.close()
            time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - keeps no secret
            pause = min(2 * pause, _RECONNECT_SECONDS_MAX)
            try:
                self._connect()
            except BrokerRefused as refused:
                # A node that starts has its users before it has its queues.
                if refused.refusal in _FINAL:
                    raise
            except BrokerUnavailable:
                pass
            else:
                return
            yield Batch([], self._here(), False)

    def _is_to_come(self, last: Message | None) -> bool:
        """Whether the stream surely holds something behind the position; `last` is its last message. A broker
        that is slow says nothing for as long as one that has nothing."""
        start = self._position.start
        if last is None or not isinstance(start, datetime):
            return last is not None
        try:
            return read_event(last.body).happened_at >= start + _CLOCKS_DIFFER_MAX
        except ValueError:
            return False

    def _given(self, messages: list[Message]) -> list[Event]:
        events: list[Event] = []
        now = time.monotonic()
        for message in messages:
            if message.routing_key.count(".") < _ROUTING_KEY_DOTS or not self._wanted(message.routing_key):
                continue
            try:
                event = read_event(message.body)
            except ValueError:
                continue  # none of ours, in a stream that operators can write to
            events += self._ordering.add(event, message.offset, now)
        return events

    def _closed_gaps(self, seconds: float) -> list[Event]:
        """What can be given since gaps were waited for long enough."""
        events: list[Event] = []
        if not self._ordering.is_waiting:
            return events
        now = time.monotonic()
        for gap in self._ordering.overdue(now, seconds):
            attempts, next_at = self._attempts.get(gap.source, (0, now))
            if now < next_at and seconds:
                continue
            found = self._look_up(gap)
            # Who follows waits for the answer, as long as there is room for what comes behind the gap.
            may_wait = attempts + 1 < LOOK_UPS_MAX or (seconds > 0 and not self._ordering.is_full)
            if found is None and may_wait:
                self._attempts[gap.source] = (attempts + 1, now + self._gap_seconds)
                continue
            self._attempts.pop(gap.source, None)
            self._tell(gap, len(found or ()))
            events += self._ordering.close(gap, found or ())
        return events

    def _look_up(self, gap: Gap) -> list[Event] | None:
        """The events of a gap; None where they cannot be had now."""
        if gap.after is None or not self._fills_gaps:
            return []
        try:
            return self._missed.between(gap.source, gap.after, gap.until)
        except (ProblemReply, BrokerRefused, NoQueue):
            return []
        except MessagingError:
            return None

    def _tell(self, gap: Gap, found: int) -> None:
        if gap.after is not None:
            missing = gap.until - gap.after - 1
            self._on_gap(ClosedGap(gap, found, "database" if found == missing else "lost"))

    def _here(self) -> Position:
        return self._position if self._next is None else self._ordering.position(self._next)
