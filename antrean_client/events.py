"""What happens in the queues: an event as an integrator reads it.

Members and events that came after this version are taken as they are, as the protocol asks of its clients.
"""

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic_core import from_json, to_json


class Source(NamedTuple):
    """One clinic's queue of one service day: what a sequence counts for."""

    hospital: str
    clinic: str
    service_date: date

    @staticmethod
    @lru_cache(4096)
    def parse(text: str) -> "Source":
        """The source in `/hospitals/RSHS/clinics/GIG/2026-11-23`; raises ValueError."""
        parts = text.split("/")
        if len(parts) != 6 or (parts[0], parts[1], parts[3]) != ("", "hospitals", "clinics"):
            raise ValueError("not the source of an event")
        return Source(parts[2], parts[4], date.fromisoformat(parts[5]))


class Event(NamedTuple):
    """An event: `type` is the CloudEvent's (`id.antrean.ticket.called.v1`), `sequence` counts from 1 for each
    `source` without gaps, `time` is when it happened, in UTC, and `body` the CloudEvent as published."""

    id: str
    type: str
    source: str
    sequence: int
    subject: str
    time: str
    data: Mapping[str, Any]
    body: bytes

    @property
    def name(self) -> str:
        """Such as `ticket.called`."""
        return ".".join(self.type.split(".")[2:4])

    @property
    def happened_at(self) -> datetime:
        """Its `time` as a moment."""
        return datetime.fromisoformat(self.time)

    @property
    def queue(self) -> Source:
        """Hospital, clinic and service day of its `source`."""
        return Source.parse(self.source)


def read_event(body: bytes) -> Event:
    """The event in a message of the journal; raises ValueError where it is none that has a sequence."""
    return event_of(from_json(body, allow_inf_nan=False, cache_strings="keys"), body)


def event_of(attributes: Mapping[str, Any], body: bytes | None = None) -> Event:
    """The event with these attributes of a CloudEvent; raises ValueError where it has no sequence.

    Nothing that is read of an event later fails, whoever wrote it into the stream.
    """
    try:
        event_id, kind, source = attributes["id"], attributes["type"], attributes["source"]
        sequence, time = int(attributes["sequence"]), attributes["time"]
        subject, data = attributes.get("subject", ""), attributes.get("data") or {}
        texts = isinstance(event_id, str) and isinstance(kind, str) and isinstance(subject, str)
        moment = datetime.fromisoformat(time)
        Source.parse(source)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not an event with a sequence") from error
    if not texts or not isinstance(data, dict) or sequence < 1 or moment.tzinfo is None:
        raise ValueError("not an event with a sequence")
    body = to_json(attributes) if body is None else body
    return Event(event_id, kind, source, sequence, subject, time, data, body)
