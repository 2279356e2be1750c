"""The operations: who may send which request and what comes back, and who may listen to which event."""

from collections.abc import Iterable
from typing import Any, Final

from antrean_client.rpc import delivery_mode
from common.domain.event_names import EventName
from common.domain.staff import StaffRole
from common.messaging.topology import REQUEST_EXCHANGES
from contract.answers import problems_of, reply_of, roles_of
from contract.channels import BINDING_VERSION, JOURNAL, REPLIES, messages_in, request_channels
from contract.messages import REQUESTS

_PATIENT: Final = "patient"
_INTEGRATOR: Final = "integrator"
_STAFF: Final = {
    StaffRole.CALLER: "moves queues",
    StaffRole.RECEPTION: "sees to patients",
    StaffRole.MANAGER: "answers for the clinic",
}


def security_schemes() -> dict[str, Any]:
    """Who is who at the broker: all by user and password."""
    staff = {
        _staff(role): _by_password(
            f"A member of the staff, as a user of their own, with the role `{role}` in the clinic: {what}."
        )
        for role, what in _STAFF.items()
    }
    return {
        _PATIENT: _by_password("The user `patient`, which all patients' programs share."),
        **staff,
        _INTEGRATOR: _by_password(
            "An integrator's own user: binds queues of its own, reads the journal, asks for what it missed."
        ),
    }


def operations() -> dict[str, Any]:
    """All operations, by their names."""
    found: dict[str, Any] = {}
    for channel, role, name, _ in request_channels():
        found[channel] = _asked(channel, role, name)
    for event in EventName:
        found[event] = _sent(event, [event], "Antrean publishes it at least once; drop repetitions by `id`.")
    journaled = [name for name in EventName if name is not EventName.CLINIC_TICK]
    found[JOURNAL] = _sent(JOURNAL, journaled, "Events of up to 7 days ago, in the order of the stream.")
    return found


def _asked(channel: str, role: str, name: str) -> dict[str, Any]:
    kind, exchange = REQUESTS[name], REQUEST_EXCHANGES[role]
    who = [_staff(each) for each in roles_of(kind)] if role == "desk" else [role]
    problems = [f"problem.{code}" for code in problems_of(exchange, kind)]
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{channel}"},
        "security": [_security(each) for each in who],
        "messages": messages_in(channel, [channel]),
        "bindings": {
            "amqp": {
                "mandatory": True,
                "deliveryMode": delivery_mode(name),
                "bindingVersion": BINDING_VERSION,
            }
        },
        "reply": {
            "address": {"location": "$message.header#/replyTo"},
            "channel": {"$ref": f"#/channels/{REPLIES}"},
            "messages": messages_in(REPLIES, [f"reply.{reply_of(name)}", *problems]),
        },
    }


def _sent(channel: str, names: Iterable[EventName], description: str) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{channel}"},
        "description": description,
        "security": [_security(_INTEGRATOR)],
        "messages": messages_in(channel, names),
    }


def _staff(role: StaffRole) -> str:
    return f"staff-{role}"


def _security(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/securitySchemes/{name}"}


def _by_password(description: str) -> dict[str, str]:
    return {"type": "userPassword", "description": description}
