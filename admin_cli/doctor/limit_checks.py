"""What bounds users and the virtual host, and what no limit of the broker bounds."""

import json
from collections.abc import Iterator

from admin_cli.broker.management import Management, Transaction
from admin_cli.doctor.findings import Finding, ok, warning
from common.messaging import topology
from common.translation import N_

_SHOWN_MAX = 6
_SHARED_USER = "patient"
"""The user whose password is public knowledge."""


def limit_findings(management: Management) -> Iterator[Finding]:
    """Findings about the limits of users and of the virtual host; raises BrokerUnavailable."""
    found, right = management.user_limits(), True
    for role in topology.roles():
        wanted = topology.user_limits()[role]
        if not all(_is_set(found.get(role, {}), name) for name in wanted):
            right = False
            yield warning(
                "broker.limits",
                N_("The user {role} may open any number of connections or channels."),
                N_("Limit that user: rabbitmqctl set_user_limits {role} '{limits}'"),
                role=role,
                limits=json.dumps(wanted),
            )
    wanted, vhost_limits = topology.vhost_limits(), management.vhost_limits()
    if not all(_is_set(vhost_limits, name) for name in wanted):
        right = False
        yield warning(
            "broker.limits",
            N_("The virtual host may hold any number of queues."),
            N_("Limit them: rabbitmqctl set_vhost_limits -p VHOST '{limits}'"),
            limits=json.dumps(wanted),
        )
    strangers = found.get(_SHARED_USER, {}).get("max-connections", 0)
    for node, connections_max in management.connections_max().items():
        if strangers >= connections_max:
            right = False
            yield warning(
                "broker.limits",
                N_(
                    "Node {node} can have {total} connections, and patients alone may have {strangers}: they"
                    " could keep staff and workers out."
                ),
                N_(
                    "Let that node open more files (ulimit -n, LimitNOFILE), or lower the max-connections of"
                    " {role}."
                ),
                node=node,
                total=connections_max,
                strangers=strangers,
                role=_SHARED_USER,
            )
    if right:
        yield ok("broker.limits", N_("Connections, channels and queues are limited."))


def _is_set(limits: dict[str, int], name: str) -> bool:
    return limits.get(name, -1) >= 0  # RabbitMQ's way to say that there is no limit is -1


def transaction_finding(management: Management) -> Finding:
    """Whether somebody publishes in transactions, as no program of Antrean does; raises BrokerUnavailable."""
    found = management.transactions()
    if not found:
        return ok("broker.transactions", N_("Nobody publishes in transactions."))
    return warning(
        "broker.transactions",
        N_("Transactions, which no limit bounds and no program of Antrean uses: {transactions}."),
        N_(
            "Find these connections: rabbitmqctl list_connections pid user peer_host peer_port; and close"
            " them: rabbitmqctl close_connection PID transactions"
        ),
        transactions=_listed(found),
    )


def _listed(found: list[Transaction]) -> str:
    most_first = sorted(found, key=lambda each: each.uncommitted, reverse=True)
    shown = [f"{each.user} {each.address} ({each.uncommitted})" for each in most_first[:_SHOWN_MAX]]
    return ", ".join(shown + ["..."] * (len(found) > _SHOWN_MAX))
