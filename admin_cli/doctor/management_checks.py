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
from common.translation import C_, N_

_FAULTS_SHOWN_MAX = 6


def management_findings(settings: Settings, broker: BrokerSeen | None) -> Iterator[Finding]:
    """Findings from the management API, and about permissions with or without it; `broker` is what the
    checks over AMQP have seen."""
    tags: list[str] = []
    management = None
    if settings.management_url is None or settings.amqp_url is None:
        for check in ("broker.bindings", "broker.policies"):
            yield warning(
                check,
                N_("Not checked."),
                N_(
                    "Set ANTREAN_MANAGEMENT_URL (http://deploy:PASSWORD@host:15672/) and enable the"
                    " plugin rabbitmq_management."
                ),
            )
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
            yield failed(
                "broker.management",
                N_("Cannot be checked: {reason}"),
                N_("Correct that setting."),
                reason=error,
            )
        except BrokerUnavailable as error:
            yield failed(
                "broker.management",
                C_("management API", "{reason}"),
                N_(
                    "Enable the plugin rabbitmq_management, check ANTREAN_MANAGEMENT_URL, and give its"
                    " user the tag monitoring."
                ),
                reason=error,
            )
    if management is not None and "administrator" in tags:
        try:
            yield from _permissions_as_written(management)
        except BrokerUnavailable as error:
            yield failed(
                "broker.permissions",
                C_("management API", "{reason}"),
                N_(
                    "Enable the plugin rabbitmq_management, check ANTREAN_MANAGEMENT_URL, and give its"
                    " user the tag monitoring."
                ),
                reason=error,
            )
    elif broker is None or not broker.takes_messages:
        yield warning(
            "broker.permissions",
            N_("Permissions were not checked: the broker cannot be used now."),
            N_("Mend the broker first."),
        )
    else:
        yield from _permissions_as_tried(settings)


def vhost_of(amqp_url: str) -> str:
    """The virtual host of a broker's address."""
    return unquote(urlsplit(amqp_url).path[1:]) or "/"


def _bindings(management: Management) -> Iterator[Finding]:
    found, wanted = management.bindings(), set(topology.bindings())
    if missing := sorted(wanted - found):
        yield failed(
            "broker.bindings",
            N_("Bindings are missing: {bindings}"),
            N_("Declare them as the user deploy: antrean-admin broker declare"),
            bindings=_listed(missing),
        )
    ours = {binding for binding in found if binding[2] in topology.queues()}
    if foreign := sorted(ours - wanted):
        yield warning(
            "broker.bindings",
            N_("Bindings that are not this Antrean's: {bindings}"),
            N_("Remove them where an older version left them (rabbitmqctl list_bindings shows all)."),
            bindings=_listed(foreign),
        )
    if not missing and not foreign:
        yield ok("broker.bindings", N_("{count} bindings are as they should be."), count=len(wanted))


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
        yield failed(
            "broker.policies",
            N_("The policy of {queue} is different, with what it should be in brackets: {details}."),
            N_(
                "Write the file: antrean-admin broker definitions --output FILE, and load it:"
                " rabbitmqctl import_definitions FILE. Remove another policy that matches this queue"
                " with a higher priority."
            ),
            queue=queue,
            details=details,
        )
    if right:
        yield ok(
            "broker.policies", N_("The policies of {count} queues are as they should be."), count=len(wanted)
        )


def _node_alarms(management: Management, tags: list[str]) -> Iterator[Finding]:
    if not {"monitoring", "administrator"} & set(tags):
        return  # alarms show over AMQP too; which node raised them does not
    for node in management.alarms():
        values = {"node": node.name, "free": round(node.disk_free_bytes / 2**30, 1)}
        if node.memory:
            yield failed(
                "broker.alarms",
                N_("Node {node} is short of memory."),
                N_(
                    "Give that node more memory, or find the queue that grows: rabbitmqctl list_queues"
                    " name messages memory"
                ),
                **values,
            )
        else:
            yield failed(
                "broker.alarms",
                N_("Node {node} is short of disk space: {free} GiB are left."),
                N_("Make room on that node's disk; the broker takes messages again by itself."),
                **values,
            )


def _permissions_as_written(management: Management) -> Iterator[Finding]:
    found, right = management.permissions(), True
    for role, wanted in topology.permissions().items():
        if role not in found:
            yield failed(
                "broker.permissions",
                N_("The user {role} is missing or has no permissions."),
                N_(
                    "Load users and permissions: antrean-admin broker definitions --output FILE, then"
                    " rabbitmqctl import_definitions FILE"
                ),
                role=role,
            )
        elif found[role] != wanted:
            details = ", ".join(
                f"{action} {found[role][action]} ({wanted[action]})"
                for action in wanted
                if found[role][action] != wanted[action]
            )
            yield failed(
                "broker.permissions",
                N_(
                    "The permissions of {role} are different, with what they should be in brackets:"
                    " {details}."
                ),
                N_(
                    "Set the permissions of {role} as in docs/operations.md: rabbitmqctl set_permissions"
                    " {role} ..."
                ),
                role=role,
                details=details,
            )
        else:
            continue
        right = False
    if right:
        yield ok(
            "broker.permissions",
            N_("These may do exactly what they need: {roles}."),
            roles=", ".join(topology.roles()),
        )


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
            yield failed(
                "broker.permissions",
                N_("{role} cannot log in: {reason}"),
                N_(
                    "Make the passwords the same: rabbitmqctl change_password {role} PASSWORD, or"
                    " correct the one known here."
                ),
                role=role,
                reason=error,
            )
            continue
        if granted := _listed_faults([fault for fault in faults if fault.granted]):
            yield failed(
                "broker.permissions",
                N_("{role} may do more than it needs: {faults}"),
                N_(
                    "Set the permissions of {role} as in docs/operations.md: rabbitmqctl set_permissions"
                    " {role} ..."
                ),
                role=role,
                faults=granted,
            )
        if denied := _listed_faults([fault for fault in faults if not fault.granted]):
            yield failed(
                "broker.permissions",
                N_("{role} may not do what it needs: {faults}"),
                N_(
                    "Set the permissions of {role} as in docs/operations.md: rabbitmqctl set_permissions"
                    " {role} ..."
                ),
                role=role,
                faults=denied,
            )
        if not faults:
            right.append(role)
    if right:
        yield ok(
            "broker.permissions", N_("These may do exactly what they need: {roles}."), roles=", ".join(right)
        )
    if unknown := [role for role in topology.roles() if role not in urls]:
        passwords = ", ".join(f"ANTREAN_PASSWORD_{role.upper()}" for role in unknown)
        roles = ", ".join(unknown)
        yield warning(
            "broker.permissions",
            N_("Permissions were not checked: {roles}."),
            N_(
                "Set {passwords}, or ANTREAN_MANAGEMENT_URL with a user who has the tag"
                " administrator. Each role needs a user of its own."
            ),
            roles=roles,
            passwords=passwords,
        )


def _listed_faults(faults: list[PermissionFault]) -> str:
    shown = [f"{fault.action} {fault.name}" for fault in faults[:_FAULTS_SHOWN_MAX]]
    return ", ".join(shown + ["..."] * (len(faults) > _FAULTS_SHOWN_MAX))
