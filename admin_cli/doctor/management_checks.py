"""What takes more than the deploying user's AMQP: bindings, policies, alarms by node, permissions."""

from collections.abc import Iterator

from admin_cli.broker.management import Management, vhost_of
from admin_cli.doctor.broker_checks import BrokerSeen
from admin_cli.doctor.clock_checks import broker_clock
from admin_cli.doctor.findings import Finding, failed, ok, unusable_settings, warning
from admin_cli.doctor.limit_checks import limit_findings, transaction_finding
from admin_cli.doctor.node_checks import node_findings
from admin_cli.doctor.permission_checks import permissions_as_tried, permissions_as_written
from common.errors import BrokerUnavailable, SettingsError
from common.messaging import topology
from common.settings import Settings
from common.translation import C_, N_

_FAULTS_SHOWN_MAX = 6
_NOT_BY_AMQP = ("broker.bindings", "broker.policies", "broker.limits", "broker.transactions", "broker.nodes")


def management_findings(settings: Settings, broker: BrokerSeen | None) -> Iterator[Finding]:
    """Findings from the management API, and about permissions with or without it; `broker` is what the
    checks over AMQP have seen."""
    tags: list[str] = []
    management = None
    if settings.management_url is None or settings.amqp_url is None:
        for check in _NOT_BY_AMQP:
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
            yield from limit_findings(management)
            yield transaction_finding(management)
            yield from node_findings(management.nodes(), settings.broker_nodes)
            if broker is None or not broker.takes_messages:
                # Otherwise any alarm is over, and the management API, whose picture of a node is up to ten
                # seconds old, does not know it yet.
                yield from _node_alarms(management, tags)
            yield broker_clock(management)
        except SettingsError as error:
            yield unusable_settings("broker.management", error)
        except BrokerUnavailable as error:
            yield _unavailable("broker.management", error)
    if management is not None and "administrator" in tags:
        try:
            yield from permissions_as_written(management)
        except BrokerUnavailable as error:
            yield _unavailable("broker.permissions", error)
    elif broker is None or not broker.takes_messages:
        yield warning(
            "broker.permissions",
            N_("Permissions were not checked: the broker cannot be used now."),
            N_("Mend the broker first."),
        )
    else:
        yield from permissions_as_tried(settings)


def _unavailable(check: str, error: BrokerUnavailable) -> Finding:
    return failed(
        check,
        C_("management API", "{reason}"),
        N_(
            "Enable the plugin rabbitmq_management, check ANTREAN_MANAGEMENT_URL, and give its"
            " user the tag monitoring."
        ),
        reason=error,
    )


def _bindings(management: Management) -> Iterator[Finding]:
    found, wanted = management.bindings(), set(topology.bindings())
    if missing := sorted(wanted - found):
        yield failed(
            "broker.bindings",
            N_("Bindings are missing: {bindings}"),
            N_("Declare them as the user deploy: antrean-admin broker declare"),
            bindings=_listed(missing),
        )
    of_hospitals = {each for each in found if topology.hospital_asked_through(each[0]) is not None}
    ours = {binding for binding in found - of_hospitals if binding[2] in topology.queues()}
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
