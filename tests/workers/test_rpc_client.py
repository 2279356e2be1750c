"""The product's RPC client with real workers: it repeats requests, and reports how a request failed."""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from antrean_client.protocol import LOOK_UPS
from antrean_client.rpc_client import RpcClient
from common.clock import SystemClock
from common.errors import BrokerUnavailable, NoReply, RequestNotTaken, SettingsError
from common.messaging.topology import (
    LOOK_UP_QUEUES,
    PATIENT_EXCHANGE,
    REGISTRAR_QUEUE,
    STATUS_QUEUE,
    bindings,
)
from tests.broker import RunningBroker
from tests.deployment import CLINICS, HOSPITAL, Deployment, Patient, deployed, full_queue
from tests.processes import SECONDS_MAX, eventually
from tests.tcp_proxy import proxy_to
from tests.workers.proxied_registrars import ticket_numbers

CLINIC = CLINICS[0]


@pytest.fixture(scope="module")
def deployment(
    broker: RunningBroker, module_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """A deployment without workers."""
    with deployed(broker, module_database_url, tmp_path_factory.mktemp("client")) as deployment:
        yield deployment


@contextmanager
def client_of(url: str) -> Iterator[RpcClient]:
    """A patient's client."""
    with RpcClient(url, PATIENT_EXCHANGE, SystemClock()) as client:
        yield client


def test_only_what_changes_nothing_may_be_lost_with_the_broker() -> None:
    assert {name for _, name, queue in bindings() if queue in LOOK_UP_QUEUES} == LOOK_UPS


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_without_an_answer_nothing_is_known(deployment: Deployment) -> None:
    with client_of(deployment.urls["patient"]) as client, pytest.raises(NoReply):
        client.call("list_hospitals", {}, timeout_seconds=0.5)
    # The client abandons a connection that may be frozen. Collecting it here keeps its warning in this test.
    gc.collect()

    assert deployment.ready(STATUS_QUEUE) == 1
    with deployment.channel() as channel:
        channel.queue_purge(STATUS_QUEUE)


def test_without_a_broker_nothing_was_sent() -> None:
    with proxy_to("amqp://127.0.0.1:1/") as proxy:
        proxy.refuse()
        with client_of(proxy.url("amqp://patient:x@127.0.0.1/")) as client, pytest.raises(BrokerUnavailable):
            client.call("list_hospitals", {}, timeout_seconds=SECONDS_MAX)


def test_with_a_wrong_password_nothing_was_sent(deployment: Deployment) -> None:
    url = deployment.urls["patient"].replace("@", "-wrong@")
    with client_of(url) as client, pytest.raises(BrokerUnavailable) as raised:
        client.call("list_hospitals", {}, timeout_seconds=SECONDS_MAX)
    assert "-wrong" not in str(raised.value)


def test_with_an_address_that_is_none(deployment: Deployment) -> None:
    with client_of("amqp://patient:x@127.0.0.1:port/") as client, pytest.raises(SettingsError):
        client.call("list_hospitals", {}, timeout_seconds=SECONDS_MAX)


def test_a_request_that_nobody_answers_is_not_taken(deployment: Deployment) -> None:
    with client_of(deployment.urls["patient"]) as client, pytest.raises(RequestNotTaken):
        client.call("call_next", {}, timeout_seconds=SECONDS_MAX)


def test_a_full_queue_takes_no_request(deployment: Deployment) -> None:
    with (
        full_queue(deployment),
        client_of(deployment.urls["patient"]) as client,
        pytest.raises(RequestNotTaken),
    ):
        client.call("register", Patient().body(HOSPITAL, CLINIC), timeout_seconds=1)
    assert deployment.ready(REGISTRAR_QUEUE) == 0


def test_a_request_is_published_again_until_the_queue_takes_it(deployment: Deployment) -> None:
    found, url = [], deployment.urls["patient"]
    with client_of(url) as client:

        def register() -> None:
            found.append(
                client.call("register", Patient().body(HOSPITAL, CLINICS[2]), timeout_seconds=SECONDS_MAX)
            )

        with full_queue(deployment):
            caller = threading.Thread(target=register)
            caller.start()
            caller.join(1)
            assert not found
            assert caller.is_alive(), "it goes on"
            with deployment.channel() as channel:
                channel.queue_purge(REGISTRAR_QUEUE)
            eventually(lambda: deployment.ready(REGISTRAR_QUEUE) == 1, "the queue has taken it")
            deployment.start_consuming("registrar")
            caller.join()

    assert found[0].body["number"] == 1
    assert ticket_numbers(deployment, CLINICS[2]) == [1]
    for program in deployment.programs:
        program.stop()


def test_a_lost_reply_costs_no_ticket(deployment: Deployment) -> None:
    """The client reconnects, sends the request again with the same id, and gets the same ticket."""
    deployment.start_consuming("registrar")
    url, found = deployment.urls["patient"], []
    with proxy_to(url) as proxy, client_of(proxy.url(url)) as client:

        def register() -> None:
            found.append(
                client.call("register", Patient().body(HOSPITAL, CLINIC), timeout_seconds=SECONDS_MAX)
            )

        register()
        (link,) = proxy.links
        link.to_client.hold()
        caller = threading.Thread(target=register)
        caller.start()
        eventually(lambda: ticket_numbers(deployment, CLINIC) == [1, 2], "the registration is carried out")
        link.cut()
        caller.join()

    assert [(answer.name, answer.body["number"]) for answer in found] == [("ticket", 1), ("ticket", 2)]
    assert ticket_numbers(deployment, CLINIC) == [1, 2]


def test_a_request_is_sent_again_until_somebody_answers(deployment: Deployment) -> None:
    """The first attempt is lost before a worker reads it."""
    url, found = deployment.urls["patient"], []
    for program in deployment.programs:
        program.stop()
    with client_of(url) as client:

        def register() -> None:
            found.append(
                client.call("register", Patient().body(HOSPITAL, CLINICS[1]), timeout_seconds=SECONDS_MAX)
            )

        caller = threading.Thread(target=register)
        caller.start()
        eventually(lambda: deployment.ready(REGISTRAR_QUEUE) == 1, "the request waits")
        with deployment.channel() as channel:
            channel.queue_purge(REGISTRAR_QUEUE)
        deployment.start_consuming("registrar")
        caller.join()

    assert found[0].body["number"] == 1
    assert ticket_numbers(deployment, CLINICS[1]) == [1]
