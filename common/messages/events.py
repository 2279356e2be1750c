"""The events that integrators subscribe to: CloudEvents 1.0 in structured JSON, on a topic exchange.

An event carries numbers and states, never a name, a date of birth, a medical record number or a ticket
code. Its routing key is `<hospital>.<clinic>.<entity>.<verb>`. Apart from ticks, events of one source (a
clinic on one service day) carry a `sequence` without gaps.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from cloudevents.core.bindings.rabbitmq import RabbitMQMessage, from_structured
from cloudevents.core.exceptions import BaseCloudEventException
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.spec import SPECVERSION_V1_0
from cloudevents.core.v1.event import CloudEvent
from pydantic_core import to_json

from antrean_client.tracing import Headers
from common.domain.absences import Absence
from common.domain.cancellations import Cancellation, CancelledBy
from common.domain.changes import Change
from common.domain.event_names import EventName
from common.domain.ticket_states import TicketState
from common.domain.tickets import display_number
from common.domain.visits import Neighbour
from common.messages.event_data import ClinicData, OtherTicket, TicketData

CONTENT_TYPE = "application/cloudevents+json"


TICK_ID_LENGTH_MAX = 64
"""The journal keeps the id of a tick, as the cause of what it changed."""

_FORMAT = JSONFormat()

# To look them up takes a fifth of the time that it takes to write them.
_TYPES = {name: f"id.antrean.{name}.v1" for name in EventName}
_DATA_SCHEMAS = {name: f"urn:antrean:schemas/{name}/1.json" for name in EventName}


class Event(NamedTuple):
    """An event as it is published and journaled; `body` is the encoded CloudEvent, `context` that of
    its trace, where there is one."""

    id: str
    name: EventName
    hospital: str
    clinic: str
    body: bytes
    context: Headers | None = None

    @property
    def type(self) -> str:
        """The CloudEvent type, such as `id.antrean.ticket.called.v1`."""
        return event_type(self.name)

    @property
    def routing_key(self) -> str:
        """Such as `RSHS.GIG.ticket.called`."""
        return f"{self.hospital}.{self.clinic}.{self.name}"


@dataclass(frozen=True, slots=True)
class Tick:
    """A signal that something in a clinic's queue is due on `service_date`."""

    id: str
    hospital: str
    clinic: str
    service_date: date


def event_type(name: EventName) -> str:
    """The CloudEvent type of an event's name."""
    return _TYPES[name]


def data_schema(name: EventName) -> str:
    """The URI of what the data of such events are: a name of the JSON Schema in docs/schemas, which for ever
    means the same. Data that differ by more than further members get another type, and another URI."""
    return _DATA_SCHEMAS[name]


def encode_event(
    *,
    event_id: str,
    name: EventName,
    hospital: str,
    clinic: str,
    service_date: date,
    time: datetime,
    sequence: int,
    subject: str,
    data: Mapping[str, object],
) -> Event:
    """The event `name` (such as `ticket.called`) of one clinic and service day."""
    attributes = {
        "id": event_id,
        "type": event_type(name),
        "source": _source(hospital, clinic, service_date),
        "subject": subject,
        "time": _timestamp(time),
        "datacontenttype": "application/json",
        "dataschema": data_schema(name),
        "sequence": f"{sequence:010d}",
        "specversion": SPECVERSION_V1_0,
        "data": data,
    }
    return Event(event_id, name, hospital, clinic, _encode(attributes))


def encode_change(change: Change, event_id: str, room_name: str | None = None) -> Event:
    """The event that tells of a change. Of a ticket it tells number, state, lane and room, who cancelled it,
    which members were corrected, why it was called out of turn, and behind how many it was put: no name of a
    person, and nothing that anybody wrote. `room_name` is what the room is called in which it happened."""
    hospital, clinic, service_date = change.clinic_day
    data: Any  # of the type that DATA_OF names
    if change.ticket is not None:
        subject = display_number(clinic, change.ticket.number)
        data = ticket_data(clinic, change.ticket, change.waiting, change.now_serving, room_name)
        data |= _cancellation_data(change.cancellation) | _visit_data(change)
        if change.out_of_turn is not None:
            data["out_of_turn"] = change.out_of_turn.value
        if change.places is not None:
            data["places"] = change.places
        if change.correction is not None:
            data["corrected"] = change.correction.members
    else:
        subject, data = clinic, clinic_data(clinic, change.waiting, change.now_serving)
        if change.absence is not None:
            data |= _absence_data(change.event, change.absence, room_name)
    return encode_event(
        event_id=event_id,
        name=change.event,
        hospital=hospital,
        clinic=clinic,
        service_date=service_date,
        time=change.at,
        sequence=change.sequence,
        subject=subject,
        data=data,
    )


def event_id_in(body: bytes) -> str:
    """The id of the event that was encoded as `body`."""
    return str(json.loads(body)["id"])


def ticket_data(
    clinic: str,
    ticket: TicketState,
    waiting: int,
    now_serving: int | None,
    room_name: str | None = None,
) -> TicketData:
    """What a ticket's event says: the ticket's state, and the queue's after the change."""
    return {
        "number": ticket.number,
        "display_number": display_number(clinic, ticket.number),
        "status": ticket.status.value,
        "lane": ticket.lane.value,
        "room": ticket.room,
        "room_name": room_name,
        **clinic_data(clinic, waiting, now_serving),
    }


def _cancellation_data(cancellation: Cancellation | None) -> dict[str, Any]:
    """Who cancelled a ticket and, where that is a code of the staff, why; nothing that anybody wrote."""
    if cancellation is None:
        return {}
    reason = cancellation.reason if cancellation.by is CancelledBy.STAFF else None
    return {
        "cancelled_by": cancellation.by.value,
        **({} if reason is None else {"cancel_reason": str(reason)}),
    }


def _visit_data(change: Change) -> dict[str, Any]:
    """Of a ticket that was sent on, or given out for one of the same visit: the other one, by its number."""
    return {
        name: value
        for member, other in (("sent_to", change.sent_to), ("sent_from", change.sent_from))
        if other is not None
        for name, value in (("visit", other.visit), (member, _other_ticket(other)))
    }


def _other_ticket(other: Neighbour) -> OtherTicket:
    _, clinic, service_date = other.clinic_day
    return {
        "clinic": clinic,
        "service_date": service_date.isoformat(),
        "display_number": display_number(clinic, other.number),
    }


def clinic_data(clinic: str, waiting: int, now_serving: int | None) -> ClinicData:
    """What a clinic's own event says of its queue."""
    return {
        "waiting": waiting,
        "now_serving": None if now_serving is None else display_number(clinic, now_serving),
    }


def _absence_data(event: EventName, absence: Absence, room_name: str | None) -> dict[str, Any]:
    """Which room is away, null for the whole clinic, why and until when; or which is back."""
    data: dict[str, Any] = {"room": absence.room, "room_name": room_name}
    if event is EventName.CLINIC_AWAY:
        data["reason"] = absence.reason.value
        data["until"] = None if absence.until is None else _timestamp(absence.until)
    return data


def encode_tick(tick: Tick, time: datetime) -> Event:
    """The tick as an event; it has no sequence, for it changes nothing by itself."""
    attributes = {
        "id": tick.id,
        "type": event_type(EventName.CLINIC_TICK),
        "source": _source(tick.hospital, tick.clinic, tick.service_date),
        "subject": tick.clinic,
        "time": _timestamp(time),
        "specversion": SPECVERSION_V1_0,
    }
    return Event(tick.id, EventName.CLINIC_TICK, tick.hospital, tick.clinic, _encode(attributes))


def decode_tick(body: bytes) -> Tick:
    """The tick that `encode_tick` encoded; raises ValueError where the body is none."""
    try:
        event = from_structured(RabbitMQMessage({}, CONTENT_TYPE, body), _FORMAT, CloudEvent)
        _, hospitals, hospital, clinics, clinic, day = event.get_source().split("/")
        tick = Tick(event.get_id(), hospital, clinic, date.fromisoformat(day))
        f"{tick.id}{hospital}{clinic}".encode()  # JSON can escape half a character; nothing else can hold it
    except (
        BaseCloudEventException,
        ExceptionGroup,
        RecursionError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
    ) as error:
        raise ValueError("not a clinic.tick event") from error
    if (hospitals, clinics, event.get_type()) != ("hospitals", "clinics", event_type(EventName.CLINIC_TICK)):
        raise ValueError("not a clinic.tick event")
    if len(tick.id) > TICK_ID_LENGTH_MAX:
        raise ValueError("the id of the clinic.tick event is too long")
    return tick


def _source(hospital: str, clinic: str, service_date: date) -> str:
    return f"/hospitals/{hospital}/clinics/{clinic}/{service_date.isoformat()}"


def _timestamp(time: datetime) -> str:
    text = time.isoformat()
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def _encode(attributes: dict[str, Any]) -> bytes:
    # The JSON of the library's `to_structured`, in a third of the time: without its checks of what is ours.
    return to_json(attributes)
