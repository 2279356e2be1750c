"""Bad properties, headers and destinations of a message affect no other message."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pika
import pytest
from pika.exceptions import ChannelClosedByBroker

from common.messaging.topology import (
    DEAD_QUEUE,
    DESK_EXCHANGE,
    EVENTS_EXCHANGE,
    REGISTRAR_QUEUE,
    STATUS_QUEUE,
    TICKER_QUEUE,
    routing_keys,
)
from tests.broker import RunningBroker
from tests.deployment import CLINICS, HOSPITAL, MONDAY_MORNING, Deployment, Patient, connected
from tests.processes import SECONDS_MAX, eventually
from tests.workers.bad_bodies import BODIES, body
from tests.workers.bad_messages import (
    CLINIC,
    HEADERS,
    IDLE_TICKS,
    IGNORED,
    MALFORMED,
    NO_TICKS,
    REFUSED_BY_BROKER,
    RawHeaders,
    tick_body,
    tick_message,
)
from tests.workers.requester import REPLY_TO, Message, Requester, message, registration, requester
from tests.workers.surviving_workers import surviving_workers


@pytest.fixture(scope="module")
def deployment(
    broker: RunningBroker, module_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """Workers that must survive."""
    with surviving_workers(
        broker, module_database_url, tmp_path_factory.mktemp("bad-properties")
    ) as deployment:
        yield deployment


@pytest.fixture
def patient(deployment: Deployment) -> Iterator[Requester]:
    """A patient's connection, which the broker may close."""
    with requester(deployment) as connected_requester:
        yield connected_requester


def set_aside(deployment: Deployment) -> list[tuple[str, bytes]]:
    """Takes out all dead letters: the type and the body of each."""
    found: list[tuple[str, bytes]] = []
    with deployment.channel() as channel:
        while True:
            method, properties, body = channel.basic_get(DEAD_QUEUE, auto_ack=True)
            if method is None:
                return found
            assert properties is not None
            assert body is not None
            found.append((properties.type or "", body))


# --- properties ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        *(None, "", "registr", "REGISTER", "register ", "register\n", "registration", "problem", "x" * 255),
        *("list_hospitals", "clinic.tick", "call_next", "../register", b"\xff\xff"),
    ],
)
def test_a_type_that_registrars_do_not_know_is_refused(patient: Requester, name: Any) -> None:
    answer = patient.call(message("register", body(), type=name))

    assert answer.code == "unknown_request"
    assert "register" in answer.body["detail"]


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/xml", "application/json; charset=latin1", "application/gzip", "x" * 255],
)
def test_another_content_type_is_refused(patient: Requester, content_type: str) -> None:
    answer = patient.call(message("register", body(), content_type=content_type))

    assert answer.code == "invalid_request"


@pytest.mark.parametrize(
    "message_id", [None, "", "1", "not-a-uuid", "g" * 32, b"\xff\xfe", "7" * 200, "' OR 1=1", "7" * 31]
)
def test_a_message_id_that_is_no_uuid_is_refused(patient: Requester, message_id: Any) -> None:
    answer = patient.call(message("register", body(), message_id=message_id))

    assert answer.code == "invalid_request"
    assert "message_id" in answer.body["detail"]


@pytest.mark.parametrize("sent_at", [0, int((MONDAY_MORNING - timedelta(minutes=16)).timestamp())])
def test_a_registration_too_old_takes_no_number(patient: Requester, sent_at: int) -> None:
    assert patient.call(registration(CLINIC, timestamp=sent_at)).code == "request_expired"


@pytest.mark.parametrize("properties", IGNORED.values(), ids=IGNORED)
def test_other_properties_and_headers_are_ignored(patient: Requester, properties: dict[str, Any]) -> None:
    answer = patient.call(registration(CLINICS[1], **properties))

    assert answer.name == "ticket"
    assert answer.correlation_id == properties.get("correlation_id", answer.correlation_id)


def test_properties_that_are_not_utf8_are_as_good_as_none(patient: Requester) -> None:
    assert patient.call(message("register", body(), content_type=b"application/json")).name == "ticket"
    patient.send(registration(CLINICS[1], correlation_id=b"\xff\xfe"))
    assert patient.replies_to(registration(CLINICS[1], correlation_id=None))


@pytest.mark.parametrize("table", HEADERS.values(), ids=HEADERS)
def test_headers_that_cannot_be_read_are_as_good_as_none(patient: Requester, table: bytes) -> None:
    request = registration(CLINICS[2])
    given = {name: value for name, value in vars(request.properties).items() if value is not None}

    answer = patient.call(Message(request.body, RawHeaders(table, **given), request.routing_key))

    assert answer.name == "ticket"


@pytest.mark.parametrize("header", ["CC", "BCC"])
def test_a_copy_is_refused_by_those_who_do_not_know_the_request(patient: Requester, header: str) -> None:
    request = registration(CLINICS[2], headers={header: ["list_hospitals", "nowhere"]})
    patient.send(request)

    answers = patient.replies_to(request, 2)

    assert {answer.name if answer.name == "ticket" else answer.code for answer in answers} == {
        "ticket",
        "unknown_request",
    }


@pytest.mark.parametrize("milliseconds", ["0", "1"])
def test_a_request_that_expires_at_once_is_answered_or_dropped(
    deployment: Deployment, patient: Requester, milliseconds: str
) -> None:
    patient.send(registration(CLINICS[2], expiration=milliseconds))

    assert patient.call(registration(CLINICS[2])).name == "ticket"
    assert set_aside(deployment) == []


# --- what the broker itself refuses -----------------------------------------------------------------------


@pytest.mark.parametrize("properties", REFUSED_BY_BROKER.values(), ids=REFUSED_BY_BROKER)
def test_what_the_broker_refuses_closes_the_senders_channel_only(
    deployment: Deployment, patient: Requester, properties: dict[str, Any]
) -> None:
    with requester(deployment) as stranger, pytest.raises(ChannelClosedByBroker) as closed:
        stranger.call(registration(CLINICS[3], **properties))

    assert closed.value.reply_code == 406
    assert patient.call(registration(CLINICS[3])).name == "ticket"


@pytest.mark.parametrize("sent", [b"[" * 100_000 + b"]" * 100_000, b" " * 1_000_000], ids=["deep", "large"])
def test_a_body_beyond_all_limits_is_refused_by_the_broker_or_unread(
    deployment: Deployment, sent: bytes
) -> None:
    with requester(deployment) as stranger:
        try:
            refusal: int | str = stranger.call(message("register", sent)).code
        except ChannelClosedByBroker as closed:
            refusal = closed.reply_code

    assert refusal in (406, "message_too_large")  # the latter where a broker takes larger messages


@pytest.mark.parametrize(
    ("role", "exchange", "routing_key"),
    [
        ("patient", EVENTS_EXCHANGE, f"{HOSPITAL}.{CLINIC}.clinic.tick"),
        ("patient", DESK_EXCHANGE, "call_next"),
        ("patient", "", DEAD_QUEUE),
        ("patient", "amq.topic", "register"),
        ("desk", EVENTS_EXCHANGE, f"{HOSPITAL}.{CLINIC}.clinic.tick"),
        ("desk", "", TICKER_QUEUE),
        ("status", EVENTS_EXCHANGE, f"{HOSPITAL}.{CLINIC}.ticket.called"),
    ],
)
def test_nobody_publishes_where_they_may_not(
    broker: RunningBroker, deployment: Deployment, role: str, exchange: str, routing_key: str
) -> None:
    if not broker.has_roles:
        pytest.skip("this broker has one user for all")
    with (
        requester(deployment, deployment.urls[role]) as stranger,
        pytest.raises(ChannelClosedByBroker) as closed,
    ):
        stranger.call(Message(body(), registration(CLINIC).properties, routing_key, exchange))

    assert closed.value.reply_code == 403


# --- reply addresses --------------------------------------------------------------------------------------


def test_a_request_without_reply_to_is_carried_out(patient: Requester) -> None:
    somebody, clinic = Patient(), CLINICS[4]

    patient.send(registration(clinic, somebody, reply_to=None))

    assert patient.call(registration(clinic, somebody)).body["ticket"]["number"] == 1


@pytest.mark.parametrize("queue", [DEAD_QUEUE, TICKER_QUEUE, REGISTRAR_QUEUE, STATUS_QUEUE])
def test_a_reply_goes_to_no_queue(deployment: Deployment, patient: Requester, queue: str) -> None:
    patient.send(message("register", b"{}", reply_to=queue))
    assert patient.call(message("register", b"{}")).code == "invalid_request"  # answered after the other

    with deployment.channel() as channel:
        assert channel.queue_declare(queue, passive=True).method.message_count == 0
    assert len(patient.replies) == 1


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
        _, properties, _ = next(channel.consume(queue, auto_ack=True, inactivity_timeout=SECONDS_MAX))
        assert properties is not None
        assert properties.reply_to is not None
        return str(properties.reply_to)


@pytest.mark.parametrize("forge", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_reply_address_affects_no_other(
    patient: Requester, genuine_address: str, forge: Any
) -> None:
    patient.send(registration(CLINICS[5], reply_to=forge(genuine_address)))

    # Sent once: the reply to somebody else is not lost with the connection that it travels on.
    assert patient.call(registration(CLINICS[5])).name == "ticket"


def test_the_address_of_a_dead_client_affects_no_other(patient: Requester, genuine_address: str) -> None:
    somebody = Patient()
    patient.send(registration(CLINICS[6], somebody, reply_to=genuine_address))

    assert patient.call(registration(CLINICS[6], somebody)).code == "already_registered"
    assert len(patient.replies) == 1


def test_all_bad_addresses_at_once_among_good_requests(patient: Requester, genuine_address: str) -> None:
    malformed = [forge(genuine_address) for forge in MALFORMED.values()]
    addresses = [*malformed, DEAD_QUEUE, TICKER_QUEUE, None]
    bad = [message("register", sent, reply_to=to) for to in addresses for sent in (b"{}", body())]
    good = [registration(CLINICS[7]) for _ in range(20)]

    for request in [*good[:10], *bad, *good[10:]]:
        patient.send(request)

    assert {patient.replies_to(request)[0].body["number"] for request in good} == set(range(1, 21))


def test_no_connection_is_lost_by_bad_addresses(
    deployment: Deployment, patient: Requester, genuine_address: str
) -> None:
    for forge in MALFORMED.values():
        patient.send(registration(CLINICS[8], reply_to=forge(genuine_address)))
    assert patient.call(registration(CLINICS[8])).name == "ticket"

    assert "link lost" not in deployment.logs()
    assert "reply to an unknown node not sent" in deployment.logs(), (
        "the log says what an operator should know"
    )


# --- requests to the wrong workers, and what tickers get ----------------------------------------------------


def test_a_request_to_the_wrong_workers(patient: Requester) -> None:
    assert patient.call(message("list_hospitals", body(), type="register")).code == "unknown_request"


@pytest.mark.parametrize("name", routing_keys(DESK_EXCHANGE))
def test_nobody_carries_out_what_a_desk_asks_badly(deployment: Deployment, name: str) -> None:
    bodies = [b'{"clinic":"C01"}', *list(BODIES.values())[::20]]
    requests = [
        Message(sent, message(name, sent, type=kind).properties, name, DESK_EXCHANGE)
        for sent in bodies
        for kind in (name, "register", None)
    ]
    with requester(deployment, deployment.urls["desk"]) as desk:
        for request in requests:
            desk.send(request)
        answers = [desk.replies_to(request)[0] for request in requests]

    assert {answer.code for answer in answers} <= {"unknown_request", "invalid_request"}


@pytest.mark.parametrize("sent", [*list(NO_TICKS.values())[:3], tick_body()])
def test_what_a_desk_calls_a_tick_is_an_unknown_request(deployment: Deployment, sent: bytes) -> None:
    properties = message("call_next", sent, type="clinic.tick").properties
    with requester(deployment, deployment.urls["desk"]) as desk:
        asked = Message(sent, properties, "call_next", DESK_EXCHANGE)
        assert desk.call(asked).code == "unknown_request"
    assert set_aside(deployment) == []


def test_what_is_no_tick_is_set_aside(deployment: Deployment) -> None:
    with requester(deployment, deployment.urls["deploy"]) as stranger:
        for sent in NO_TICKS.values():
            stranger.send(tick_message(sent))
    eventually(lambda: deployment.ready(DEAD_QUEUE) >= len(NO_TICKS), "all are dead letters")

    assert sorted(set_aside(deployment)) == sorted(("clinic.tick", sent) for sent in NO_TICKS.values())


def test_a_tick_without_anything_to_do_changes_nothing(deployment: Deployment, patient: Requester) -> None:
    ticket = patient.call(registration(CLINIC)).body
    ticks = [tick_message(sent) for sent in IDLE_TICKS.values()]
    ticks += [tick_message(tick_body(id=str(uuid.uuid4()))) for _ in range(100)]
    with (
        requester(deployment, deployment.urls["deploy"]) as stranger,
        requester(deployment, deployment.urls["desk"]) as desk,
    ):
        for tick in ticks:
            stranger.send(tick)
        question = message("call_next", b"{}")
        last = Message(question.body, question.properties, question.routing_key, DESK_EXCHANGE)
        assert desk.call(last).code == "invalid_request"  # answered after all ticks

    assert set_aside(deployment) == []
    status = patient.call(message("ticket_status", {"ticket_codes": [ticket["ticket_code"]]}))
    assert status.body["tickets"][0]["number"] == ticket["number"]
