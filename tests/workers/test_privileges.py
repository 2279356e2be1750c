"""What a caller of one clinic must not do, tried on a real broker: all is refused, and nothing changes."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker
from sqlalchemy import select, update

from antrean_client.connection import user_of
from common.domain.event_names import EventName
from common.messages.problems import ProblemCode
from common.messaging import topology
from common.messaging.topology import DESK_EXCHANGE, EVENTS_EXCHANGE, PATIENT_EXCHANGE
from common.storage.catalog import take_version
from common.storage.engine import snapshot, transaction
from common.storage.tables import catalog_version, clinic_days, journal, metadata, staff
from tests.broker import RunningBroker
from tests.builders import catalog, clinic_table, hospital_table
from tests.database import opened
from tests.deployment import HOSPITAL, Deployment, Patient, connected, deployed
from tests.desk_requests import BODIES, KINDS
from tests.staff import duty, let_serve
from tests.workers.requester import Message, Requester, message, registration, requester

OWN, OTHER, OTHER_HOSPITAL = "C01", "C02", "RSUD"
ALWAYS = {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
NOT_THE_CALLERS = [name for name, kind in KINDS.items() if "caller" not in kind.roles]
SENT_BY, CAME_THROUGH = "x-antrean-user", "x-antrean-exchange"

WITHOUT_USER: list[tuple[str, dict[str, Any]]] = [
    ("list_hospitals", {}),
    ("list_clinics", {"hospital": HOSPITAL}),
    *BODIES.items(),
]


@pytest.fixture(scope="module")
def deployment(
    broker: RunningBroker, module_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """All workers. The desk's user is a caller of one clinic, in which somebody waits; so it is elsewhere."""
    if not broker.has_roles:
        pytest.skip("this broker has one user for all")
    clinics = [clinic_table(code, hours=ALWAYS, mode="desk", rooms=2) for code in (OWN, OTHER)]
    hospitals = [hospital_table(code, *clinics) for code in (HOSPITAL, OTHER_HOSPITAL)]
    directory = tmp_path_factory.mktemp("privileges")
    with deployed(broker, module_database_url, directory, catalog=catalog(*hospitals)) as deployment:
        _make_caller(deployment)
        deployment.start_together({"registrar": 1, "ticker": 1, "status": 1})
        with requester(deployment) as patient:
            for hospital in (HOSPITAL, OTHER_HOSPITAL):
                for clinic in (OWN, OTHER):
                    assert patient.call(registration(clinic, Patient(), hospital)).name == "ticket"
        before = kept(deployment)
        yield deployment
        # All of it could have been: what is the caller's own is done.
        with requester(deployment, deployment.urls["desk"]) as caller:
            assert caller.call(asking("call_next")).name == "desk_done"
        assert kept(deployment) != before


def _make_caller(deployment: Deployment) -> None:
    user = user_of(deployment.urls["desk"])
    assert user is not None
    with opened(deployment.database_url) as engine:
        with transaction(engine) as connection:
            values = {"active": False, "version": take_version(connection)}
            connection.execute(update(staff).values(**values))
        let_serve(engine, user, duty("caller", HOSPITAL, OWN))


def kept(deployment: Deployment) -> dict[str, list[str]]:
    """All that somebody could want to change: everything but what the clock does."""
    rows = {table.name: select(table) for table in metadata.sorted_tables}
    rows[journal.name] = select(journal).where(
        journal.c.number.is_not(None) | journal.c.operator.is_not(None)
    )
    columns = ("hospital", "clinic", "service_date", "last_number", "waiting", "now_serving")
    rows[clinic_days.name] = select(*(clinic_days.c[name] for name in columns))
    del rows[catalog_version.name]
    with opened(deployment.database_url) as engine, snapshot(engine) as connection:
        return {name: sorted(map(repr, connection.execute(each))) for name, each in rows.items()}


@pytest.fixture(autouse=True)
def _nothing_changes(deployment: Deployment) -> Iterator[None]:
    before = kept(deployment)
    yield
    assert kept(deployment) == before
    for queue in (*topology.DEAD_LETTER_QUEUES, *topology.QUARANTINES, *topology.QUARANTINES.values()):
        assert deployment.ready(queue) == 0


@pytest.fixture
def caller(deployment: Deployment) -> Iterator[Requester]:
    """The caller's connection."""
    with requester(deployment, deployment.urls["desk"]) as connected_requester:
        yield connected_requester


@pytest.fixture
def channel(deployment: Deployment) -> Iterator[BlockingChannel]:
    """A channel of the caller, which the broker may close."""
    with connected(deployment.urls["desk"]) as connection:
        opened_channel = connection.channel()
        opened_channel.confirm_delivery()
        yield opened_channel


def asking(name: str, hospital: str = HOSPITAL, clinic: str = OWN, **properties: Any) -> Message:
    """A request of a desk about this clinic."""
    place = {"hospital": hospital, "clinic": clinic} if name in BODIES else {}
    body = {**dict(WITHOUT_USER)[name], **place}
    sent = message(name, body, **properties)
    return Message(sent.body, sent.properties, name, DESK_EXCHANGE)


def codes(asked_by: Requester, requests: list[Message]) -> set[str]:
    """What the requests are answered with."""
    for request in requests:
        asked_by.send(request)
    return {asked_by.replies_to(request)[0].code for request in requests}


@pytest.mark.parametrize(("hospital", "clinic"), [(HOSPITAL, OTHER), (OTHER_HOSPITAL, OWN)])
def test_another_clinic(caller: Requester, hospital: str, clinic: str) -> None:
    requests = [asking(name, hospital, clinic) for name in BODIES]
    assert codes(caller, requests) == {ProblemCode.NOT_PERMITTED}


def test_what_is_not_a_callers(caller: Requester) -> None:
    assert {"close_clinic", "set_rooms", "desk_register"} <= {*NOT_THE_CALLERS}
    assert codes(caller, [asking(name) for name in NOT_THE_CALLERS]) == {ProblemCode.NOT_PERMITTED}


def test_without_a_name(deployment: Deployment) -> None:
    """Nor with one that only a header says, as workers write it."""
    headers = {SENT_BY: user_of(deployment.urls["desk"]), CAME_THROUGH: DESK_EXCHANGE}
    with connected(deployment.urls["desk"]) as connection:
        nobody = Requester(connection.channel(), deployment.ticket_codes)
        requests = [asking(name, headers=each) for name, _ in WITHOUT_USER for each in (None, headers)]
        assert codes(nobody, requests) == {ProblemCode.NOT_PERMITTED}


def test_another_name_in_a_header(caller: Requester) -> None:
    headers = {SENT_BY: "dewi", CAME_THROUGH: DESK_EXCHANGE}
    requests = [asking(name, headers=headers) for name in NOT_THE_CALLERS]
    assert codes(caller, requests) == {ProblemCode.NOT_PERMITTED}


@pytest.mark.parametrize("name", ["dewi", "deploy", "registrar", "patient", "", "DESK"])
def test_a_forged_name(channel: BlockingChannel, name: str) -> None:
    forged = asking("call_next", user_id=name)
    assert refusal(channel, lambda: _publish(channel, forged)) == 406


def _publish(channel: BlockingChannel, sent: Message) -> None:
    channel.basic_publish(sent.exchange, sent.routing_key, sent.body, sent.properties, mandatory=True)


def refusal(channel: BlockingChannel, attempt: Callable[[], object]) -> int:
    """The code with which the broker closes the channel."""
    with pytest.raises(ChannelClosedByBroker) as closed:
        attempt()
    assert channel.is_closed
    return int(closed.value.reply_code)


KEYS = [
    *topology.queues(),
    *topology.routing_keys(PATIENT_EXCHANGE),
    *topology.routing_keys(DESK_EXCHANGE),
    f"{HOSPITAL}.{OWN}.{EventName.CLINIC_TICK}",
]


@pytest.mark.parametrize("header", ["CC", "BCC"])
def test_copies_for_other_queues(deployment: Deployment, caller: Requester, header: str) -> None:
    """They leave the exchange for no queue that it does not lead to, and count there for what they are."""
    requests = [
        asking(name, HOSPITAL, clinic, headers={header: KEYS})
        for name, clinic in [
            *((each, OWN) for each in NOT_THE_CALLERS),
            ("call_next", OTHER),
            ("recall", OTHER),
        ]
    ]
    found = set()
    for request in requests:
        caller.send(request)
    for request in requests:
        found |= {each.code for each in caller.replies_to(request, 3)}
    assert found == {ProblemCode.NOT_PERMITTED, ProblemCode.UNKNOWN_REQUEST}
    assert deployment.ready(topology.STATUS_QUEUE) == deployment.ready(topology.REGISTRAR_QUEUE) == 0


def test_one_request_in_the_place_of_another(caller: Requester) -> None:
    """What a request is called decides, not by which routing key it came."""
    disguised = []
    for name in NOT_THE_CALLERS:
        request = asking(name)
        same_queue = [
            key
            for key, queue in topology.routing_keys(DESK_EXCHANGE).items()
            if queue == topology.routing_keys(DESK_EXCHANGE)[name]
        ]
        disguised += [
            Message(request.body, asking(name).properties, key, DESK_EXCHANGE) for key in same_queue
        ]
    assert codes(caller, disguised) == {ProblemCode.NOT_PERMITTED}


def test_ticks(caller: Requester) -> None:
    body = json.dumps(
        {"specversion": "1.0", "id": str(uuid4()), "type": "id.antrean.clinic.tick.v1"}
    ).encode()
    properties = [
        message("call_next", body, type=EventName.CLINIC_TICK, headers=each).properties
        for each in (None, {CAME_THROUGH: EVENTS_EXCHANGE})
    ]
    ticks = [Message(body, each, "call_next", DESK_EXCHANGE) for each in properties]
    assert codes(caller, ticks) == {ProblemCode.UNKNOWN_REQUEST}


@pytest.mark.parametrize(
    ("exchange", "routing_key"),
    [
        (PATIENT_EXCHANGE, "register"),
        (PATIENT_EXCHANGE, "ticket_status"),
        (EVENTS_EXCHANGE, f"{HOSPITAL}.{OWN}.{EventName.CLINIC_TICK}"),
        (EVENTS_EXCHANGE, f"{HOSPITAL}.{OWN}.ticket.called"),
        (topology.POISON_EXCHANGE, ""),
        ("amq.direct", "call_next"),
        ("amq.topic", "call_next"),
        ("amq.fanout", ""),
        ("amq.headers", ""),
        ("amq.rabbitmq.trace", ""),
        *(("", queue) for queue in topology.queues()),
    ],
)
def test_other_exchanges(channel: BlockingChannel, exchange: str, routing_key: str) -> None:
    request = asking("call_next", clinic=OTHER)
    sent = Message(request.body, request.properties, routing_key, exchange)
    assert refusal(channel, lambda: _publish(channel, sent)) == 403


ON_QUEUES: dict[str, Callable[[BlockingChannel, str], object]] = {
    "get": lambda channel, queue: channel.basic_get(queue),
    "consume": lambda channel, queue: channel.basic_consume(queue, lambda *_: None),
    "purge": lambda channel, queue: channel.queue_purge(queue),
    "delete": lambda channel, queue: channel.queue_delete(queue),
    "declare": lambda channel, queue: channel.queue_declare(queue, durable=True),
    "bind": lambda channel, queue: channel.queue_bind(queue, EVENTS_EXCHANGE, "#"),
    "unbind": lambda channel, queue: channel.queue_unbind(queue, DESK_EXCHANGE, "call_next"),
}


@pytest.mark.parametrize("queue", [*topology.queues(), "antrean.sub.siti", "loket"])
def test_queues(deployment: Deployment, queue: str) -> None:
    with connected(deployment.urls["desk"]) as connection:
        for name, attempt in ON_QUEUES.items():
            channel = connection.channel()
            is_there = queue in topology.queues()
            code = refusal(channel, lambda: attempt(channel, queue))  # noqa: B023 - called at once
            assert code == 403 or (code == 404 and not is_there), name


def test_queues_and_exchanges_of_ones_own(deployment: Deployment) -> None:
    attempts: list[Callable[[BlockingChannel], object]] = [
        lambda channel: channel.queue_declare("", exclusive=True),
        lambda channel: channel.queue_declare("amq.gen-loket"),
        lambda channel: channel.exchange_declare("loket"),
        lambda channel: channel.exchange_declare(DESK_EXCHANGE, "direct", durable=True),
        lambda channel: channel.exchange_delete(DESK_EXCHANGE),
        lambda channel: channel.exchange_bind(DESK_EXCHANGE, EVENTS_EXCHANGE, "#"),
        lambda channel: channel.exchange_bind(EVENTS_EXCHANGE, DESK_EXCHANGE, "call_next"),
    ]
    with connected(deployment.urls["desk"]) as connection:
        for attempt in attempts:
            channel = connection.channel()
            assert refusal(channel, lambda: attempt(channel)) == 403  # noqa: B023 - called at once


def test_looking_at_the_own_queue(caller: Requester) -> None:
    assert caller.call(asking("desk_queue")).name == "desk_queue"
    assert caller.call(asking("list_hospitals")).name == "hospitals"
