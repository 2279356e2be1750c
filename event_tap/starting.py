"""Where a run begins and ends, from the words on the command line."""

import re
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from antrean_client.connection import Address, address_now
from antrean_client.events import Event, read_event
from antrean_client.journal import JournalReader
from antrean_client.position import Position
from common.clock import Clock, SystemClock
from common.terminal.given_times import read_moment
from event_tap.session import EventNotFound

_AFTER: Final = re.compile(r"after\s+(\S{1,64})")
_OFFSET: Final = re.compile(r"\d{1,18}", re.ASCII)

_PUBLISHED_BEFORE_MAX: Final = timedelta(minutes=1)
"""How much earlier the broker may say that an event was published than its worker that it happened."""

_READ_SECONDS: Final = 2.0


class Beginning(NamedTuple):
    """Where to read from, and since when events are wanted; None for all that are read."""

    position: Position
    since: datetime | None = None


def beginning(text: str, clock: Clock, amqp_url: Address) -> Beginning:
    """What --from says: `first`, `now`, an offset, `after` the id of an event, or a moment.

    Raises UsageProblem where it is none of these, EventNotFound, and as JournalReader does.
    """
    if text == "first":
        return Beginning(Position.first())
    if text == "now":
        return Beginning(Position.now())
    if found := _AFTER.fullmatch(text):
        return Beginning(_behind(found[1], amqp_url))
    if _OFFSET.fullmatch(text):
        return Beginning(Position(int(text)))
    since = read_moment("--from", text, clock.now())
    # A demonstration's hospitals live in another time than their broker, which finds the place by its own.
    position = Position(since - _PUBLISHED_BEFORE_MAX) if isinstance(clock, SystemClock) else Position.first()
    return Beginning(position, since)


class Ending(NamedTuple):
    """Where to stop reading, None: where the stream ends; and before which moment events are wanted."""

    offset: int | None = None
    until: datetime | None = None


def ending(text: str | None, clock: Clock) -> Ending:
    """What --until says: an offset or a moment; raises UsageProblem where it is neither."""
    if text is None:
        return Ending()
    if _OFFSET.fullmatch(text):
        return Ending(offset=int(text))
    return Ending(until=read_moment("--until", text, clock.now()))


def _behind(event_id: str, amqp_url: Address) -> Position:
    """The position behind the event with this id: the whole stream may have to be read."""
    reader = JournalReader(address_now(amqp_url), "first", "antrean-events")
    try:
        offset = 0
        while offset < reader.end:
            for message in reader.read(_READ_SECONDS):
                offset = message.offset + 1
                if event_id.encode() in message.body and (event := read_event(message.body)).id == event_id:
                    return _after(event, offset)
    finally:
        reader.close()
    raise EventNotFound


def _after(event: Event, offset: int) -> Position:
    return Position(offset, {event.source: event.sequence})
