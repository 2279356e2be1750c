"""Faults of connections: cut, reset, delayed, cut within a frame, half-open."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.chaos.faults.scene import Scene, consumes
from tests.chaos.faults.steps import Note, Steps, Waiting, pause, until
from tests.chaos.patients import REPLY_SECONDS_MAX
from tests.chaos.plan import Fault
from tests.tcp_proxy import Link, TcpProxy

_DELAY_SECONDS_MIN = 0.05
_DELAY_SECONDS_SPREAD = 0.3
# Each of a transaction's many statements is delayed; together they stay well below two heartbeats.
_DATABASE_DELAY_SHARE = 0.2
_DELAYED_SECONDS = 3.0
_CUT_AFTER_BYTES_MAX = 4000


@dataclass(frozen=True)
class Between:
    """A way that is to break: what it is called, who else may not touch it, and whether it is whole."""

    name: str
    claim: str
    way: TcpProxy
    is_whole: Callable[[], bool]
    to_database: bool = False

    def connected_anew(self, links: Sequence[Link]) -> bool:
        """Whether a connection is up that is none of `links`."""
        return any(link not in links and not link.server_has_closed for link in self.way.links)


def cut(scene: Scene, fault: Fault, ends: str) -> Steps:
    """Every connection on the way ends."""
    yield from _ended(scene, fault, ends, Link.cut, "cut")


def reset(scene: Scene, fault: Fault, ends: str) -> Steps:
    """Every connection on the way is answered with an RST."""
    yield from _ended(scene, fault, ends, Link.reset, "reset")


def cut_after_bytes(scene: Scene, fault: Fault, ends: str) -> Steps:
    """Every connection ends after some more bytes, most likely within a frame."""
    count = 1 + int(fault.variety * _CUT_AFTER_BYTES_MAX)
    yield from _ended(scene, fault, ends, lambda link: link.cut_after(count), f"cut after {count} bytes")


def delayed(scene: Scene, fault: Fault, ends: str) -> Steps:
    """Everything comes later, for some seconds."""
    between = yield from _between(scene, fault, ends)
    with scene.claimed(between.claim):
        seconds = _DELAY_SECONDS_MIN + fault.variety * _DELAY_SECONDS_SPREAD
        seconds *= _DATABASE_DELAY_SHARE if between.to_database else 1
        passed = {link: _bytes_passed(link) for link in between.way.links}
        between.way.delay(seconds)

        def something_passed() -> bool:
            return any(_bytes_passed(link) > passed.get(link, 0) for link in between.way.links)

        try:
            yield from until(something_passed, f"something passed late: {between.name}")
            count = len(between.way.links)
            yield Note("fired", f"{between.name}: {count} connections delayed by {seconds:.3f} s")
            yield from pause(_DELAYED_SECONDS)
        finally:
            between.way.delay(0)
        yield from until(between.is_whole, f"{between.name} works again")
        yield Note("healed", f"{between.name} is in time again")


def half_open(scene: Scene, fault: Fault, ends: str) -> Steps:
    """Nothing passes on the connections that are up, and nobody is told."""
    between = yield from _between(scene, fault, ends)
    with scene.claimed(between.claim):
        links = between.way.links
        between.way.hold()
        try:
            # Clients may come and go besides; but within this time each has waited in vain for a reply.
            yield from pause(REPLY_SECONDS_MAX)
            what = f"{between.name} gave a dead connection up by themselves"
            yield from until(lambda: between.connected_anew(links), what)
        finally:
            for link in links:
                link.reset()
        yield Note("fired", f"{between.name}: {len(links)} connections half-open")
        yield from until(between.is_whole, f"{between.name} works again")
        yield Note("healed", f"{between.name} works on new connections")


def _ended(scene: Scene, fault: Fault, ends: str, end: Callable[[Link], None], how: str) -> Steps:
    between = yield from _between(scene, fault, ends)
    with scene.claimed(between.claim):
        links: list[Link] = []

        def some_are_cut() -> bool:
            # Also those that came meanwhile: the first ones may be idle, or have ended by themselves.
            for link in between.way.links:
                if link not in links:
                    links.append(link)
                    end(link)
            return any(link.is_cut for link in links)

        yield from until(some_are_cut, f"{between.name}: connections {how}")
        count = sum(link.is_cut for link in links)
        yield Note("fired", f"{between.name}: {count} of {len(links)} connections {how}")
        for link in links:
            link.to_server.bytes_left = link.to_client.bytes_left = None
        yield from until(lambda: between.connected_anew(links), f"{between.name} connected anew")
        yield from until(between.is_whole, f"{between.name} works again")
        yield Note("healed", f"{between.name} works on new connections")


def _between(scene: Scene, fault: Fault, ends: str) -> Waiting[Between]:
    """The way that breaks, once it has connections."""
    if ends == "client_broker":
        clients_way = scene.system.client_way
        between = Between("clients and broker", "clients", clients_way, lambda: bool(clients_way.links))
        yield from scene.free(between.claim)
    else:
        worker = yield from scene.sound_worker(fault, set())
        to_database = ends == "worker_database"
        way = worker.database_way if to_database else worker.broker_way
        assert way is not None
        name = f"{worker.name} and {'database' if to_database else 'broker'}"
        between = Between(name, worker.name, way, lambda: consumes(worker), to_database)
    yield from until(lambda: bool(between.way.links), f"{between.name} are connected")
    return between


def _bytes_passed(link: Link) -> int:
    return link.to_server.bytes_passed + link.to_client.bytes_passed
