"""The channels: one for each routing key of a request, one for each event, the replies and the journal."""

from collections.abc import Iterable
from typing import Any, Final

from common.domain.event_names import EventName
from common.messaging.topology import (
    EVENTS_EXCHANGE,
    JOURNAL_QUEUE,
    REQUEST_EXCHANGES,
    exchange_types,
    routing_keys,
)
from contract.components import REPLY_MESSAGES

JOURNAL: Final = "journal"
REPLIES: Final = "replies"
BINDING_VERSION: Final = "0.3.0"
"""Of AMQP's bindings in AsyncAPI. https://github.com/asyncapi/bindings/tree/master/amqp"""

_CODES: Final = {
    "hospital": {"description": "Code of the hospital.", "examples": ["RSHS"]},
    "clinic": {"description": "Code of the clinic.", "examples": ["GIG"]},
}


def request_channels() -> list[tuple[str, str, str, str]]:
    """Of each request that the broker routes: the channel's name, who sends it (`patient` or `desk`), the
    request's name, and the queue that it goes to."""
    return [
        (f"{role}.{name}", role, name, queue)
        for role, exchange in REQUEST_EXCHANGES.items()
        for name, queue in sorted(routing_keys(exchange).items())
    ]


def messages_in(channel: str, names: Iterable[str]) -> list[dict[str, str]]:
    """References to messages of a channel."""
    return [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in names]


def channels() -> dict[str, Any]:
    """All channels, by their names."""
    journaled = [name for name in EventName if name is not EventName.CLINIC_TICK]
    found: dict[str, Any] = {}
    for channel, role, name, queue in request_channels():
        found[channel] = {
            "address": name,
            "description": f"Requests `{name}` of {_SENDERS[role]}.",
            "messages": _messages([channel]),
            "bindings": _exchange(REQUEST_EXCHANGES[role]),
            "x-queue": queue,
        }
    found[REPLIES] = {
        "address": None,
        "description": "The address that the broker puts in the place of `amq.rabbitmq.reply-to`.",
        "messages": _messages(REPLY_MESSAGES),
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {"name": "", "type": "default", "vhost": "/"},
                "bindingVersion": BINDING_VERSION,
            }
        },
    }
    for event in EventName:
        found[event] = {
            "address": f"{{hospital}}.{{clinic}}.{event}",
            "description": "To be bound to a queue of your own.",
            "parameters": _CODES,
            "messages": _messages([event]),
            "bindings": _exchange(EVENTS_EXCHANGE),
        }
    found[JOURNAL] = {
        "address": JOURNAL_QUEUE,
        "description": "The stream of all events but ticks, of 7 days at most: consume it from any point.",
        "messages": _messages(journaled),
        "bindings": {
            "amqp": {
                "is": "queue",
                "queue": {"name": JOURNAL_QUEUE, "durable": True, "exclusive": False, "autoDelete": False},
                "bindingVersion": BINDING_VERSION,
            }
        },
    }
    return found


_SENDERS: Final = {"patient": "patients' programs", "desk": "the staff", "integrator": "integrators"}


def _messages(names: Iterable[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/messages/{name}"} for name in names}


def _exchange(name: str) -> dict[str, Any]:
    exchange = {
        "name": name,
        "type": exchange_types()[name],
        "durable": True,
        "autoDelete": False,
        "vhost": "/",
    }
    return {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": BINDING_VERSION}}
