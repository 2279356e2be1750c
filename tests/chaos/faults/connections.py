"""Faults of connections: cut, reset, delayed, cut within a frame, half-open."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.chaos.actors import REPLY_SECONDS_MAX
from tests.chaos.faults.context import FaultContext, consumes
from tests.chaos.faults.steps import Note, Steps, Waiting, pause, until
from tests.chaos.plan import Fault
from tests.tcp_proxy import Link, TcpProxy

_DELAY_SECONDS_MIN = 0.05
_DELAY_SECONDS_SPREAD = 0.3
# Each of a transaction's many statements is delayed; together they stay well below two heartbeats.
_DATABASE_DELAY_SHARE = 0.2
_DELAYED_SECONDS = 3.0
_CUT_AFTER_BYTES_MAX = 4000


@dataclass(frozen=True)
class ProxiedConnections:
    """Connections that pass one proxy and are to break.

    `claim` is the name that keeps other faults away; `is_whole` tells whether the connections work again.
    """

    name: str
    claim: str
    proxy: TcpProxy
    is_whole: Callable[[], bool]
    to_database: bool = False

    def reconnected(self, links: Sequence[Link]) -> bool:
        """Whether a connection other than `links` is up."""
        return any(link not in links and not link.server_has_closed for link in self.proxy.links)


def cut(context: FaultContext, fault: Fault, ends: str) -> Steps:
    """Cuts every connection."""
    yield from _ended(context, fault, ends, Link.cut, "cut")


def reset(context: FaultContext, fault: Fault, ends: str) -> Steps:
    """Resets every connection with an RST."""
    yield from _ended(context, fault, ends, Link.reset, "reset")


def cut_after_bytes(context: FaultContext, fault: Fault, ends: str) -> Steps:
    """Cuts every connection after some more bytes, most likely within a frame."""
    count = 1 + int(fault.variety * _CUT_AFTER_BYTES_MAX)
    yield from _ended(context, fault, ends, lambda link: link.cut_after(count), f"cut after {count} bytes")


def delayed(context: FaultContext, fault: Fault, ends: str) -> Steps:
    """Delays all data for some seconds."""
    proxied = yield from _proxied(context, fault, ends)
    with context.claimed(proxied.claim):
        seconds = _DELAY_SECONDS_MIN + fault.variety * _DELAY_SECONDS_SPREAD
        seconds *= _DATABASE_DELAY_SHARE if proxied.to_database else 1
        passed = {link: _bytes_passed(link) for link in proxied.proxy.links}
        proxied.proxy.delay(seconds)

        def something_passed() -> bool:
            return any(_bytes_passed(link) > passed.get(link, 0) for link in proxied.proxy.links)

        try:
            yield from until(something_passed, f"something passed late: {proxied.name}")
            count = len(proxied.proxy.links)
            yield Note("fired", f"{proxied.name}: {count} connections delayed by {seconds:.3f} s")
            yield from pause(_DELAYED_SECONDS)
        finally:
            proxied.proxy.delay(0)
        yield from until(proxied.is_whole, f"{proxied.name} works again")
        yield Note("healed", f"{proxied.name} is in time again")


def half_open(context: FaultContext, fault: Fault, ends: str) -> Steps:
    """Holds all data on the open connections, without closing them."""
    proxied = yield from _proxied(context, fault, ends)
    with context.claimed(proxied.claim):
        links = proxied.proxy.links
        proxied.proxy.hold()
        try:
            # Clients may come and go besides; but within this time each has waited in vain for a reply.
            yield from pause(REPLY_SECONDS_MAX)
            what = f"{proxied.name} gave up a dead connection by themselves"
            yield from until(lambda: proxied.reconnected(links), what)
        finally:
            for link in links:
                link.reset()
        yield Note("fired", f"{proxied.name}: {len(links)} connections half-open")
        yield from until(proxied.is_whole, f"{proxied.name} works again")
        yield Note("healed", f"{proxied.name} works on new connections")


def _ended(context: FaultContext, fault: Fault, ends: str, end: Callable[[Link], None], how: str) -> Steps:
    proxied = yield from _proxied(context, fault, ends)
    with context.claimed(proxied.claim):
        links: list[Link] = []

        def some_are_cut() -> bool:
            # Also those that came meanwhile: the first ones may be idle, or have ended by themselves.
            for link in proxied.proxy.links:
                if link not in links:
                    links.append(link)
                    end(link)
            return any(link.is_cut for link in links)

        yield from until(some_are_cut, f"{proxied.name}: connections {how}")
        count = sum(link.is_cut for link in links)
        yield Note("fired", f"{proxied.name}: {count} of {len(links)} connections {how}")
        for link in links:
            link.to_server.bytes_left = link.to_client.bytes_left = None
        yield from until(lambda: proxied.reconnected(links), f"{proxied.name} reconnected")
        yield from until(proxied.is_whole, f"{proxied.name} works again")
        yield Note("healed", f"{proxied.name} works on new connections")


def _proxied(context: FaultContext, fault: Fault, ends: str) -> Waiting[ProxiedConnections]:
    """The connections that are to break, once there are any."""
    if ends == "client_broker":
        clients_proxy = context.system.client_proxy
        proxied = ProxiedConnections(
            "clients and broker", "clients", clients_proxy, lambda: bool(clients_proxy.links)
        )
        yield from context.free(proxied.claim)
    else:
        worker = yield from context.healthy_worker(fault, set())
        to_database = ends == "worker_database"
        worker_proxy = worker.database_proxy if to_database else worker.broker_proxy
        assert worker_proxy is not None
        name = f"{worker.name} and {'database' if to_database else 'broker'}"
        proxied = ProxiedConnections(name, worker.name, worker_proxy, lambda: consumes(worker), to_database)
    yield from until(lambda: bool(proxied.proxy.links), f"{proxied.name} are connected")
    return proxied


def _bytes_passed(link: Link) -> int:
    return link.to_server.bytes_passed + link.to_client.bytes_passed
