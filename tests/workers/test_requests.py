"""What a client in any language gets: requests in, replies and events out, as docs/protocol.md says."""

import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime

import pytest

from antrean_client.journal import JournalReader
from antrean_client.journal_deliveries import Message
from tests.broker import RunningBroker
from tests.deployment import (
    CLINICS,
    CLOSED_CLINIC,
    HOSPITAL,
    TICKET_FIELDS,
    Deployment,
    Patient,
    deployed,
    personal_data_in,
    ticket_codes_in,
)
from tests.processes import SECONDS_MAX, eventually
from tests.workers.event_tap import EventTap, distinct_events, event_tap
from tests.workers.requester import Requester, message, registration, requester


@pytest.fixture(scope="module")
def deployment(
    broker: RunningBroker, module_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """A registrar and a status responder; nobody is called."""
    with deployed(broker, module_database_url, tmp_path_factory.mktemp("requests")) as deployment:
        deployment.start_together({"registrar": 1, "status": 1})
        yield deployment


@pytest.fixture
def patient(deployment: Deployment) -> Iterator[Requester]:
    """A patient's connection."""
    with requester(deployment) as connected_requester:
        yield connected_requester


@pytest.fixture
def tap(deployment: Deployment) -> Iterator[EventTap]:
    """All events of one test."""
    with event_tap(deployment) as tap:
        yield tap


def test_a_registration_is_answered_by_a_ticket(patient: Requester) -> None:
    request = registration(CLINICS[0])

    answer = patient.call(request)

    assert (answer.name, answer.content_type) == ("ticket", "application/json")
    assert answer.correlation_id == request.properties.correlation_id
    ticket = answer.body
    assert ticket.keys() == {*TICKET_FIELDS, "visit"}
    assert (ticket["number"], ticket["display_number"]) == (1, f"{CLINICS[0]}-001")
    assert (ticket["hospital"], ticket["clinic"]) == (HOSPITAL, CLINICS[0])
    assert (ticket["service_date"], ticket["status"]) == ("2026-11-23", "waiting")
    assert (ticket["people_ahead"], ticket["now_serving"], ticket["called_at"]) == (0, None, None)
    registered_at = datetime.fromisoformat(ticket["registered_at"])
    assert f"{registered_at:%H %z}" == "10 +0700"


def test_the_estimate_grows_with_the_queue(patient: Requester) -> None:
    clinic = CLINICS[1]
    first, second, third = (patient.call(registration(clinic)).body for _ in range(3))

    assert [each["people_ahead"] for each in (first, second, third)] == [0, 1, 2]
    assert second["estimated_wait_seconds"] == 600
    assert third["estimated_wait_seconds"] == 1200
    moments = [
        datetime.fromisoformat(third[name])
        for name in ("registered_at", "earliest_call_at", "estimated_call_at", "latest_call_at")
    ]
    assert moments == sorted(moments)


def test_a_cancellation_is_answered_by_the_ticket(patient: Requester) -> None:
    clinic = CLINICS[2]
    given_up, behind = (patient.call(registration(clinic)).body for _ in range(2))
    typed = given_up["ticket_code"].lower().replace("-", " ")

    answer = patient.call(message("cancel", {"ticket_code": typed}))

    assert answer.name == "ticket"
    assert answer.body.keys() == {*TICKET_FIELDS, "visit"}
    assert answer.body["ticket_code"] == given_up["ticket_code"]
    assert (answer.body["status"], answer.body["people_ahead"]) == ("cancelled", None)
    status = patient.call(message("ticket_status", {"ticket_codes": [behind["ticket_code"]]}))
    assert status.body["tickets"][0]["people_ahead"] == 0
    assert patient.call(registration(clinic)).body["number"] == 3


def test_a_cancelled_patient_can_register_again(patient: Requester) -> None:
    somebody, clinic = Patient(), CLINICS[3]
    ticket = patient.call(registration(clinic, somebody)).body
    patient.call(message("cancel", {"ticket_code": ticket["ticket_code"]}))

    again = patient.call(registration(clinic, somebody)).body

    assert again["number"] == 2
    assert again["ticket_code"] != ticket["ticket_code"]


def test_a_request_sent_again_gets_the_same_answer(patient: Requester, tap: EventTap) -> None:
    clinic = CLINICS[4]
    request = registration(clinic)
    first = patient.call(request).body
    cancellation = message("cancel", {"ticket_code": first["ticket_code"]})

    patient.send(request)
    again = patient.replies_to(request, 2)[1].body
    cancelled = patient.call(cancellation).body
    patient.send(cancellation)
    cancelled_again = patient.replies_to(cancellation, 2)[1].body

    lasting = TICKET_FIELDS - {"estimated_call_at", "earliest_call_at", "latest_call_at"}
    assert {name: again[name] for name in lasting} == {name: first[name] for name in lasting}
    assert cancelled == cancelled_again
    tap.until(lambda: len(tap.of(clinic)) == 4, "every answer repeats its event")
    assert [event.name for event in distinct_events(tap.of(clinic))] == [
        "ticket.registered",
        "ticket.cancelled",
    ]


def test_a_refusal_sent_again_is_the_same(patient: Requester) -> None:
    request = registration(CLOSED_CLINIC)

    patient.send(request)
    patient.send(request)
    first, second = patient.replies_to(request, 2)

    assert first.code == "clinic_closed"
    assert first.body == second.body
    assert first.body.keys() == {"type", "title", "detail", "code", "errors", "next_opening", "zone"}
    assert first.body["next_opening"] == "2026-11-29T08:00:00+07:00"


def test_the_hospitals(patient: Requester) -> None:
    answer = patient.call(message("list_hospitals", {}))

    assert answer.name == "hospitals"
    (hospital,) = answer.body["hospitals"]
    assert hospital == {
        "code": HOSPITAL,
        "name": f"RSUP {HOSPITAL}",
        "city": "Bandung",
        "time_zone": "Asia/Jakarta",
        "open_clinics": len(CLINICS) + 2,  # with the small one and the evening one
    }


def test_the_clinics_of_a_hospital(patient: Requester) -> None:
    clinic = CLINICS[5]
    patient.call(registration(clinic))

    answer = patient.call(message("list_clinics", {"hospital": HOSPITAL}))
    only_open = patient.call(message("list_clinics", {"hospital": HOSPITAL, "open_only": True}))

    assert answer.name == "clinics"
    found = {each["code"]: each for each in answer.body["clinics"]}
    assert found[clinic] == {
        "code": clinic,
        "name": f"Poli {clinic}",
        "is_open": True,
        "opens_at": "2026-11-23T00:00:00+07:00",
        "closes_at": "2026-11-24T00:00:00+07:00",
        "waiting": 1,
        "now_serving": None,
        "estimated_wait_seconds": 600,
        "shortest_wait_seconds": 600,
        "longest_wait_seconds": 600,
        "day_may_end_first": False,
        "quota_left": 999,
        "next_opening": None,
        "closed_reason": None,
        "zone": "WIB",
        "absences": None,
    }
    assert found[CLOSED_CLINIC]["is_open"] is False
    assert found[CLOSED_CLINIC]["next_opening"] == "2026-11-29T08:00:00+07:00"
    assert {each["code"] for each in only_open.body["clinics"]} == found.keys() - {CLOSED_CLINIC}


def test_the_tickets_asked_for(patient: Requester) -> None:
    clinic = CLINICS[6]
    codes = [patient.call(registration(clinic)).body["ticket_code"] for _ in range(3)]
    asked = [codes[2], "7K3F-9QXM-2T5R", codes[0].lower(), codes[2]]

    answer = patient.call(message("ticket_status", {"ticket_codes": asked}))

    assert answer.name == "tickets"
    assert [ticket["ticket_code"] for ticket in answer.body["tickets"]] == [codes[2], codes[0]]
    assert [ticket["people_ahead"] for ticket in answer.body["tickets"]] == [2, 0]
    assert all(ticket.keys() == TICKET_FIELDS for ticket in answer.body["tickets"])
    assert answer.body["not_found"] == ["7K3F-9QXM-2T5R"]


def test_the_queue_of_a_clinic_in_numbers(patient: Requester) -> None:
    clinic = CLINICS[7]
    people = [Patient() for _ in range(7)]
    for somebody in people:
        patient.call(registration(clinic, somebody))

    answer = patient.call(message("clinic_queue", {"hospital": HOSPITAL, "clinic": clinic}))

    assert answer.name == "clinic_queue"
    assert answer.body == {
        "hospital": HOSPITAL,
        "hospital_name": f"RSUP {HOSPITAL}",
        "clinic": clinic,
        "clinic_name": f"Poli {clinic}",
        "service_date": "2026-11-23",
        "is_open": True,
        "now_serving": None,
        "in_rooms": [],
        "rooms": [],
        "next": [f"{clinic}-00{number}" for number in range(1, 6)],
        "waiting": 7,
        "absences": None,
        "sequence": 7,
    }


def test_events_tell_what_happened_and_nobody_to_whom(
    deployment: Deployment, patient: Requester, tap: EventTap
) -> None:
    clinic = CLINICS[8]
    request = registration(clinic)
    tickets = [patient.call(request).body, *(patient.call(registration(clinic)).body for _ in range(4))]
    patient.call(message("cancel", {"ticket_code": tickets[1]["ticket_code"]}))

    tap.until(lambda: len(tap.of(clinic)) == 6, "six events")

    events = tap.of(clinic)
    assert [event.routing_key for event in events] == [
        *[f"{HOSPITAL}.{clinic}.ticket.registered"] * 5,
        f"{HOSPITAL}.{clinic}.ticket.cancelled",
    ]
    assert [event.sequence for event in events] == [1, 2, 3, 4, 5, 6]
    assert {event.content_type for event in events} == {"application/cloudevents+json"}
    first = dict(events[0].body)
    assert first.pop("id") == events[0].message_id
    assert len({event.message_id for event in events}) == len(events)
    assert request.properties.message_id not in "".join(event.raw for event in events)
    assert datetime.fromisoformat(first.pop("time")).tzinfo is not None
    assert first == {
        "specversion": "1.0",
        "type": "id.antrean.ticket.registered.v1",
        "source": f"/hospitals/{HOSPITAL}/clinics/{clinic}/2026-11-23",
        "subject": f"{clinic}-001",
        "datacontenttype": "application/json",
        "dataschema": "urn:antrean:schemas/ticket.registered/1.json",
        "sequence": "0000000001",
        "data": {
            "number": 1,
            "display_number": f"{clinic}-001",
            "status": "waiting",
            "lane": "regular",
            "room": None,
            "room_name": None,
            "waiting": 1,
            "now_serving": None,
        },
    }
    assert events[-1].body["data"]["status"] == "cancelled"
    assert events[-1].body["data"]["waiting"] == 4
    everything = "".join(event.raw for event in tap.seen()) + deployment.logs()
    assert not personal_data_in(everything)
    assert not ticket_codes_in(everything, deployment.ticket_codes)


def test_the_journal_keeps_the_events(deployment: Deployment, patient: Requester) -> None:
    """Read by our own reader: when pika's `BlockingConnection` closes, it gives back what it has not
    handed over, which a stream refuses."""
    clinic = CLINICS[9]
    request_id = str(uuid.uuid4())
    kept: list[Message] = []
    with closing(JournalReader(deployment.urls["deploy"], "first")) as reader:
        patient.call(registration(clinic, message_id=request_id))

        def registered() -> bool:
            kept.extend(reader.read(SECONDS_MAX))
            return any(m.routing_key == f"{HOSPITAL}.{clinic}.ticket.registered" for m in kept)

        eventually(registered, "the stream has the event")
    assert request_id.encode() not in b"".join(message.body for message in kept)
