"""What the management API tells of the broker, and AMQP cannot. Only read.

Source: https://www.rabbitmq.com/docs/http-api-reference
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from admin_cli.broker.management_api import ManagementApi
from common.errors import BrokerUnavailable

_QUEUE_KINDS: Final = {"quorum": "quorum_queues", "classic": "classic_queues", "stream": "streams"}
_OF_STREAMS: Final = {"max-age", "stream-max-segment-size-bytes", "initial-cluster-size"}
_OF_QUORUM_QUEUES: Final = {"delivery-limit", "dead-letter-strategy"}
_OF_QUEUES: Final = {"max-length", "overflow", "expires", "message-ttl"} | {
    "dead-letter-exchange",
    "dead-letter-routing-key",
}
_NOT_TAKEN: Final = {
    "quorum": _OF_STREAMS,
    "classic": _OF_STREAMS | _OF_QUORUM_QUEUES,
    "stream": _OF_QUEUES | _OF_QUORUM_QUEUES,
}
"""For each type of queue the keys with which a policy does not apply to it at all, of those that we use."""


@dataclass(frozen=True, slots=True)
class NodeAlarms:
    """A node of the broker that is short of memory or disk; both are numbers of bytes."""

    name: str
    memory: bool
    disk: bool
    disk_free_bytes: int


@dataclass(frozen=True, slots=True)
class Transaction:
    """A channel that publishes in transactions: of which user, from which address (`host:port`), and how many
    of its messages wait to be committed."""

    user: str
    address: str
    uncommitted: int


class Management:
    """The API at `url` (`http://user:password@host:15672/`), about the virtual host `vhost`.

    Every method raises BrokerUnavailable where the API does not answer, or not to this user.
    """

    def __init__(self, url: str, vhost: str) -> None:
        self._api = ManagementApi(url)
        self._vhost = vhost
        self._at = quote(vhost, safe="")

    def user_tags(self) -> list[str]:
        """What this user may see: `management`, `monitoring`, `administrator` ..."""
        return self._api.user_tags()

    def clock(self) -> datetime:
        """The broker's clock, in UTC, to the second: cut off, not rounded."""
        date = self._api.date()
        try:
            return parsedate_to_datetime(date).astimezone(UTC)
        except ValueError as error:
            raise BrokerUnavailable(
                f"What answers at {self._api.where} does not say what time it is."
            ) from error

    def bindings(self) -> set[tuple[str, str, str]]:
        """Every binding of a queue to a named exchange as (exchange, routing key, queue)."""
        return {
            (row["source"], row["routing_key"], row["destination"])
            for row in self._api.get(f"/bindings/{self._at}")
            if row["source"] and row["destination_type"] == "queue"
        }

    def queues(self) -> dict[str, dict[str, Any]]:
        """Every queue with its `type`, and the `message_bytes` that it held some seconds ago where the broker
        knows them."""
        rows = self._api.get(f"/queues/{self._at}?columns=name,type,message_bytes")
        return {row["name"]: row for row in rows}

    def policies(self, queue_types: Mapping[str, str]) -> dict[str, dict[str, Any]]:
        """What the policies in force come to for each queue, which is given with its type."""
        policies = self._api.get(f"/policies/{self._at}")
        operator_policies = self._api.get(f"/operator-policies/{self._at}")
        return {
            queue: effective_policy(queue, queue_type, policies, operator_policies)
            for queue, queue_type in queue_types.items()
        }

    def alarms(self) -> list[NodeAlarms]:
        """The nodes that are short of something; the user needs the tag `monitoring`."""
        nodes = [
            NodeAlarms(
                node["name"],
                bool(node.get("mem_alarm")),
                bool(node.get("disk_free_alarm")),
                node["disk_free"] if isinstance(node.get("disk_free"), int) else 0,
            )
            for node in self._api.get("/nodes")
        ]
        return [node for node in nodes if node.memory or node.disk]

    def nodes(self) -> dict[str, bool]:
        """Every node of the broker, and whether it runs; the user needs the tag `monitoring`."""
        rows = self._api.get("/nodes?columns=name,running")
        return {row["name"]: bool(row.get("running")) for row in sorted(rows, key=lambda row: row["name"])}

    def user_limits(self) -> dict[str, dict[str, int]]:
        """For each user that has any its `max-connections` and `max-channels`."""
        return {row["user"]: row["value"] for row in self._api.get("/user-limits")}

    def vhost_limits(self) -> dict[str, int]:
        """The limits of the virtual host: `max-queues`, `max-connections`."""
        limits: dict[str, int] = {}
        for row in self._api.get(f"/vhost-limits/{self._at}"):
            limits |= row["value"]
        return limits

    def connections_max(self) -> dict[str, int]:
        """How many connections each node can have at once, as its operating system permits."""
        rows = self._api.get("/nodes?columns=name,fd_total,sockets_total")
        known = {row["name"]: [row.get("fd_total"), row.get("sockets_total")] for row in rows}
        counts = {
            name: [each for each in found if isinstance(each, int) and each] for name, found in known.items()
        }
        return {name: min(each) for name, each in counts.items() if each}

    def transactions(self) -> list[Transaction]:
        """The channels of the virtual host that use transactions; the user needs the tag `monitoring`."""
        columns = "user,vhost,transactional,messages_uncommitted,connection_details"
        return [
            Transaction(
                row["user"],
                f"{row['connection_details']['peer_host']}:{row['connection_details']['peer_port']}",
                row.get("messages_uncommitted", 0),
            )
            for row in self._api.get(f"/channels?columns={columns}")
            if row.get("transactional") and row.get("vhost") == self._vhost
        ]

    def permissions(self) -> dict[str, dict[str, str]]:
        """What each user may `configure`, `write` and `read`; this user needs the tag `administrator`."""
        return {
            row["user"]: {action: row[action] for action in ("configure", "write", "read")}
            for row in self._api.get("/permissions")
            if row["vhost"] == self._vhost
        }


def vhost_of(amqp_url: str) -> str:
    """The virtual host of a broker's address."""
    return unquote(urlsplit(amqp_url).path[1:]) or "/"


def effective_policy(
    queue: str,
    queue_type: str,
    policies: Iterable[Mapping[str, Any]],
    operator_policies: Iterable[Mapping[str, Any]],
) -> dict[str, Any]:
    """What the policies come to for one queue: the one with the highest priority, of those of the users and
    of those of the operator; of a limit that both set, the lower.

    Source: https://www.rabbitmq.com/docs/policies#operator-policies
    """
    effective = _matching(queue, queue_type, policies)
    for key, value in _matching(queue, queue_type, operator_policies).items():
        ours = effective.get(key)
        effective[key] = min(ours, value) if isinstance(ours, int) and isinstance(value, int) else value
    return effective


def _matching(queue: str, queue_type: str, policies: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    applicable = ("all", "queues", _QUEUE_KINDS[queue_type])
    matching = [
        policy
        for policy in policies
        if policy["apply-to"] in applicable
        and re.search(policy["pattern"], queue)
        and not policy["definition"].keys() & _NOT_TAKEN[queue_type]
    ]
    return dict(max(matching, key=lambda policy: policy["priority"])["definition"]) if matching else {}
