"""What an integrator whom `antrean-admin integrator` made must not do, tried at a broker: all is refused."""

from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

import pytest
from pika.adapters.blocking_connection import BlockingChannel

from admin_cli.broker.management_api import ManagementApi
from common.errors import BrokerUnavailable
from common.messaging import topology
from common.messaging.topology import EVENTS_EXCHANGE, JOURNAL_QUEUE
from tests.workers.integrator_admin import (
    CALLED,
    IntegratorAdmin,
    asking,
    declared,
    is_refused,
    taken,
)

FOREIGN = (*topology.queues(), "antrean.sub.lain", "antrean.sub.lain.1")
Attempt = Callable[[BlockingChannel], object]
AT_QUEUES: dict[str, Callable[[BlockingChannel, str], object]] = {
    "read": lambda channel, queue: channel.basic_get(queue),
    "consume": lambda channel, queue: channel.basic_consume(queue, lambda *_: None),
    "purge": lambda channel, queue: channel.queue_purge(queue),
    "delete": lambda channel, queue: channel.queue_delete(queue),
    "bind": lambda channel, queue: channel.queue_bind(queue, EVENTS_EXCHANGE, "RSHS.#"),
    "unbind": lambda channel, queue: channel.queue_unbind(queue, EVENTS_EXCHANGE, "*.*.ticket.*"),
}
PUBLISHED = {
    "make up an event": (EVENTS_EXCHANGE, "RSHS.GIG.ticket.called"),
    "make up a tick": (EVENTS_EXCHANGE, "RSHS.GIG.clinic.tick"),
    "ask as a desk": (topology.DESK_EXCHANGE, "call_next"),
    "ask as a patient": (topology.PATIENT_EXCHANGE, "register"),
    "make a dead letter": (topology.POISON_EXCHANGE, ""),
    **{f"publish into {queue}": ("", queue) for queue in FOREIGN},
}


def _at(queue: str, attempt: Callable[[BlockingChannel, str], object]) -> Attempt:
    return lambda channel: attempt(channel, queue)


OTHERS: dict[str, Attempt] = {
    **{
        f"{action} {queue}": _at(queue, attempt) for action, attempt in AT_QUEUES.items() for queue in FOREIGN
    },
    **{
        action: partial(BlockingChannel.basic_publish, exchange=exchange, routing_key=key, body=b"{}")
        for action, (exchange, key) in PUBLISHED.items()
    },
    **{
        f"declare {queue}": declared(queue)
        for queue in ("papan", "antrean.sub.papan.10", "antrean.sub.papan2", "antrean.subxpapan")
    },
    "declare a nameless queue": lambda channel: channel.queue_declare("", exclusive=True),
    "delete an exchange": lambda channel: channel.exchange_delete(EVENTS_EXCHANGE),
    "send dead letters to the workers": lambda channel: channel.queue_declare(
        "antrean.sub.papan.1", arguments={"x-dead-letter-exchange": EVENTS_EXCHANGE}
    ),
    "send what has no queue to the workers": lambda channel: channel.exchange_declare(
        "antrean.sub.papan.1", "topic", arguments={"alternate-exchange": topology.DESK_EXCHANGE}
    ),
}


def test_who_is_added_can_do_nothing_else(admin: IntegratorAdmin) -> None:
    admin.add("lain", "--bind", "#")
    url = admin.add("papan")
    assert [name for name, attempt in OTHERS.items() if not is_refused(url, attempt)] == []
    with pytest.raises(BrokerUnavailable, match="refuses this user"):
        ManagementApi(f"http://papan:{urlsplit(url).password}@{_api_at(admin)}").get("/queues")


def _api_at(admin: IntegratorAdmin) -> str:
    return urlsplit(str(admin.node.management_url)).netloc.rpartition("@")[2]


def test_who_replays_reads_the_stream_and_who_does_not_is_refused(admin: IntegratorAdmin) -> None:
    def read(channel: BlockingChannel) -> None:
        channel.basic_qos(prefetch_count=1)
        channel.basic_consume(JOURNAL_QUEUE, lambda *_: None)

    assert is_refused(admin.add("papan"), read)
    assert not is_refused(admin.add("gudang", *CALLED, "--replay"), read)


def test_who_is_restricted_has_no_other_hospitals_events(admin: IntegratorAdmin) -> None:
    url = admin.add("papan", *CALLED, "--bind", "RSUD.#", "--hospital", "rshs", "--hospital", "RSUD")
    own = "antrean.sub.papan"
    admin.publish("RSHS.GIG.ticket.called", "RSCM.GIG.ticket.called", "RSUD.INT.clinic.opened")
    assert taken(url, own) == ["RSHS.GIG.ticket.called", "RSUD.INT.clinic.opened"]

    for pattern in ("#", "*.*.ticket.called", "*.#", "RSCM.GIG.ticket.called", "RSH.#", "RSCM.\nRSHS.#"):
        assert is_refused(url, lambda c, key=pattern: c.queue_bind(own, EVENTS_EXCHANGE, key)), pattern  # type: ignore[misc]
    assert not is_refused(url, lambda channel: channel.exchange_declare(f"{own}.1", "topic"))
    assert is_refused(url, lambda channel: channel.exchange_bind(f"{own}.1", EVENTS_EXCHANGE, "RSCM.#"))
    assert not is_refused(url, lambda channel: channel.queue_bind(own, EVENTS_EXCHANGE, "RSHS.#"))
    assert is_refused(url, asking), "which would answer about any hospital"
    admin.add("lain", "--bind", "RSCM.#", "--hospital", "RSCM")
    for hospital, may in (("RSHS", True), ("RSUD", True), ("RSCM", False), ("RSH", False)):
        exchange = topology.hospital_exchange(hospital)
        assert is_refused(url, partial(asking, exchange=exchange)) is not may, hospital
    assert is_refused(url, lambda channel: channel.basic_get(JOURNAL_QUEUE))
    admin.publish("RSHS.GIG.ticket.served", "RSCM.GIG.ticket.served")
    assert taken(url, own) == ["RSHS.GIG.ticket.served"]
