"""Events in the stream of a broker, as workers publish them: what is replayed, and caught up with."""

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pika

from antrean_client.journal import JournalReader
from benchmarks.system import BenchSystem, WorkerFailed
from common.domain.event_names import EventName
from common.messages.events import CONTENT_TYPE, Event, encode_event
from common.messaging.topology import EVENTS_EXCHANGE

_QUEUES = 50
_DAY = date(2026, 11, 23)
_MORNING = datetime(2026, 11, 23, 1, tzinfo=UTC)
_PUBLISHED_SECONDS_MAX = 120


def publish(amqp_url: str, events: Iterable[Event], *, one_by_one: bool = False) -> Iterator[Event]:
    """Puts events into the stream, each as it is taken from what is returned: `one_by_one` each when the
    broker has confirmed the one before, as on a quiet day, so that it writes each by itself."""
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        channel = connection.channel()
        if one_by_one:
            channel.confirm_delivery()
        for event in events:
            properties = pika.BasicProperties(
                content_type=CONTENT_TYPE, type=event.name, message_id=event.id, delivery_mode=2
            )
            channel.basic_publish(EVENTS_EXCHANGE, event.routing_key, event.body, properties)
            yield event


def fill(system: BenchSystem, events: Iterable[Event], *, one_by_one: bool = False) -> tuple[int, int]:
    """Publishes events, and waits until all are there: the offsets of the first one, and behind the last."""
    begin = _end(system)
    end = begin + sum(1 for _ in publish(system.urls["deploy"], events, one_by_one=one_by_one))
    until = time.monotonic() + _PUBLISHED_SECONDS_MAX
    while _end(system) < end:
        if time.monotonic() > until:
            raise WorkerFailed("The stream has not got all events.")
    return begin, end


def _end(system: BenchSystem) -> int:
    reader = JournalReader(system.urls["integrator"], "next")
    reader.close()
    return reader.end


def registrations(count: int, hospital: str = "RSHS", begin: int = 0) -> Iterator[Event]:
    """So many events from the number `begin` on, in turns of the queues of a hospital."""
    for at in range(begin, begin + count):
        clinic, sequence = f"C{at % _QUEUES:03d}", at // _QUEUES + 1
        number = f"{clinic}-{sequence:03d}"
        yield encode_event(
            event_id=str(uuid4()),
            name=EventName.TICKET_REGISTERED,
            hospital=hospital,
            clinic=clinic,
            service_date=_DAY,
            time=_MORNING + timedelta(milliseconds=50 * at),
            sequence=sequence,
            subject=number,
            data={
                "number": sequence,
                "display_number": number,
                "status": "waiting",
                "lane": "regular",
                "room": None,
                "room_name": None,
                "waiting": sequence,
                "now_serving": None,
            },
        )
