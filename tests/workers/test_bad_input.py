"""Whatever a stranger sends: it gets its documented answer or none, and harms nobody."""

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pika
import pytest
from sqlalchemy import func, select

from common.limits import BODY_BYTES_MAX
from common.messaging.topology import DEAD_QUEUE, DESK_EXCHANGE, REGISTRAR_QUEUE, STATUS_QUEUE, TICKER_QUEUE
from common.storage.engine import open_engine
from common.storage.tables import tickets
from tests.broker import RunningBroker
from tests.deployment import (
    CLINICS,
    CLOSED_CLINIC,
    HOSPITAL,
    MONDAY_MORNING,
    QUEUES,
    SMALL_CLINIC,
    SMALL_QUOTA,
    Deployment,
    Patient,
    connected,
    deployed,
)
from tests.workers.bad_messages import BODIES, CLINIC, HEADERS, LOOK_UPS, MALFORMED, RawHeaders, body
from tests.workers.requester import REPLY_TO, Message, Requester, message, registration, requester


@pytest.fixture(scope="module")
def deployment(
    broker: RunningBroker, module_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """One registrar, so that a later request is answered after an earlier one; and one of the others.

    Whatever was sent, they live on and have settled all of it in the end.
    """
    with deployed(broker, module_database_url, tmp_path_factory.mktemp("bad-input")) as deployment:
        deployment.start_together({"registrar": 1, "status": 1, "ticker": 1})
        yield deployment
        with requester(deployment) as last:
            assert last.ask(registration(CLINICS[9])).name == "ticket"
        assert [program.stop() for program in deployment.programs] == [0, 0, 0], deployment.logs()
        assert [deployment.ready(queue) for queue in (*QUEUES.values(), DEAD_QUEUE)] == [0, 0, 0, 0]


@pytest.fixture
def patient(deployment: Deployment) -> Iterator[Requester]:
    """A patient's connection."""
    with requester(deployment) as connected_requester:
        yield connected_requester


def cancellation(ticket_code: Any, **properties: Any) -> Message:
    """A request to give a ticket up."""
    return message("cancel", {"ticket_code": ticket_code}, **properties)


# --- bodies -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sent", BODIES.values(), ids=BODIES)
def test_a_body_that_is_no_registration_is_refused(patient: Requester, sent: bytes) -> None:
    answer = patient.ask(message("register", sent))

    assert answer.code == "invalid_request"
    assert answer.body["detail"]


def test_the_fields_to_correct_are_named_and_what_stood_in_them_is_not(patient: Requester) -> None:
    wrong = body(name="Wulandari\x07", date_of_birth="1953-07-99", Wulandari="RM0123456789AB")

    answer = patient.ask(message("register", wrong))

    assert {error["field"] for error in answer.body["errors"]} == {"name", "date_of_birth", ""}
    assert "Wulandari" not in json.dumps(answer.body)
    assert "1953" not in json.dumps(answer.body)


def test_a_body_too_large_is_refused_unread(patient: Requester) -> None:
    answer = patient.ask(message("register", b" " * BODY_BYTES_MAX + body()))

    assert answer.code == "message_too_large"


# --- properties ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [None, "", "registr", "REGISTER", "list_hospitals", "clinic.tick"])
def test_a_type_that_registrars_do_not_know_is_refused(patient: Requester, name: str | None) -> None:
    answer = patient.ask(message("register", body(), type=name))

    assert answer.code == "unknown_request"
    assert "register" in answer.body["detail"]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "application/json; charset=latin1"]
)
def test_another_content_type_is_refused(patient: Requester, content_type: str) -> None:
    answer = patient.ask(message("register", body(), content_type=content_type))

    assert answer.code == "invalid_request"


@pytest.mark.parametrize("message_id", [None, "", "1", "not-a-uuid", "g" * 32, b"\xff\xfe", "7" * 200])
def test_a_message_id_that_is_no_uuid_is_refused(patient: Requester, message_id: Any) -> None:
    answer = patient.ask(message("register", body(), message_id=message_id))

    assert answer.code == "invalid_request"
    assert "message_id" in answer.body["detail"]


def test_a_registration_too_old_takes_no_number(patient: Requester) -> None:
    sent_at = int((MONDAY_MORNING - timedelta(minutes=16)).timestamp())

    answer = patient.ask(registration(CLINIC, timestamp=sent_at))

    assert answer.code == "request_expired"


def test_a_moment_beyond_all_calendars_is_as_good_as_none(patient: Requester) -> None:
    answer = patient.ask(registration(CLINICS[1], timestamp=2**63))

    assert answer.name == "ticket"


def test_properties_that_are_not_utf8_are_as_good_as_none(patient: Requester) -> None:
    assert patient.ask(message("register", body(), type=b"\xff\xff")).code == "unknown_request"
    assert patient.ask(message("register", body(), content_type=b"application/json")).name == "ticket"
    patient.send(registration(CLINICS[1], correlation_id=b"\xff\xfe"))
    assert patient.answers_to(registration(CLINICS[1], correlation_id=None))


@pytest.mark.parametrize("table", HEADERS.values(), ids=HEADERS)
def test_headers_are_not_read(patient: Requester, table: bytes) -> None:
    request = registration(CLINICS[2])
    given = {name: value for name, value in vars(request.properties).items() if value is not None}

    answer = patient.ask(Message(request.body, RawHeaders(table, **given), request.routing_key))

    assert answer.name == "ticket"


# --- reply addresses --------------------------------------------------------------------------------------


def test_a_request_without_reply_to_is_carried_out(deployment: Deployment, patient: Requester) -> None:
    somebody, clinic = Patient(), CLINICS[3]

    patient.send(registration(clinic, somebody, reply_to=None))

    assert patient.ask(registration(clinic, somebody)).body["ticket"]["number"] == 1


@pytest.mark.parametrize("queue", [DEAD_QUEUE, TICKER_QUEUE, REGISTRAR_QUEUE, STATUS_QUEUE])
def test_a_reply_goes_to_no_queue(deployment: Deployment, patient: Requester, queue: str) -> None:
    patient.send(message("register", b"{}", reply_to=queue))
    assert patient.ask(message("register", b"{}")).code == "invalid_request"  # answered after the other

    with deployment.channel() as channel:
        assert channel.queue_declare(queue, passive=True).method.message_count == 0
    assert not any(answer.correlation_id is None for answer in patient.answers)


@pytest.fixture(scope="module")
def genuine_address(deployment: Deployment) -> str:
    """The direct reply-to address of a client, as its broker writes it."""
    with connected(deployment.urls["deploy"]) as connection:
        channel = connection.channel()
        queue = channel.queue_declare("antrean.test.address", exclusive=True).method.queue
        channel.queue_bind(queue, DESK_EXCHANGE, "address")
        channel.basic_consume(REPLY_TO, lambda *_: None, auto_ack=True)
        channel.basic_publish(
            DESK_EXCHANGE, "address", b"", pika.BasicProperties(reply_to=REPLY_TO), mandatory=True
        )
        _, properties, _ = next(channel.consume(queue, auto_ack=True, inactivity_timeout=10))
        assert properties is not None
        assert properties.reply_to is not None
        return str(properties.reply_to)


@pytest.mark.parametrize("forge", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_reply_address_harms_nobody(
    deployment: Deployment, patient: Requester, genuine_address: str, forge: Any
) -> None:
    patient.send(registration(CLINICS[4], reply_to=forge(genuine_address)))

    # For a node that is unknown the broker closes the connection that the replies travel on, and the reply
    # to somebody else may be lost with it: they ask again.
    assert patient.insist(registration(CLINICS[4])).name == "ticket"


# --- what is not there, and what is not allowed -----------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"hospital": "RSZZZ"}, "hospital_not_found"),
        ({"clinic": "ZZZ"}, "clinic_not_found"),
        ({"clinic": CLOSED_CLINIC}, "clinic_closed"),
    ],
)
def test_a_registration_where_there_is_none(patient: Requester, changes: dict[str, str], code: str) -> None:
    assert patient.ask(message("register", body(**changes))).code == code


def test_a_registration_past_the_quota(patient: Requester) -> None:
    for _ in range(SMALL_QUOTA):
        assert patient.ask(registration(SMALL_CLINIC)).name == "ticket"

    refused = patient.ask(registration(SMALL_CLINIC))

    assert refused.code == "quota_reached"
    assert refused.body["next_opening"] == "2026-11-24T00:00:00+07:00"


def test_another_request_with_an_id_that_was_used(patient: Requester) -> None:
    request_id, clinic = str(uuid.uuid4()), CLINICS[5]
    ticket = patient.ask(registration(clinic, message_id=request_id)).body

    other_patient = patient.ask(registration(clinic, message_id=request_id))
    other_request = patient.ask(cancellation(ticket["ticket_code"], message_id=request_id))
    other_form = patient.ask(registration(clinic, message_id=request_id.upper()))

    assert [each.code for each in (other_patient, other_request, other_form)] == ["request_id_reused"] * 3


def test_another_request_with_the_id_of_a_refused_one(patient: Requester) -> None:
    request_id = str(uuid.uuid4())
    assert patient.ask(registration(CLOSED_CLINIC, message_id=request_id)).code == "clinic_closed"

    assert patient.ask(registration(CLINICS[5], message_id=request_id)).code == "request_id_reused"


def test_a_patient_who_is_in_the_queue_already(patient: Requester) -> None:
    somebody, clinic = Patient(), CLINICS[6]
    ticket = patient.ask(registration(clinic, somebody)).body

    again = patient.ask(registration(clinic, somebody))
    other = Patient(somebody.medical_record_number)
    stranger = patient.ask(registration(clinic, other))

    assert again.code == "already_registered"
    assert again.body["ticket"]["ticket_code"] == ticket["ticket_code"]
    assert stranger.code == "medical_record_mismatch"
    assert "ticket" not in stranger.body
    assert ticket["display_number"] not in json.dumps(stranger.body)


@pytest.mark.parametrize(
    ("ticket_code", "code"),
    [
        ("7K3F-9QXM-2T5R", "ticket_not_found"),
        ("7K3F-9QXM", "invalid_request"),
        ("7K3F-9QXM-2T5U", "invalid_request"),
        ("７K3F-9QXM-2T5R", "invalid_request"),
        (1, "invalid_request"),
        (None, "invalid_request"),
    ],
)
def test_a_cancellation_of_no_ticket(patient: Requester, ticket_code: Any, code: str) -> None:
    assert patient.ask(cancellation(ticket_code)).code == code


def test_a_cancellation_of_a_cancelled_ticket(patient: Requester) -> None:
    ticket = patient.ask(registration(CLINICS[7])).body
    assert patient.ask(cancellation(ticket["ticket_code"])).body["status"] == "cancelled"

    assert patient.ask(cancellation(ticket["ticket_code"])).code == "not_cancellable"


@pytest.mark.parametrize(("name", "asked", "code"), LOOK_UPS.values(), ids=LOOK_UPS)
def test_a_look_up_of_nothing(patient: Requester, name: str, asked: dict[str, Any], code: str) -> None:
    assert patient.ask(message(name, asked)).code == code


def test_a_request_to_the_wrong_workers(deployment: Deployment, patient: Requester) -> None:
    to_responder = message("list_hospitals", body(), type="register")
    assert patient.ask(to_responder).code == "unknown_request"

    to_ticker = message("call_next", {"hospital": HOSPITAL, "clinic": CLINIC}, type="register")
    with requester(deployment, deployment.urls["desk"]) as desk:
        answer = desk.ask(Message(to_ticker.body, to_ticker.properties, "call_next", DESK_EXCHANGE))
    assert answer.code == "unknown_request"


# --- all of it together -------------------------------------------------------------------------------------


def test_every_kind_of_it_at_once_among_good_requests(
    deployment: Deployment, patient: Requester, genuine_address: str
) -> None:
    bad = [message("register", sent) for sent in BODIES.values()]
    bad += [message("register", body(), type=name) for name in (None, "registr", b"\xff")]
    bad += [message("register", body(), message_id=name) for name in (None, "1", b"\xff")]
    bad += [message(name, asked) for name, asked, _ in LOOK_UPS.values()]
    unanswerable = [
        message("register", b"{}", reply_to=forge(genuine_address)) for forge in MALFORMED.values()
    ]
    unanswerable += [message("register", b"{}", reply_to=queue) for queue in (DEAD_QUEUE, TICKER_QUEUE)]
    good = [registration(CLINICS[8]) for _ in range(20)]
    engine = open_engine(deployment.database_url)
    with engine.connect() as connection:
        before = connection.scalar(select(func.count()).select_from(tickets))

    for request in [*good[:10], *bad, *unanswerable, *good[10:]]:
        patient.send(request)
    numbers = {patient.insist(request).body["number"] for request in good}

    assert numbers == set(range(1, 21))
    with engine.connect() as connection:
        after = connection.scalar(select(func.count()).select_from(tickets))
    engine.dispose()
    assert (before or 0) + len(good) == after
    assert [program.exit_code for program in deployment.programs] == [None] * 3
