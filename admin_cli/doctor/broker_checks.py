"""What AMQP tells of the broker: that it answers, what stands there, and what it refuses."""

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from admin_cli.broker.inspection import (
    CONNECTION_NAME,
    Inspection,
    QueueState,
    TopologyFault,
    blocking_reason,
    inspecting,
)
from admin_cli.doctor.findings import Finding, failed, ok, unusable_settings, warning
from common.errors import BrokerUnavailable, SettingsError
from common.messages.limits import BODY_BYTES_MAX, CHANNELS_MAX, MESSAGE_BYTES_MAX
from common.messaging import topology
from common.messaging.introduction import Introduction, introduction
from common.settings import Settings
from common.translation import C_, N_

_FILLING: Final = 0.8
"""The part of its limit from which a queue's length is worth a warning."""


_ADVICE: Final = N_("Start more workers, and look at their logs: a slow database is the usual reason.")
_ADVICE_ASIDE: Final = N_(
    "Make room: antrean-admin dead-letters list, then retry or drop; the workers' logs tell the cause."
)

_ASIDE: Final = {*topology.QUARANTINES, *topology.DEAD_LETTER_QUEUES}
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
            broker = introduction(amqp_url, CONNECTION_NAME)
            yield ok(
                "broker",
                N_("RabbitMQ {version} answers in {milliseconds} ms."),
                version=broker.version,
                milliseconds=milliseconds,
            )
            if blocked is not None:
                yield failed(
                    "broker.alarms",
                    N_("The broker takes no messages: {reason}."),
                    N_(
                        "Give the broker more memory or disk space; `rabbitmq-diagnostics alarms` says on"
                        " which node."
                    ),
                    reason=blocked,
                )
            else:
                yield ok("broker.alarms", N_("The broker takes messages."))
            faults = inspection.topology_faults()
            yield from _topology(faults)
            missing = {fault.name for fault in faults if fault.kind == "missing"}
            if blocked is None and topology.PATIENT_EXCHANGE not in missing:
                yield from _message_size(inspection)
            yield _frame_size(broker)
            yield _channels(broker.channels_max)
            states = inspection.queue_states()
            yield from _queues(states)
            return BrokerSeen(blocked is None, states)
    except SettingsError as error:
        yield unusable_settings("broker", error)
    except BrokerUnavailable as error:
        yield failed(
            "broker",
            C_("broker", "{reason}"),
            N_(
                "Start RabbitMQ and look at its log; check ANTREAN_AMQP_URL and the network. The"
                " rest of the broker was not checked."
            ),
            reason=error,
        )
    return None


def _topology(faults: list[TopologyFault]) -> Iterator[Finding]:
    names = {
        kind: ", ".join(fault.name for fault in faults if fault.kind == kind)
        for kind in ("missing", "different", "unknown")
    }
    if names["missing"]:
        yield failed(
            "broker.topology",
            N_("Missing: {names}."),
            N_("Declare them as the user deploy: antrean-admin broker declare"),
            names=names["missing"],
        )
    for fault in faults:
        if fault.kind == "different":
            yield failed(
                "broker.topology",
                N_("{item} is not what it should be: {detail}"),
                N_(
                    "Stop the workers, empty and delete {item} at the broker, then: antrean-admin broker"
                    " declare"
                ),
                item=fault.name,
                detail=fault.detail,
            )
    if names["unknown"]:
        yield warning(
            "broker.topology",
            N_("There, but their types were not checked: {names}."),
            N_("Run this with the user deploy in ANTREAN_AMQP_URL."),
            names=names["unknown"],
        )
    if not faults:
        counts = {"exchanges": len(topology.exchanges()), "queues": len(topology.queues())}
        yield ok(
            "broker.topology",
            N_("{exchanges} exchanges and {queues} queues are as they should be."),
            **counts,
        )


def _message_size(inspection: Inspection) -> Iterator[Finding]:
    # Events and replies are smaller than the largest request.
    takes_ours = inspection.accepts(topology.PATIENT_EXCHANGE, BODY_BYTES_MAX)
    if takes_ours is None:
        yield warning(
            "broker.message_size",
            N_("The limit of a message's size was not checked: this user may not send to antrean.patient."),
            N_("Run this with the user deploy in ANTREAN_AMQP_URL."),
        )
    elif not takes_ours:
        yield failed(
            "broker.message_size",
            N_("The broker refuses messages of {bytes} bytes, which Antrean allows."),
            N_("Raise max_message_size in rabbitmq.conf (65536) and restart the broker."),
            bytes=BODY_BYTES_MAX,
        )
    elif inspection.accepts(topology.PATIENT_EXCHANGE, MESSAGE_BYTES_MAX + 1):
        yield warning(
            "broker.message_size",
            N_("The broker takes messages of more than {bytes} bytes."),
            N_(
                "Write max_message_size = {bytes} into rabbitmq.conf and restart the broker"
                " (common/messaging/rabbitmq.conf)."
            ),
            bytes=MESSAGE_BYTES_MAX,
        )
    else:
        yield ok(
            "broker.message_size",
            N_("Messages of more than {bytes} bytes are refused."),
            bytes=MESSAGE_BYTES_MAX,
        )


def _frame_size(broker: Introduction) -> Finding:
    wanted = topology.frame_bytes_max(broker.version)
    if broker.frame_bytes_max > wanted:
        return warning(
            "broker.frame_size",
            N_(
                "The broker takes frames of up to {found} bytes: one message with nested headers can"
                " keep it busy for seconds."
            ),
            N_(
                "Write frame_max = {bytes} into rabbitmq.conf and restart the broker"
                " (common/messaging/rabbitmq.conf)."
            ),
            found=broker.frame_bytes_max,
            bytes=wanted,
        )
    return ok(
        "broker.frame_size",
        N_("Frames of more than {bytes} bytes are refused."),
        bytes=broker.frame_bytes_max,
    )


def _channels(channels_max: int) -> Finding:
    if channels_max > CHANNELS_MAX:
        return warning(
            "broker.channels",
            N_("The broker takes up to {found} channels of one connection."),
            N_(
                "Write channel_max = {limit} into rabbitmq.conf and restart the broker"
                " (common/messaging/rabbitmq.conf)."
            ),
            found=channels_max,
            limit=CHANNELS_MAX,
        )
    return ok("broker.channels", N_("A connection has at most {limit} channels."), limit=channels_max)


def _queues(states: Mapping[str, QueueState]) -> Iterator[Finding]:
    filling = False
    for name, policy in topology.policies().items():
        limit = policy.get("max-length")
        if limit is None or name not in states or states[name].messages < _FILLING * limit:
            continue
        if policy["overflow"] == "drop-head":
            continue  # it is never full for those who publish
        filling = True
        messages = states[name].messages
        values = {"queue": name, "messages": messages, "limit": limit}
        advice = _ADVICE_ASIDE if name in _ASIDE else _ADVICE
        if messages >= limit:
            full = (
                N_("{queue} is full ({messages} messages): what has to be set aside stays with the workers.")
                if name in _ASIDE
                else N_("{queue} is full ({messages} messages): requests are refused as `busy`.")
            )
            yield failed("broker.queues", full, advice, **values)
        else:
            yield warning(
                "broker.queues",
                N_("{queue} is nearly full: {messages} of {limit} messages."),
                advice,
                **values,
            )
    if not filling:
        work = (*topology.REGISTRATION_QUEUES, topology.TICKER_QUEUE, *topology.LOOK_UP_QUEUES)
        waiting = sum(states[name].messages for name in work if name in states)
        yield ok(
            "broker.queues",
            N_("All queues are far from their limits; waiting to be worked on: {messages}."),
            messages=waiting,
        )
    dead = {name: states[name].messages for name in topology.DEAD_LETTER_QUEUES if name in states}
    if any(dead.values()):
        yield warning(
            "broker.dead_letters",
            N_("Messages that could not be processed: {counts}."),
            N_("Look at them: antrean-admin dead-letters list"),
            counts=", ".join(f"{name} {messages}" for name, messages in dead.items() if messages),
        )
    elif dead:
        yield ok("broker.dead_letters", C_("doctor", "There are no dead letters."))
