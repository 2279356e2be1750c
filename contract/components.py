"""The messages of the AsyncAPI document, and the schemas of their properties and of CloudEvents' envelope."""

import re
from collections.abc import Mapping
from typing import Any, Final

from antrean_client.protocol import LOOK_UPS
from common.domain.event_names import EventName
from common.messages.event_data import DATA_OF
from common.messages.events import CONTENT_TYPE, data_schema, event_type
from common.messages.message import Request
from common.messages.problems import ProblemCode
from common.messaging.topology import REQUEST_EXCHANGES, routing_keys
from contract.descriptions import PROTOCOL
from contract.documents import plain
from contract.examples import event_example, problem_examples, reply_examples, request_examples
from contract.messages import REPLIES, REQUESTS
from contract.schemas import reference

_JSON: Final = "application/json"
_REQUEST_ID: Final = "0198c0de-0000-7000-8000-000000000001"
_PROBLEMS: Final = {f"problem.{code}": code for code in ProblemCode}

REPLY_MESSAGES: Final = [*(f"reply.{name}" for name in REPLIES if name != "problem"), *_PROBLEMS]
"""The names of all replies, each problem by itself."""

_TEXT: Final = {"type": "string"}
_UUID: Final = {"type": "string", "format": "uuid"}


def shared_schemas() -> dict[str, Any]:
    """The properties of messages, which stand for AMQP's and are no headers, and the envelope of events."""
    asked = {
        "type": {"type": "string", "description": "The request's name, as the routing key."},
        "messageId": {
            **_UUID,
            "description": "The request id: new for each request, the same when it is sent again.",
        },
        "correlationId": {
            "type": "string",
            "maxLength": 255,
            "description": "Comes back with the reply.",
        },
        "replyTo": {"const": "amq.rabbitmq.reply-to", "description": "Consumed on the same channel."},
        "contentType": {"const": _JSON},
        "timestamp": {
            "type": "integer",
            "description": "When the request was first made: whole seconds since 1970-01-01 00:00 UTC.",
        },
        "deliveryMode": {"enum": [1, 2], "description": "2, persistent, for what changes something."},
    }
    user = {"type": "string", "description": "The connection's own user, for whom the broker vouches."}
    return {
        "RequestProperties": _properties({**asked, "userId": user}, ["type"]),
        "DeskProperties": _properties({**asked, "userId": user}, ["type", "userId"]),
        "ReplyProperties": _properties(
            {
                "type": {"type": "string", "description": "The reply's name; `problem` for a refusal."},
                "correlationId": {"type": "string", "description": "That of the request."},
                "contentType": {"const": _JSON},
            },
            ["type", "contentType"],
        ),
        "EventProperties": _properties(
            {
                "type": {"type": "string", "description": "The event's name, such as `ticket.called`."},
                "messageId": {"type": "string", "description": "The CloudEvent's `id`."},
                "contentType": {"const": CONTENT_TYPE},
                "deliveryMode": {"const": 2},
            },
            ["type", "messageId", "contentType", "deliveryMode"],
        ),
        "CloudEvent": _envelope(),
    }


def messages() -> dict[str, Any]:
    """All messages, by their names."""
    found: dict[str, Any] = {}
    for role, exchange in REQUEST_EXCHANGES.items():
        for name in sorted(routing_keys(exchange)):
            found[f"{role}.{name}"] = _request(role, REQUESTS[name])
    for name, body in reply_examples().items():
        found[f"reply.{name}"] = _reply(
            REPLIES[name].name, _words(REPLIES[name]), reference(REPLIES[name]), body
        )
    problems, rows = problem_examples(), PROTOCOL.rows("code", PROTOCOL.section("## Problem codes"))
    for name, code in _PROBLEMS.items():
        payload = {"allOf": [reference(REPLIES["problem"]), {"properties": {"code": {"const": str(code)}}}]}
        found[name] = _reply("problem", plain(rows[code][0]), payload, problems[code])
    events = PROTOCOL.rows("event", PROTOCOL.section("## Events"))
    return found | {str(name): _event(name, plain(events[name][0])) for name in EventName}


def _request(role: str, kind: type[Request]) -> dict[str, Any]:
    is_desk = role == "desk"
    properties = {
        "type": kind.name,
        "messageId": _REQUEST_ID,
        "correlationId": "1",
        "replyTo": "amq.rabbitmq.reply-to",
        "contentType": _JSON,
        "deliveryMode": 1 if kind.name in LOOK_UPS else 2,
        **({"userId": "siti"} if is_desk else {}),
    }
    schema = "DeskProperties" if is_desk else "RequestProperties"
    return {
        "name": kind.name,
        "contentType": _JSON,
        "description": _words(kind),
        "headers": {"$ref": f"#/components/schemas/{schema}"},
        "correlationId": {"location": "$message.header#/correlationId"},
        "payload": reference(kind),
        "bindings": _bindings(kind.name),
        "examples": [{"headers": properties, "payload": request_examples()[kind.name]}],
    }


def _reply(name: str, description: str, payload: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    properties = {"type": name, "correlationId": "1", "contentType": _JSON}
    return {
        "name": name,
        "contentType": _JSON,
        "description": description,
        "headers": {"$ref": "#/components/schemas/ReplyProperties"},
        "correlationId": {"location": "$message.header#/correlationId"},
        "payload": payload,
        "bindings": _bindings(name),
        "examples": [{"headers": properties, "payload": body}],
    }


def _event(name: EventName, description: str) -> dict[str, Any]:
    body = event_example(name)
    properties = {"type": str(name), "messageId": body["id"], "contentType": CONTENT_TYPE, "deliveryMode": 2}
    own: dict[str, Any] = {"type": {"const": event_type(name)}}
    required = []
    if name in DATA_OF:
        own |= {"dataschema": {"const": data_schema(name)}, "data": reference(DATA_OF[name])}
        required = ["subject", "datacontenttype", "sequence", "data"]
    return {
        "name": str(name),
        "contentType": CONTENT_TYPE,
        "description": f"{description[0].upper()}{description[1:]}.",
        "headers": {"$ref": "#/components/schemas/EventProperties"},
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/CloudEvent"},
                {"type": "object", "properties": own, "required": required},
            ]
        },
        "bindings": _bindings(str(name)),
        "examples": [{"headers": properties, "payload": body}],
    }


def _envelope() -> dict[str, Any]:
    rows = PROTOCOL.rows("attribute", PROTOCOL.section("## Events"))
    attributes: dict[str, Any] = {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "minLength": 1},
        "type": _TEXT,
        "source": {"type": "string", "format": "uri-reference"},
        "subject": _TEXT,
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": _JSON},
        "dataschema": {"type": "string", "format": "uri"},
        "sequence": {"type": "string", "pattern": "^[0-9]{10,}$"},
        "data": {"type": "object"},
    }
    described = {name: {**each, "description": plain(rows[name][0])} for name, each in attributes.items()}
    return {
        "type": "object",
        "description": "The envelope of CloudEvents 1.0, in structured JSON, as Antrean fills it.",
        "properties": described,
        "required": ["specversion", "id", "type", "source", "time"],
    }


def _properties(members: Mapping[str, Any], required: list[str]) -> dict[str, Any]:
    said = "AMQP properties; Antrean reads and writes no headers."
    return {"type": "object", "description": said, "properties": dict(members), "required": required}


def _bindings(name: str) -> dict[str, Any]:
    return {"amqp": {"messageType": name, "bindingVersion": "0.3.0"}}


def _words(kind: type) -> str:
    """What is said of a message, but for the model of its reply."""
    said = re.sub(r"Answered by [^.;]*(?:\.|; (?=changes))", "", " ".join((kind.__doc__ or "").split()))
    return said.replace("changes nothing", "Changes nothing").strip()
