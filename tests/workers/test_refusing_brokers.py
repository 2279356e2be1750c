"""A broker refuses a client: the error says why and what to correct."""

import ssl
from pathlib import Path

import pytest

from antrean_client.rpc_client import RpcClient
from common.clock import SystemClock
from common.errors import BrokerRefused, NoQueue, Refusal
from common.exit_codes import ExitCode
from common.messaging.topology import DESK_EXCHANGE, PATIENT_EXCHANGE
from common.terminal.failures import failure_of
from common.words.texts import Texts
from tests.broker import RunningBroker
from tests.no_broker import no_broker
from tests.self_signed import self_signed

INDONESIAN, ENGLISH = Texts("id"), Texts("en")


def refusal_of(url: str, exchange: str = PATIENT_EXCHANGE) -> BrokerRefused:
    with RpcClient(url, exchange, SystemClock()) as client, pytest.raises(BrokerRefused) as raised:
        client.call("list_hospitals", {}, timeout_seconds=5)
    error = raised.value
    assert not error.sent_before
    for texts in (INDONESIAN, ENGLISH):
        sentence = failure_of(error, texts).sentence or ""
        assert "coba lagi" not in sentence
        assert "try again" not in sentence, "to wait does not help"
        assert error.where in sentence
    assert failure_of(error, ENGLISH).exit_code == ExitCode.UNAVAILABLE
    return error


def test_a_password_that_is_wrong(broker: RunningBroker) -> None:
    assert refusal_of(broker.url("patient").replace("@", "-wrong@")).refusal is Refusal.USER


def test_an_unknown_user(broker: RunningBroker) -> None:
    assert refusal_of(broker.url("patient").replace("://", "://nobody-", 1)).refusal is Refusal.USER


def test_an_unknown_virtual_host(broker: RunningBroker) -> None:
    assert refusal_of(broker.url("patient").rstrip("/") + "/nowhere").refusal is Refusal.VHOST


def test_a_user_that_may_not_send_such_requests(broker: RunningBroker) -> None:
    if not broker.has_roles:
        pytest.skip("this broker has no users of our roles")
    assert refusal_of(broker.url("patient"), DESK_EXCHANGE).refusal is Refusal.PERMISSION


def test_an_exchange_that_is_missing(broker: RunningBroker) -> None:
    assert refusal_of(broker.url("deploy"), "antrean.missing").refusal is Refusal.NOT_SET_UP


def test_tls_where_there_is_none(broker: RunningBroker) -> None:
    url = broker.url("patient").replace("amqp://", "amqps://")
    assert refusal_of(url).refusal is Refusal.ENCRYPTION


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate that nobody trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    return context


def test_a_certificate_that_is_not_trusted(tls: ssl.SSLContext) -> None:
    with no_broker(tls) as port:
        assert refusal_of(f"amqps://patient:x@127.0.0.1:{port}/").refusal is Refusal.CERTIFICATE


def test_no_tls_where_it_is_spoken(tls: ssl.SSLContext) -> None:
    with no_broker(tls) as port:
        assert refusal_of(f"amqp://patient:x@127.0.0.1:{port}/").refusal is Refusal.PROTOCOL


def test_something_that_is_no_broker() -> None:
    with no_broker(None) as port:
        assert refusal_of(f"amqp://patient:x@127.0.0.1:{port}/").refusal is Refusal.PROTOCOL


def test_a_queue_that_is_missing(broker: RunningBroker) -> None:
    client = RpcClient(broker.url("patient"), PATIENT_EXCHANGE, SystemClock())
    with client, pytest.raises(NoQueue) as raised:
        client.call("fly", {}, timeout_seconds=5)
    for texts in (INDONESIAN, ENGLISH):
        failure = failure_of(raised.value, texts)
        assert failure.exit_code == ExitCode.UNAVAILABLE
        assert failure.sentence == texts("The server has no queue for this request; tell its operators.")


def test_no_connection_is_left_for_the_user() -> None:
    error = BrokerRefused("...", Refusal.FULL, "127.0.0.1:5672")
    assert failure_of(error, ENGLISH).exit_code == ExitCode.NO_REPLY
