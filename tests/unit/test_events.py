"""Events as integrators receive them: valid CloudEvents, without a patient's data."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from cloudevents.core.bindings.rabbitmq import RabbitMQMessage, from_structured, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from common.domain.event_names import EventName
from common.domain.lanes import Lane
from common.domain.ticket_states import TicketState, TicketStatus
from common.messages.events import (
    CONTENT_TYPE,
    TICK_ID_LENGTH_MAX,
    Event,
    Tick,
    clinic_data,
    decode_tick,
    encode_event,
    encode_tick,
    ticket_data,
)

MONDAY = date(2026, 11, 23)
MEMBERS = {"number", "display_number", "status", "lane", "room", "room_name", "waiting", "now_serving"}
NINE = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TICK = Tick("0198c0de-0000-7000-8000-000000000001", "RSHS", "GIG", MONDAY)


def registered() -> Event:
    """The event of the design's example."""
    return encode_event(
        event_id="0198c0de-0000-7000-8000-000000000002",
        name=EventName.TICKET_REGISTERED,
        hospital="RSHS",
        clinic="GIG",
        service_date=MONDAY,
        time=NINE,
        sequence=42,
        subject="GIG-017",
        data=ticket_data("GIG", TicketState(17, TicketStatus.WAITING, Lane.REGULAR), 5, 12),
    )


def as_integrators_read(event: Event) -> CloudEvent:
    """The event as the CloudEvents library reads it; it refuses what does not conform."""
    message = RabbitMQMessage({}, CONTENT_TYPE, event.body)
    read = from_structured(message, JSONFormat(), CloudEvent)
    assert isinstance(read, CloudEvent)
    return read


def test_an_event_is_written_as_the_design_writes_it() -> None:
    assert json.loads(registered().body) == {
        "specversion": "1.0",
        "id": "0198c0de-0000-7000-8000-000000000002",
        "type": "id.antrean.ticket.registered.v1",
        "source": "/hospitals/RSHS/clinics/GIG/2026-11-23",
        "subject": "GIG-017",
        "time": "2026-11-23T02:00:00Z",
        "datacontenttype": "application/json",
        "dataschema": "urn:antrean:schemas/ticket.registered/1.json",
        "sequence": "0000000042",
        "data": {
            "number": 17,
            "display_number": "GIG-017",
            "status": "waiting",
            "lane": "regular",
            "room": None,
            "room_name": None,
            "waiting": 5,
            "now_serving": "GIG-012",
        },
    }


def test_an_event_is_a_valid_cloudevent() -> None:
    read = as_integrators_read(registered())
    assert (read.get_specversion(), read.get_type()) == ("1.0", "id.antrean.ticket.registered.v1")
    assert (read.get_source(), read.get_subject()) == ("/hospitals/RSHS/clinics/GIG/2026-11-23", "GIG-017")
    assert read.get_time() == NINE
    assert read.get_extension("sequence") == "0000000042"


codes = st.from_regex(r"[A-Z0-9]{2,10}", fullmatch=True)
moments = st.datetimes(
    timezones=st.just(UTC)
    | st.integers(-86399, 86399).map(lambda seconds: timezone(timedelta(seconds=seconds)))
)
texts = st.text(min_size=1, max_size=40)


@given(
    texts,
    st.sampled_from(EventName),
    codes,
    codes,
    st.dates(),
    moments,
    st.integers(0, 10**12),
    texts,
    st.dictionaries(texts, st.none() | st.integers() | texts),
)
def test_an_event_is_written_as_the_cloudevents_library_writes_it(
    event_id: str,
    name: EventName,
    hospital: str,
    clinic: str,
    day: date,
    moment: datetime,
    sequence: int,
    subject: str,
    data: dict[str, Any],
) -> None:
    event = encode_event(
        event_id=event_id,
        name=name,
        hospital=hospital,
        clinic=clinic,
        service_date=day,
        time=moment,
        sequence=sequence,
        subject=subject,
        data=data,
    )
    attributes = {
        "id": event_id,
        "type": event.type,
        "source": f"/hospitals/{hospital}/clinics/{clinic}/{day}",
        "subject": subject,
        "time": moment,
        "datacontenttype": "application/json",
        "dataschema": f"urn:antrean:schemas/{name}/1.json",
        "sequence": f"{sequence:010d}",
    }
    assert json.loads(event.body) == json.loads(
        to_structured(CloudEvent(attributes, data), JSONFormat()).body
    )


@given(texts, codes, codes, st.dates(), moments)
def test_so_is_a_tick(tick_id: str, hospital: str, clinic: str, day: date, moment: datetime) -> None:
    event = encode_tick(Tick(tick_id, hospital, clinic, day), moment)
    attributes = {
        "id": tick_id,
        "type": event.type,
        "source": f"/hospitals/{hospital}/clinics/{clinic}/{day}",
        "subject": clinic,
        "time": moment,
    }
    assert json.loads(event.body) == json.loads(to_structured(CloudEvent(attributes), JSONFormat()).body)


def test_sequences_are_in_order_as_texts_too() -> None:
    """The CloudEvents `sequence` extension is compared as a text."""
    texts = [_sequence(number) for number in (1, 9, 10, 99, 100, 10_000)]
    assert texts == sorted(texts)


def test_an_event_travels_under_its_hospital_and_clinic() -> None:
    assert registered().routing_key == "RSHS.GIG.ticket.registered"
    assert encode_tick(TICK, NINE).routing_key == "RSHS.GIG.clinic.tick"


@pytest.mark.parametrize(
    "data",
    [
        ticket_data("GIG", TicketState(17, TicketStatus.CALLED, Lane.PRIORITY, 2), 5, None, "Loket A"),
        clinic_data("GIG", 5, 12),
    ],
)
def test_an_event_s_data_are_numbers_and_states_only(data: dict[str, Any]) -> None:
    assert set(data) <= MEMBERS
    event = encode_event(
        event_id="1.0",
        name=EventName.TICKET_CALLED,
        hospital="RSHS",
        clinic="GIG",
        service_date=MONDAY,
        time=NINE,
        sequence=1,
        subject="GIG-017",
        data=data,
    )
    assert set(json.loads(event.body)) == {
        "specversion",
        "id",
        "type",
        "source",
        "subject",
        "time",
        "datacontenttype",
        "dataschema",
        "sequence",
        "data",
    }


def test_a_tick_arrives_as_it_was_sent() -> None:
    assert decode_tick(encode_tick(TICK, NINE).body) == TICK


def test_a_tick_has_neither_sequence_nor_data() -> None:
    read = as_integrators_read(encode_tick(TICK, NINE))
    assert read.get_type() == "id.antrean.clinic.tick.v1"
    assert read.get_time() == NINE
    assert read.get_extension("sequence") is None
    assert read.get_data() is None


def changed_tick(**changes: Any) -> bytes:
    """A tick with other attributes; None takes one away."""
    attributes = {**json.loads(encode_tick(TICK, NINE).body), **changes}
    return json.dumps({name: value for name, value in attributes.items() if value is not None}).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"17",
        b'"tick"',
        b"{}",
        b"{",
        b"\xff",
        b"[" * 100_000,
        registered().body,
        changed_tick(type=None),
        changed_tick(type="id.antrean.clinic.tick.v2"),
        changed_tick(type=7),
        changed_tick(source=None),
        changed_tick(source=""),
        changed_tick(source=["RSHS", "GIG"]),
        changed_tick(source="/hospitals/RSHS/clinics/GIG"),
        changed_tick(source="/hospitals/RSHS/clinics/GIG/2026-11-23/more"),
        changed_tick(source="/hospitals/RSHS/clinics/GIG/today"),
        changed_tick(source="/hospitals/RSHS/clinics/GIG/2026-02-30"),
        changed_tick(source="/clinics/RSHS/hospitals/GIG/2026-11-23"),
        changed_tick(source="/hospitals/RSHS/clinics/\ud800/2026-11-23"),
        changed_tick(id=""),
        changed_tick(id="\ud800"),
        changed_tick(id=7),
        changed_tick(specversion="2.0"),
        changed_tick(time="yesterday"),
    ],
)
def test_what_is_no_tick_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"^not a clinic\.tick event$"):
        decode_tick(body)


def test_a_tick_whose_id_the_journal_cannot_keep_is_refused() -> None:
    assert decode_tick(changed_tick(id="x" * TICK_ID_LENGTH_MAX)).id == "x" * TICK_ID_LENGTH_MAX
    with pytest.raises(ValueError, match=r"^the id of the clinic\.tick event is too long$"):
        decode_tick(changed_tick(id="x" * (TICK_ID_LENGTH_MAX + 1)))


@given(st.binary(max_size=100) | st.text(max_size=100).map(lambda text: json.dumps(text).encode()))
def test_no_body_is_taken_for_a_tick_or_fails_otherwise(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"^not a clinic\.tick event$"):
        decode_tick(body)


def _sequence(number: int) -> str:
    event = encode_event(
        event_id="1.0",
        name=EventName.CLINIC_OPENED,
        hospital="RSHS",
        clinic="GIG",
        service_date=MONDAY,
        time=NINE,
        sequence=number,
        subject="GIG",
        data=clinic_data("GIG", 0, None),
    )
    text: str = json.loads(event.body)["sequence"]
    return text
