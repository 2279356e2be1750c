"""Events in the stream of a broker, published as a worker does: for tests of those who read it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pika
from pika.adapters.blocking_connection import BlockingChannel

from antrean_client.journal import JournalReader
from common.domain.event_names import EventName
from common.messages.events import CONTENT_TYPE, Event, encode_event
from common.messaging.topology import EVENTS_EXCHANGE
from tests.deployment import connected

DAY = date(2026, 11, 23)
MORNING = datetime(2026, 11, 23, 1, tzinfo=UTC)


def source_of(clinic: str, hospital: str = "RSHS", day: date = DAY) -> str:
    """The source of a clinic's events."""
    return f"/hospitals/{hospital}/clinics/{clinic}/{day}"


def event(
    clinic: str,
    sequence: int,
    name: EventName = EventName.TICKET_REGISTERED,
    *,
    hospital: str = "RSHS",
    day: date = DAY,
    time: datetime | None = None,
) -> Event:
    """An event of a clinic's queue, a second after the one before it."""
    number = f"{clinic}-{sequence:03d}"
    data = {
        "number": sequence,
        "display_number": number,
        "status": "waiting",
        "lane": "regular",
        "room": None,
    }
    return encode_event(
        event_id=str(uuid4()),
        name=name,
        hospital=hospital,
        clinic=clinic,
        service_date=day,
        time=time or MORNING + timedelta(seconds=sequence),
        sequence=sequence,
        subject=number,
        data={**data, "room": None, "room_name": None, "waiting": sequence, "now_serving": None},
    )


def queues_of(count: int, clinics: Sequence[str]) -> list[Event]:
    """So many events, in turns of these clinics, each from its first one on."""
    return [event(clinics[at % len(clinics)], at // len(clinics) + 1) for at in range(count)]


def publish(amqp_url: str, events: Iterable[Event]) -> None:
    """Publishes events as the user of `amqp_url`; returns when the broker has all of them."""
    with connected(amqp_url) as connection:
        channel = connection.channel()
        *others, last = events
        for each in others:
            _publish(channel, each)
        channel.confirm_delivery()
        _publish(channel, last)  # the stream takes them in their order


def _publish(channel: BlockingChannel, event: Event) -> None:
    properties = pika.BasicProperties(
        content_type=CONTENT_TYPE, type=event.name, message_id=event.id, delivery_mode=2
    )
    channel.basic_publish(EVENTS_EXCHANGE, event.routing_key, event.body, properties)


def end_of_stream(amqp_url: str) -> int:
    """The offset behind the last event in the stream."""
    reader = JournalReader(amqp_url, "next")
    try:
        return reader.end
    finally:
        reader.close()
