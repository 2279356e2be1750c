"""Messages held against the contract, docs/asyncapi.yaml, more strictly than it is written: what Antrean
sends has no members and no values but those of today."""

from collections.abc import Mapping
from typing import Any, Final

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.protocols import Validator

from common.messages.event_data import KNOWN_VALUES
from contract.asyncapi import document

_OPEN: Final = "CloudEvent"
"""It is one of two schemas that an event is held against: what neither has is found beside them."""


class ContractCheck:
    """What of the contract a message does not keep."""

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

    def answers(self, operation: str) -> set[str]:
        """The names of the messages that may answer a request."""
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
