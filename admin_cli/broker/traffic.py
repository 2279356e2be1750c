"""What goes through the queues and who takes it, as the management API tells it. Only read.

Source: https://www.rabbitmq.com/docs/http-api-reference
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from admin_cli.broker.management_api import ManagementApi
from common.messaging import topology

WORKER_OF: Final[Mapping[str, str]] = {
    **dict.fromkeys((*topology.REGISTRATION_QUEUES, topology.REGISTRAR_QUARANTINE), "registrar"),
    **dict.fromkeys((topology.TICKER_QUEUE, topology.TICKER_QUARANTINE), "ticker"),
    **dict.fromkeys(topology.LOOK_UP_QUEUES, "status"),
}
"""For each queue that workers consume the role of those workers."""

CONSUMERS_READ_MAX: Final = 200
"""Consumers whose rates are asked for, each by a request of its own: one for all would list the channels of
every desk as well."""

_WORKER_USERS: Final = frozenset(WORKER_OF.values())
_NAME_LENGTH_MAX: Final = 60


@dataclass(frozen=True, slots=True)
class QueueTraffic:
    """A queue: how many messages wait (`ready`) or are at consumers (`unacknowledged`), and how many arrive
    and leave in a second, as the broker has counted during the last seconds; None where it does not say."""

    name: str
    ready: int
    unacknowledged: int | None
    consumers: int
    arriving: float | None = None
    leaving: float | None = None


@dataclass(frozen=True, slots=True)
class MetricsAddress:
    """Where a worker says that its metrics are: the address that it listens at, as seen from the host
    `peer_host`, and the port."""

    host: str
    peer_host: str
    address: str
    port: int


@dataclass(frozen=True, slots=True)
class WorkerTraffic:
    """A worker process: its role, host and process id (None where its connections do not say), how many
    messages it has in hand, and settles in a second; `metrics` is where its metrics are."""

    role: str
    host: str
    pid: int | None
    unacknowledged: int
    leaving: float | None
    metrics: MetricsAddress | None

    @property
    def key(self) -> tuple[str, str, int | None]:
        """What tells it from other workers."""
        return (self.role, self.host, self.pid)


@dataclass(frozen=True, slots=True)
class _Consumer:
    role: str
    connection: str
    unacknowledged: int
    leaving: float | None


@dataclass(frozen=True, slots=True)
class _Client:
    """What a connection says of itself; who is no worker's user is believed nothing but its address."""

    host: str
    pid: int | None
    metrics: MetricsAddress | None


class Traffic:
    """The API at `url`, about the virtual host `vhost`; its user needs the tag `monitoring`.

    Every method raises BrokerUnavailable where the API does not answer, or not to this user.
    """

    def __init__(self, url: str, vhost: str) -> None:
        self._api = ManagementApi(url)
        self._at = quote(vhost, safe="")
        self._clients: dict[str, _Client] = {}

    def queues(self) -> list[QueueTraffic]:
        """Our queues that are there, in the order of the definitions."""
        columns = "name,messages_ready,messages_unacknowledged,consumers,message_stats"
        rows = {row["name"]: row for row in self._api.get(f"/queues/{self._at}?columns={columns}")}
        return [_queue(rows[name]) for name in topology.queues() if name in rows]

    def workers(self) -> list[WorkerTraffic]:
        """Who consumes our queues, by role, host and process."""
        columns = "queue,channel_details"
        rows = self._api.get(f"/consumers/{self._at}?columns={columns}")
        ours = [row for row in rows if row["queue"]["name"] in WORKER_OF]
        found: dict[str, list[_Consumer]] = defaultdict(list)
        for count, row in enumerate(sorted(ours, key=_order)):
            consumer = self._consumer(row, with_rate=count < CONSUMERS_READ_MAX)
            found[consumer.connection].append(consumer)
        self._clients = {name: self._client(name) for name in found}
        return _by_process(found, self._clients)

    def _consumer(self, row: Mapping[str, Any], *, with_rate: bool) -> _Consumer:
        details, role = row["channel_details"], WORKER_OF[row["queue"]["name"]]
        columns = "messages_unacknowledged,message_stats"
        path = f"/channels/{quote(details['name'], safe='')}?columns={columns}"
        channel = (self._api.find(path, tag="monitoring") or {}) if with_rate else {}
        unacknowledged = channel.get("messages_unacknowledged")
        return _Consumer(
            role,
            details["connection_name"],
            unacknowledged if isinstance(unacknowledged, int) else 0,
            _rate(channel, "ack"),
        )

    def _client(self, connection: str) -> _Client:
        if connection in self._clients:
            return self._clients[connection]
        path = f"/connections/{quote(connection, safe='')}?columns=user,peer_host,client_properties"
        row = self._api.find(path, tag="monitoring") or {}
        peer_host = str(row.get("peer_host", "?"))[:_NAME_LENGTH_MAX]
        said = row.get("client_properties")
        if row.get("user") not in _WORKER_USERS or not isinstance(said, dict):
            return _Client(peer_host, None, None)
        host, pid, port = said.get("host"), said.get("pid"), said.get("metrics_port")
        host = host[:_NAME_LENGTH_MAX] if isinstance(host, str) and host else peer_host
        metrics = None
        if isinstance(port, int) and isinstance(address := said.get("metrics_address"), str):
            metrics = MetricsAddress(host, peer_host, address, port)
        return _Client(host, pid if isinstance(pid, int) else None, metrics)


def _order(row: Mapping[str, Any]) -> tuple[int, str]:
    """The quarantines last: hardly anything is ever in them."""
    name = row["queue"]["name"]
    return (name in topology.QUARANTINES, name)


def _by_process(
    found: Mapping[str, Sequence[_Consumer]], clients: Mapping[str, _Client]
) -> list[WorkerTraffic]:
    workers: dict[tuple[str, str, int | None], WorkerTraffic] = {}
    for connection, consumers in found.items():
        client = clients[connection]
        for each in consumers:
            worker = WorkerTraffic(
                each.role, client.host, client.pid, each.unacknowledged, each.leaving, client.metrics
            )
            before = workers.get(worker.key)
            workers[worker.key] = worker if before is None else _together(before, worker)
    return sorted(workers.values(), key=lambda each: (each.host, each.role, each.pid or 0))


def _together(one: WorkerTraffic, other: WorkerTraffic) -> WorkerTraffic:
    rates = [each for each in (one.leaving, other.leaving) if each is not None]
    return WorkerTraffic(
        one.role,
        one.host,
        one.pid,
        one.unacknowledged + other.unacknowledged,
        sum(rates) if rates else None,
        one.metrics or other.metrics,
    )


def _queue(row: Mapping[str, Any]) -> QueueTraffic:
    # A queue of which the broker has no statistics yet has none of these members.
    unacknowledged = row.get("messages_unacknowledged")
    return QueueTraffic(
        row["name"],
        int(row.get("messages_ready") or 0),
        unacknowledged if isinstance(unacknowledged, int) else None,
        int(row.get("consumers") or 0),
        _rate(row, "publish"),
        _rate(row, "ack"),
    )


def _rate(row: Mapping[str, Any], kind: str) -> float | None:
    """How often in a second; 0 where the broker counts, and has counted none of this kind."""
    stats = row.get("message_stats")
    if not isinstance(stats, dict):
        return None
    rate = stats.get(f"{kind}_details", {"rate": 0.0}).get("rate")
    return max(float(rate), 0.0) if isinstance(rate, int | float) else None
