"""Who the integrators are: what each may do and follows, what waits for it, since when it is connected."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from admin_cli.broker.integrator_queues import integrator_queues
from admin_cli.broker.integrator_rights import Rights, queue_names
from admin_cli.broker.integrator_users import IntegratorUsers
from admin_cli.broker.management import Management, vhost_of
from admin_cli.integrator_errors import NoManagement
from admin_cli.staff_names import is_reserved
from common.messages.limits import BODY_BYTES_MAX
from common.messaging.topology import EVENTS_EXCHANGE
from common.settings import Settings


@dataclass(frozen=True, slots=True)
class IntegratorQueue:
    """A queue: how many events wait in it; whether it is so full that the oldest are dropped, and whether
    anything bounds it."""

    name: str
    waiting: int
    is_full: bool
    is_bounded: bool


@dataclass(frozen=True, slots=True)
class Integrator:
    """`rights` are None where somebody has given others than ours by hand; `connected_since` is None while
    nobody is connected."""

    name: str
    rights: Rights | None
    bindings: tuple[str, ...]
    queues: tuple[IntegratorQueue, ...]
    connected_since: datetime | None


def read_integrators(settings: Settings) -> list[Integrator]:
    """All integrators, in the order of their names.

    Raises NoManagement where the management API is not known, or does not let us see users, and
    BrokerUnavailable.
    """
    amqp_url = settings.require_amqp_url()
    if settings.management_url is None:
        raise NoManagement
    vhost = vhost_of(amqp_url)
    users, management = (
        IntegratorUsers(settings.management_url, vhost),
        Management(settings.management_url, vhost),
    )
    if not users.may_be_changed():
        raise NoManagement
    rights = {name: each for name, each in users.all_rights().items() if not is_reserved(name)}
    since, rows = users.connected_since(), management.queues()
    owned = {name: [each for each in queue_names(name) if each in rows] for name in rights}
    with integrator_queues(amqp_url) as queues:
        waiting = queues.waiting(queue for names in owned.values() for queue in names)
    types = {queue: str(rows[queue]["type"]) for queue in waiting}
    policies = management.policies(types)
    bindings = management.bindings()
    return [
        Integrator(
            name,
            each,
            tuple(
                sorted(
                    {
                        key
                        for source, key, queue in bindings
                        if source == EVENTS_EXCHANGE and queue in owned[name]
                    }
                )
            ),
            tuple(
                _queue(queue, waiting[queue], rows[queue], policies[queue])
                for queue in owned[name]
                if queue in waiting
            ),
            since.get(name),
        )
        for name, each in rights.items()
    ]


def _queue(name: str, waiting: int, row: Mapping[str, Any], policy: Mapping[str, Any]) -> IntegratorQueue:
    length, length_bytes = policy.get("max-length"), policy.get("max-length-bytes")
    # The broker tells the bytes of a queue some seconds late. One more event may not fit into what is left.
    held = row.get("message_bytes") or 0
    is_full = row["type"] != "stream" and (
        (length is not None and waiting >= length)
        or (length_bytes is not None and held > length_bytes - BODY_BYTES_MAX)
    )
    return IntegratorQueue(name, waiting, is_full, length_bytes is not None)
