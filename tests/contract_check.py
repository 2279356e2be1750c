"""Messages held against the contract, docs/asyncapi.yaml, more strictly than it is written: what Antrean
sends has no members and no values but those of today."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.protocols import Validator

from common.messages.event_data import KNOWN_VALUES
from common.messages.problems import ProblemCode
from common.messaging.topology import EVENTS_EXCHANGE, REQUEST_EXCHANGES
from contract.asyncapi import document

REPLY_TO: Final = "amq.rabbitmq.reply-to"
"""How the addresses of replies begin; where a client sends a request, the whole of it."""

_OPEN: Final = "CloudEvent"
"""It is one of two schemas that an event is held against: what neither has is found beside them."""

_ROLES: Final = {exchange: role for role, exchange in REQUEST_EXCHANGES.items()}
_UNREAD: Final = {ProblemCode.INVALID_REQUEST, ProblemCode.UNKNOWN_REQUEST, ProblemCode.MESSAGE_TOO_LARGE}
"""The answers to requests that are not as the contract has them."""


class Published(NamedTuple):
    """A message as it was published, with its properties as the contract calls them; `body` is None where it
    is no JSON."""

    exchange: str
    routing_key: str
    properties: Mapping[str, Any]
    body: Any


class _OpenRequest(NamedTuple):
    operation: str
    faults: list[str]


class ContractCheck:
    """What of the contract messages do not keep."""

    def __init__(self) -> None:
        self.document = document()
        components = self.document["components"]
        schemas = {name: _closed(each, name == _OPEN) for name, each in components["schemas"].items()}
        self._root = {"components": {"schemas": schemas}}
        self._validators: dict[tuple[str, str], Validator] = {}

    def faults(self, message: str, properties: Mapping[str, Any], body: Any) -> list[str]:
        """What is wrong with a message of this name in the contract."""
        of_properties = self._validator(message, "headers").iter_errors(properties)
        of_body = self._validator(message, "payload").iter_errors(body)
        return [
            f"{message}: {place} {'.'.join(map(str, error.absolute_path))}: {error.message}"
            for place, errors in (("property", of_properties), ("member", of_body))
            for error in errors
        ]

    def faults_of_all(self, messages: Iterable[Published]) -> Iterator[str]:
        """What is wrong with messages in the order in which they were published: with each, and with what
        answers what. A request may be wrong if it is answered so; what wants no answer, such as what tests
        fill a queue with, may be anything."""
        requests: dict[tuple[str, str], _OpenRequest] = {}
        for message in messages:
            if message.exchange in _ROLES:
                yield from self._of_request(message, requests)
            elif message.exchange == EVENTS_EXCHANGE:
                yield from self._of_event(message)
            elif message.routing_key.startswith(REPLY_TO):
                yield from self._of_reply(message, requests)
        for request in requests.values():
            yield from request.faults

    def _of_request(self, message: Published, requests: dict[tuple[str, str], _OpenRequest]) -> Iterator[str]:
        operation = f"{_ROLES[message.exchange]}.{message.routing_key}"
        if operation not in self.document["operations"]:
            yield f"{operation}: the contract has no such request"
            return
        if (address := message.properties.get("replyTo")) is None:
            return
        # The broker has put the whole address there.
        sent = {**message.properties, "replyTo": REPLY_TO}
        requests[address, message.properties.get("correlationId", "")] = _OpenRequest(
            operation, self.faults(operation, sent, message.body)
        )

    def _of_event(self, message: Published) -> Iterator[str]:
        name = message.routing_key.split(".", 2)[2]
        if name in self.document["operations"]:
            yield from self.faults(name, message.properties, message.body)
        else:
            yield f"{name}: the contract has no such event"

    def _of_reply(self, message: Published, requests: dict[tuple[str, str], _OpenRequest]) -> Iterator[str]:
        request = requests.get((message.routing_key, message.properties.get("correlationId", "")))
        if request is None:  # it was sent before the first of these messages
            return
        answers = self._answers(request.operation)
        if message.properties.get("type") == "problem":
            name = f"problem.{message.body['code']}"
            if message.body["code"] in _UNREAD:
                request.faults.clear()
        else:
            (name,) = (each for each in answers if each.startswith("reply."))
        if name in answers:
            yield from self.faults(name, message.properties, message.body)
        else:
            yield f"{request.operation}: {name} is no answer to it in the contract"

    def _answers(self, operation: str) -> set[str]:
        found = self.document["operations"][operation]["reply"]["messages"]
        return {each["$ref"].rpartition("/")[2] for each in found}

    def _validator(self, message: str, part: str) -> Validator:
        found = self._validators.get((message, part))
        if found is None:
            schema = _closed(self.document["components"]["messages"][message][part], is_open=True)
            if "allOf" in schema:
                schema["unevaluatedProperties"] = False
            found = Draft202012Validator({**self._root, **schema}, format_checker=FormatChecker())
            self._validators[message, part] = found
        return found


def _closed(schema: Any, is_open: bool = False) -> Any:
    """The same without members and values of later versions; of several that hold at once, each has only some
    of the members."""
    if isinstance(schema, list):
        return [_closed(each, is_open) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {}
    for key, value in schema.items():
        if key == "properties":
            found[key] = {name: _closed(each) for name, each in value.items()}
        else:
            found["enum" if key == KNOWN_VALUES else key] = _closed(value, is_open=key == "allOf")
    return found if is_open or "properties" not in found else {**found, "additionalProperties": False}
