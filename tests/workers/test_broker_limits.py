"""What a broker bounds: the frames of its connections, which carry all of ours, and integrators' queues."""

import json
import re
from collections.abc import Iterator

import pika
import pytest
from pika.exceptions import ConnectionClosedByBroker

from common.messages.limits import BODY_BYTES_MAX, CHANNELS_MAX, FRAME_BYTES_MAX, SHORT_FRAME_BYTES_MAX
from common.messaging import topology
from common.messaging.introduction import introduction
from tests.broker import RunningBroker, private_node
from tests.deployment import CLINICS, HOSPITAL, Deployment, connected, deployed
from tests.processes import eventually
from tests.workers.bad_messages import RawHeaders, nested_table
from tests.workers.node_control import evaluate
from tests.workers.raw_client import RawClient
from tests.workers.requester import REPLY_TO, Message, Requester, message, registration, requester

ATTACKS = 10
LEVEL_BYTES = 7
USUAL_FRAME_BYTES_MAX = 128 * 1024
OTHER_BYTES = 512
"""More than the rest of a header frame takes."""

FRAMING_BYTES = 8
UNREAD_BYTES = 32 * 1024 * 1024
"""More than the sockets between a broker and a client hold."""

EFFECTIVE_POLICY = (
    '{ok, Queue} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"/">>, queue, <<"%s">>)),'
    " rabbit_policy:effective_definition(Queue)."
)
FRAME_LENGTHS = (SHORT_FRAME_BYTES_MAX, FRAME_BYTES_MAX)
SIZES = [
    *(length - FRAMING_BYTES + more for length in FRAME_LENGTHS for more in (-1, 0, 1)),
    2 * (SHORT_FRAME_BYTES_MAX - FRAMING_BYTES) + 1,
    BODY_BYTES_MAX,
]


@pytest.fixture(scope="module")
def configured_broker(broker: RunningBroker) -> Iterator[RunningBroker]:
    """The broker of the tests where it is a node that they have started, else a node of its own."""
    if broker.node is not None:
        yield broker
        return
    with private_node() as node:
        yield RunningBroker(node.urls, has_roles=True, has_policies=True, node=node)


@pytest.fixture(scope="module")
def deployment(
    configured_broker: RunningBroker, module_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """A registrar and a status responder."""
    directory = tmp_path_factory.mktemp("frames")
    with deployed(configured_broker, module_database_url, directory) as deployment:
        deployment.start_together({"registrar": 1, "status": 1})
        yield deployment


@pytest.fixture
def honest(deployment: Deployment) -> Iterator[Requester]:
    """Somebody who wants a number."""
    with requester(deployment) as connected_requester:
        yield connected_requester


def nested(frame_bytes_max: int) -> Message:
    """A request whose headers are nested as deep as a frame of this length holds them."""
    request = message("list_hospitals", {})
    given = {name: value for name, value in vars(request.properties).items() if value is not None}
    table = nested_table((frame_bytes_max - OTHER_BYTES) // LEVEL_BYTES)
    return Message(request.body, RawHeaders(table, **given), request.routing_key)


def send_and_wait(connection: pika.BlockingConnection, attack: Message) -> None:
    """Publishes it, with an address for replies, and waits for what the broker says."""
    channel = connection.channel()
    channel.basic_consume(REPLY_TO, lambda *_: None, auto_ack=True)
    channel.basic_publish(attack.exchange, attack.routing_key, attack.body, attack.properties)
    channel.basic_qos()


def test_the_broker_agrees_on_short_frames_and_few_channels(deployment: Deployment) -> None:
    agreed = introduction(deployment.urls["patient"], "antrean-test")
    assert agreed.frame_bytes_max == topology.frame_bytes_max(agreed.version)
    assert agreed.channels_max == CHANNELS_MAX


def test_a_client_that_asks_and_never_reads_loses_its_connection(
    deployment: Deployment, honest: Requester
) -> None:
    attack = RawClient(deployment.urls["patient"])
    attack.send_unroutable(UNREAD_BYTES)  # each comes back as it is
    eventually(attack.is_closed, "the broker has closed the connection")
    assert honest.call(message("list_hospitals", {})).name == "hospitals"


def test_headers_nested_deeper_than_a_frame_cost_their_sender_the_connection(
    deployment: Deployment, honest: Requester
) -> None:
    attack = nested(USUAL_FRAME_BYTES_MAX)
    for _ in range(ATTACKS):
        with (
            connected(deployment.urls["patient"]) as connection,
            pytest.raises(ConnectionClosedByBroker, match="frame_too_large"),
        ):
            send_and_wait(connection, attack)
        assert honest.call(registration(CLINICS[0])).name == "ticket"


def test_headers_nested_as_deep_as_a_frame_holds_affect_no_other_request(
    deployment: Deployment, honest: Requester
) -> None:
    attack = nested(introduction(deployment.urls["patient"], "antrean-test").frame_bytes_max)
    with requester(deployment) as attacker:
        for _ in range(ATTACKS):
            attacker.send(attack)
        assert honest.call(registration(CLINICS[1])).name == "ticket"
        assert honest.call(message("list_hospitals", {})).name == "hospitals"
        assert attacker.replies_to(attack, ATTACKS)[0].name == "hospitals", "it is a request like others"


@pytest.mark.parametrize("size", SIZES)
def test_a_request_of_several_frames_is_answered(honest: Requester, size: int) -> None:
    body = json.dumps({"hospital": HOSPITAL, "clinic": CLINICS[0]}).encode().ljust(size)
    assert len(body) == size
    assert honest.call(message("clinic_queue", body)).name == "clinic_queue"


def test_a_reply_of_several_frames_arrives_among_others(honest: Requester) -> None:
    codes = [honest.call(registration(CLINICS[2])).body["ticket_code"] for _ in range(40)]
    long, short = message("ticket_status", {"ticket_codes": codes}), message("list_hospitals", {})
    for _ in range(3):
        honest.send(long)
        honest.send(short)
    found = honest.replies_to(long, 3)
    assert [len(each.body["tickets"]) for each in found] == [40] * 3
    assert len(json.dumps(found[0].body)) > FRAME_BYTES_MAX
    assert [each.name for each in honest.replies_to(short, 3)] == ["hospitals"] * 3


def test_a_policy_bounds_an_integrators_queue_of_each_type(configured_broker: RunningBroker) -> None:
    wanted = topology.integrators_policies()
    queues = {kind: f"{topology.INTEGRATORS_PREFIX}limits.{kind}" for kind in wanted}
    assert configured_broker.node is not None
    with connected(configured_broker.urls["deploy"]) as connection:
        channel = connection.channel()
        try:
            for kind, queue in queues.items():
                channel.queue_declare(queue, durable=True, arguments={"x-queue-type": kind})
            for kind, queue in queues.items():
                printed = evaluate(configured_broker.node, EFFECTIVE_POLICY % queue)
                found = dict(re.findall(r'<<"([^"]+)">>,(?:<<")?([^">}]+)', printed.replace("\n", "")))
                assert found == {key: str(value) for key, value in wanted[kind].items()}, printed
        finally:
            for queue in queues.values():
                channel.queue_delete(queue)
