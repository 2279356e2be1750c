"""What happens in the queues: an event as an integrator reads it.

Members and events that came after this version are taken as they are, as the protocol asks of its clients.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple


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
    return event_of(json.loads(body), body)


def event_of(attributes: Mapping[str, Any], body: bytes | None = None) -> Event:
    """The event with these attributes of a CloudEvent; raises ValueError where it has no sequence."""
    try:
        return Event(
            attributes["id"],
            attributes["type"],
            attributes["source"],
            int(attributes["sequence"]),
            attributes.get("subject", ""),
            attributes["time"],
            attributes.get("data") or {},
            json.dumps(attributes).encode() if body is None else body,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not an event with a sequence") from error
