"""What takes more than the deploying user's AMQP: bindings, policies, alarms by node, permissions."""

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from admin_cli.broker.inspection import inspecting
from admin_cli.broker.management import Management
from admin_cli.broker.permissions import PermissionFault, permission_faults
from admin_cli.doctor.broker_checks import BrokerSeen
from admin_cli.doctor.clock_checks import broker_clock
from admin_cli.doctor.findings import Finding, failed, ok, warning
from common.errors import BrokerUnavailable, SettingsError
from common.messaging import topology
from common.settings import Settings, role_urls

_FAULTS_SHOWN_MAX = 6


def management_findings(settings: Settings, broker: BrokerSeen | None) -> Iterator[Finding]:
    """Findings from the management API, and about permissions with or without it; `broker` is what the
    checks over AMQP have seen."""
    tags: list[str] = []
    management = None
    if settings.management_url is None or settings.amqp_url is None:
        for check in ("broker.bindings", "broker.policies"):
            yield warning(check, "management.unknown")
    else:
        try:
            management = Management(settings.management_url, vhost_of(settings.amqp_url))
            tags = management.user_tags()
            yield from _bindings(management)
            yield from _policies(management)
            if broker is None or not broker.takes_messages:
                # Otherwise any alarm is over, and the management API, whose picture of a node is up to ten
                # seconds old, does not know it yet.
                yield from _node_alarms(management, tags)
            yield broker_clock(management)
        except SettingsError as error:
            yield failed("broker.management", "settings", reason=error)
        except BrokerUnavailable as error:
            yield failed("broker.management", "management.unavailable", reason=error)
    if management is not None and "administrator" in tags:
        try:
            yield from _permissions_as_written(management)
        except BrokerUnavailable as error:
            yield failed("broker.permissions", "management.unavailable", reason=error)
    elif broker is None or not broker.takes_messages:
        yield warning("broker.permissions", "permissions.untried")
    else:
        yield from _permissions_as_tried(settings)


def vhost_of(amqp_url: str) -> str:
    """The virtual host of a broker's address."""
    return unquote(urlsplit(amqp_url).path[1:]) or "/"


def _bindings(management: Management) -> Iterator[Finding]:
    found, wanted = management.bindings(), set(topology.bindings())
    if missing := sorted(wanted - found):
        yield failed("broker.bindings", "bindings.missing", bindings=_listed(missing))
    ours = {binding for binding in found if binding[2] in topology.queues()}
    if foreign := sorted(ours - wanted):
        yield warning("broker.bindings", "bindings.foreign", bindings=_listed(foreign))
    if not missing and not foreign:
        yield ok("broker.bindings", "bindings.right", count=len(wanted))


def _listed(bindings: list[tuple[str, str, str]]) -> str:
    shown = [f"{source} -{key}-> {queue}" for source, key, queue in bindings[:_FAULTS_SHOWN_MAX]]
    return "; ".join(shown + ["..."] * (len(bindings) > _FAULTS_SHOWN_MAX))


def _policies(management: Management) -> Iterator[Finding]:
    wanted, queue_types = topology.policies(), topology.queue_types()
    for queue_type, policy in topology.integrators_policies().items():
        queue = f"{topology.INTEGRATORS_PREFIX}{queue_type}"  # stands for all of them
        wanted[queue], queue_types[queue] = policy, queue_type
    right = True
    for queue, policy in management.policies(queue_types).items():
        if policy == wanted[queue]:
            continue
        right = False
        keys = sorted(key for key in policy | wanted[queue] if policy.get(key) != wanted[queue].get(key))
        details = ", ".join(f"{key} {policy.get(key, '-')} ({wanted[queue].get(key, '-')})" for key in keys)
        yield failed("broker.policies", "policies.wrong", queue=queue, details=details)
    if right:
        yield ok("broker.policies", "policies.right", count=len(wanted))


def _node_alarms(management: Management, tags: list[str]) -> Iterator[Finding]:
    if not {"monitoring", "administrator"} & set(tags):
        return  # alarms show over AMQP too; which node raised them does not
    for node in management.alarms():
        name = "alarm.memory" if node.memory else "alarm.disk"
        yield failed("broker.alarms", name, node=node.name, free=round(node.disk_free_bytes / 2**30, 1))


def _permissions_as_written(management: Management) -> Iterator[Finding]:
    found, right = management.permissions(), True
    for role, wanted in topology.permissions().items():
        if role not in found:
            yield failed("broker.permissions", "permissions.no_user", role=role)
        elif found[role] != wanted:
            details = ", ".join(
                f"{action} {found[role][action]} ({wanted[action]})"
                for action in wanted
                if found[role][action] != wanted[action]
            )
            yield failed("broker.permissions", "permissions.wrong", role=role, details=details)
        else:
            continue
        right = False
    if right:
        yield ok("broker.permissions", "permissions.right", roles=", ".join(topology.roles()))


def _permissions_as_tried(settings: Settings) -> Iterator[Finding]:
    urls: dict[str, str] = {
        role: url for role, url in role_urls(settings).items() if urlsplit(url).username == role
    }
    right = []
    for role, url in urls.items():
        try:
            with inspecting(url) as inspection:
                faults = permission_faults(inspection, role)
        except BrokerUnavailable as error:
            yield failed("broker.permissions", "permissions.refused", role=role, reason=error)
            continue
        for granted, name in ((True, "permissions.too_much"), (False, "permissions.too_little")):
            if told := _told([fault for fault in faults if fault.granted is granted]):
                yield failed("broker.permissions", name, role=role, faults=told)
        if not faults:
            right.append(role)
    if right:
        yield ok("broker.permissions", "permissions.right", roles=", ".join(right))
    if unknown := [role for role in topology.roles() if role not in urls]:
        passwords = ", ".join(f"ANTREAN_PASSWORD_{role.upper()}" for role in unknown)
        roles = ", ".join(unknown)
        yield warning("broker.permissions", "permissions.unknown", roles=roles, passwords=passwords)


def _told(faults: list[PermissionFault]) -> str:
    shown = [f"{fault.action} {fault.name}" for fault in faults[:_FAULTS_SHOWN_MAX]]
    return ", ".join(shown + ["..."] * (len(faults) > _FAULTS_SHOWN_MAX))
