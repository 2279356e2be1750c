"""Status responders answer the desks' look-ups, without tickers and only for desks."""

from collections.abc import Iterator

import pytest

from admin_cli.broker.inspection import inspecting
from admin_cli.broker.permissions import permission_faults
from common.messaging import topology
from tests.broker import RunningBroker
from tests.deployment import CLINICS, HOSPITAL, Deployment, connected, deployed
from tests.desk_requests import BODIES
from tests.workers.requester import Message, Requester, message, registration, requester


@pytest.fixture(scope="module")
def deployment(
    broker: RunningBroker, module_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """A registrar and a status responder, and no ticker."""
    with deployed(broker, module_database_url, tmp_path_factory.mktemp("desk-look-ups")) as deployment:
        deployment.start_together({"registrar": 1, "status": 1})
        yield deployment


@pytest.fixture
def desk(deployment: Deployment) -> Iterator[Requester]:
    """A desk's connection."""
    with requester(deployment, deployment.urls["desk"]) as connected_requester:
        yield connected_requester


def look_up(name: str, exchange: str = topology.DESK_EXCHANGE, **body: object) -> Message:
    """What a desk asks about a clinic."""
    about = {"hospital": HOSPITAL, "clinic": CLINICS[0], **body}
    asked = message(name, about, delivery_mode=1, message_id=None)
    return Message(asked.body, asked.properties, asked.routing_key, exchange)


def test_without_a_ticker_a_desk_sees_its_queue(deployment: Deployment, desk: Requester) -> None:
    with requester(deployment) as patient:
        assert patient.call(registration(CLINICS[0])).name == "ticket"
    seen = desk.call(look_up("desk_queue"))
    assert (seen.name, seen.body["waiting_count"]) == ("desk_queue", 1)
    assert seen.body["waiting"][0]["patient_name"] is None
    assert desk.call(look_up("clinic_report")).body["total"]["registered"] == 1
    hospitals = message("list_hospitals", {})
    asked = Message(hospitals.body, hospitals.properties, hospitals.routing_key, topology.DESK_EXCHANGE)
    assert desk.call(asked).name == "hospitals"


def test_the_same_question_of_many_desks_is_answered_to_each(desk: Requester) -> None:
    asked = [look_up("desk_queue", with_names=True) for _ in range(8)]
    asked += [look_up("desk_queue"), look_up("desk_queue", clinic="NIHIL")]
    for each in asked:
        desk.send(each)
    *same, nameless, unknown = [desk.replies_to(each)[0] for each in asked]
    assert all(each.body == same[0].body for each in same)
    assert same[0].body["waiting"][0]["patient_name"]
    assert nameless.body["waiting"][0]["patient_name"] is None
    assert unknown.code == "clinic_not_found"


def test_without_a_ticker_a_desk_finds_a_ticket_and_what_happened_to_it(
    deployment: Deployment, desk: Requester
) -> None:
    with requester(deployment) as patient:
        ticket = patient.call(registration(CLINICS[1])).body
    about = {"clinic": CLINICS[1], "number": ticket["number"]}
    shown = desk.call(look_up("desk_ticket", **about))
    assert (shown.name, shown.body["patient_ticket"]["ticket_code"]) == ("desk_ticket", ticket["ticket_code"])
    name = shown.body["ticket"]["patient_name"]
    found = desk.call(look_up("find_tickets", clinic=CLINICS[1], text=name.upper()))
    assert [each["number"] for each in found.body["tickets"]] == [ticket["number"]]
    history = desk.call(look_up("desk_history", **about))
    assert [each["event"] for each in history.body["lines"]] == ["ticket.registered"]
    assert desk.call(look_up("desk_ticket", clinic=CLINICS[1], number=99)).code == "ticket_not_found"


@pytest.mark.parametrize(
    "name",
    [
        *("desk_queue", "desk_ticket", "find_tickets", "desk_history"),
        *("clinic_report", "estimate_accuracy"),
    ],
)
def test_what_came_through_the_patients_exchange_is_no_desks_question(
    deployment: Deployment, name: str
) -> None:
    asked = look_up(name, **BODIES[name])
    disguised = Message(asked.body, asked.properties, "ticket_status", topology.PATIENT_EXCHANGE)
    with requester(deployment) as patient:
        assert patient.call(disguised).code == "unknown_request"


def test_a_desk_asks_only_what_desks_may(desk: Requester) -> None:
    disguised = look_up("call_next")
    asked = Message(disguised.body, disguised.properties, "desk_queue", topology.DESK_EXCHANGE)
    assert desk.call(asked).code == "unknown_request"


def test_the_status_responders_user_may_do_just_that(broker: RunningBroker, deployment: Deployment) -> None:
    if not broker.has_roles:
        pytest.skip("one user plays all roles on this broker")
    with inspecting(deployment.urls["status"]) as inspection:
        assert permission_faults(inspection, "status") == []


def test_declaring_removes_the_bindings_of_before(deployment: Deployment, desk: Requester) -> None:
    with connected(deployment.urls["deploy"]) as connection:
        channel = connection.channel()
        for queue in (topology.STATUS_QUEUE, topology.TICKER_QUEUE):
            channel.queue_bind(queue, topology.DESK_EXCHANGE, "list_hospitals")
            channel.queue_bind(queue, topology.DESK_EXCHANGE, "desk_queue")
        channel.queue_bind(topology.REGISTRAR_QUEUE, topology.DESK_EXCHANGE, "desk_register")
        channel.queue_unbind(topology.STATUS_QUEUE, topology.DESK_EXCHANGE, "desk_queue")
        channel.queue_unbind(topology.TICKER_QUEUE, topology.DESK_EXCHANGE, "list_hospitals")
    topology.deploy(deployment.urls["deploy"])
    assert desk.call(look_up("desk_queue")).name == "desk_queue"
    assert deployment.ready(topology.TICKER_QUEUE) == 0
    desk.send(
        Message(b"{}", message("desk_register", {}).properties, "desk_register", topology.DESK_EXCHANGE)
    )
    assert deployment.ready(topology.REGISTRAR_QUEUE) == 0
    with deployment.channel() as channel:
        channel.queue_purge(topology.DESK_REGISTRAR_QUEUE)
