"""Whether a user of the broker may do exactly what its role needs: found out by trying.

Each attempt is one that the broker cannot carry out even where it is permitted, and permissions are what it
looks at first: so it answers 403 where the user may not, something else where it may, and nothing happens.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import pika
from pika.adapters.blocking_connection import BlockingChannel

from admin_cli.broker.inspection import ACCESS_REFUSED, Inspection
from common.messaging import topology

_FOREIGN = "antrean-doctor"
"""A name of nothing of ours."""

_INTEGRATORS = "antrean.sub.antrean-doctor"


@dataclass(frozen=True, slots=True)
class PermissionFault:
    """`granted` tells whether the user may do what it should not, or may not what it should."""

    action: str
    name: str
    granted: bool


def permission_faults(inspection: Inspection, role: str) -> list[PermissionFault]:
    """Where what the user of `inspection` may do is not what `role` should, for names of every kind."""
    expected = topology.permissions()[role]
    return [
        PermissionFault(action, name, granted)
        for action, attempt in _ATTEMPTS.items()
        for name in _names(action)
        if (granted := _is_granted(inspection, partial(attempt, name=name))) != may(expected, action, name)
    ]


def may(permission: Mapping[str, str], action: str, name: str) -> bool:
    """Whether a permission lets its user `configure`, `write` or `read` something of this name."""
    # RabbitMQ searches, so an expression that is not anchored permits more than it seems to.
    return re.search(permission[action], name) is not None


def _names(action: str) -> tuple[str, ...]:
    if action == "write":
        return (*topology.exchanges(), topology.DEFAULT_EXCHANGE, _INTEGRATORS, _FOREIGN)
    return (*topology.queues(), _INTEGRATORS, _FOREIGN)


def _is_granted(inspection: Inspection, attempt: Callable[[BlockingChannel], object]) -> bool:
    error = inspection.refusal(attempt)
    return error is None or error.reply_code != ACCESS_REFUSED


def _configure(channel: BlockingChannel, name: str) -> None:
    channel.queue_declare(name, durable=True, arguments={"x-expires": 0})  # no queue can expire at once


def _write(channel: BlockingChannel, name: str) -> None:
    exchange = "" if name == topology.DEFAULT_EXCHANGE else name
    # No message passes under another user's name.
    channel.basic_publish(exchange, _FOREIGN, b"", pika.BasicProperties(user_id=f"not-{_FOREIGN}"))
    channel.basic_qos()  # waits until the broker has dealt with it


def _read(channel: BlockingChannel, name: str) -> None:
    channel.basic_consume(name, lambda *_: None, arguments={"x-priority": "none"})  # it has to be a number


_ATTEMPTS: Final[Mapping[str, Callable[..., None]]] = {
    "configure": _configure,
    "write": _write,
    "read": _read,
}
