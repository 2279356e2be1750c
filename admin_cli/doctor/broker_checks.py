"""What AMQP tells of the broker: that it answers, what stands there, and what it refuses."""

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from admin_cli.broker.inspection import (
    Inspection,
    QueueState,
    TopologyFault,
    blocking_reason,
    inspecting,
    introduction,
)
from admin_cli.doctor.findings import Finding, failed, ok, warning
from common.errors import BrokerUnavailable, SettingsError
from common.messages.limits import BODY_BYTES_MAX, FRAME_BYTES_MAX, MESSAGE_BYTES_MAX
from common.messaging import topology
from common.settings import Settings

_FILLING: Final = 0.8
"""The part of its limit from which a queue's length is worth a warning."""


_ASIDE: Final = {*topology.QUARANTINES, topology.DEAD_QUEUE}
"""Queues of what was set aside: where they are full, no request is refused."""


@dataclass(frozen=True)
class BrokerSeen:
    """What the checks of the workers need to know of the broker."""

    takes_messages: bool
    queues: Mapping[str, QueueState]


def broker_findings(settings: Settings) -> Generator[Finding, None, BrokerSeen | None]:
    """Findings about the broker of `settings`; returns what was seen, None where it cannot be reached."""
    try:
        amqp_url = settings.require_amqp_url()
        blocked = blocking_reason(amqp_url, topology.PATIENT_EXCHANGE)
        with inspecting(amqp_url) as inspection:
            milliseconds = f"{inspection.connect_seconds * 1000:.0f}"
            broker = introduction(amqp_url)
            yield ok("broker", "broker.answers", version=broker.version, milliseconds=milliseconds)
            if blocked is not None:
                yield failed("broker.alarms", "alarm.blocked", reason=blocked)
            else:
                yield ok("broker.alarms", "alarm.none")
            faults = inspection.topology_faults()
            yield from _topology(faults)
            missing = {fault.name for fault in faults if fault.kind == "missing"}
            if blocked is None and topology.PATIENT_EXCHANGE not in missing:
                yield from _message_size(inspection)
            yield _frame_size(broker.frame_bytes_max)
            states = inspection.queue_states()
            yield from _queues(states)
            return BrokerSeen(blocked is None, states)
    except SettingsError as error:
        yield failed("broker", "settings", reason=error)
    except BrokerUnavailable as error:
        yield failed("broker", "broker.unavailable", reason=error)
    return None


def _topology(faults: list[TopologyFault]) -> Iterator[Finding]:
    names = {
        kind: ", ".join(fault.name for fault in faults if fault.kind == kind)
        for kind in ("missing", "different", "unknown")
    }
    if names["missing"]:
        yield failed("broker.topology", "topology.missing", names=names["missing"])
    for fault in faults:
        if fault.kind == "different":
            yield failed("broker.topology", "topology.different", item=fault.name, detail=fault.detail)
    if names["unknown"]:
        yield warning("broker.topology", "topology.unknown", names=names["unknown"])
    if not faults:
        counts = {"exchanges": len(topology.exchanges()), "queues": len(topology.queues())}
        yield ok("broker.topology", "topology.right", **counts)


def _message_size(inspection: Inspection) -> Iterator[Finding]:
    # Events and replies are smaller than the largest request.
    takes_ours = inspection.accepts(topology.PATIENT_EXCHANGE, BODY_BYTES_MAX)
    if takes_ours is None:
        yield warning("broker.message_size", "message_size.unknown")
    elif not takes_ours:
        yield failed("broker.message_size", "message_size.small", bytes=BODY_BYTES_MAX)
    elif inspection.accepts(topology.PATIENT_EXCHANGE, MESSAGE_BYTES_MAX + 1):
        yield warning("broker.message_size", "message_size.large", bytes=MESSAGE_BYTES_MAX)
    else:
        yield ok("broker.message_size", "message_size.right", bytes=MESSAGE_BYTES_MAX)


def _frame_size(bytes_max: int) -> Finding:
    if bytes_max > FRAME_BYTES_MAX:
        return warning("broker.frame_size", "frame_size.large", found=bytes_max, bytes=FRAME_BYTES_MAX)
    return ok("broker.frame_size", "frame_size.right", bytes=bytes_max)


def _queues(states: Mapping[str, QueueState]) -> Iterator[Finding]:
    filling = False
    for name, policy in topology.policies().items():
        limit = policy.get("max-length")
        if limit is None or name not in states or states[name].messages < _FILLING * limit:
            continue
        filling = True
        messages = states[name].messages
        tell, kind = (failed, "queues.full") if messages >= limit else (warning, "queues.filling")
        kind = f"{kind}_aside" if name in _ASIDE else kind
        yield tell("broker.queues", kind, queue=name, messages=messages, limit=limit)
    if not filling:
        work = (topology.REGISTRAR_QUEUE, topology.TICKER_QUEUE, *topology.LOOK_UP_QUEUES)
        waiting = sum(states[name].messages for name in work if name in states)
        yield ok("broker.queues", "queues.right", messages=waiting)
    if (dead := states.get(topology.DEAD_QUEUE)) is not None:
        if dead.messages:
            yield warning("broker.dead_letters", "dead_letters.some", messages=dead.messages)
        else:
            yield ok("broker.dead_letters", "dead_letters.none")
