"""JSON Schemas of all messages, from the models.

Requests are closed: Antrean refuses what it does not know. What Antrean sends is open: later versions add
members and values, so that additional members are allowed, and the values that there are today stand in
`x-known-values` instead of `enum`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pydantic import TypeAdapter

from common.messages.event_data import DATA_OF, KNOWN_VALUES
from common.messages.message import Request
from contract.descriptions import MEMBERS
from contract.messages import REPLIES, REQUESTS

Schema = dict[str, Any]

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_TEMPLATE: Final = "#/components/schemas/{model}"
_PREFIX: Final = _TEMPLATE.format(model="")
VERSION: Final = 1
"""Of every schema so far; docs/protocol.md says what a second one is."""

MODELS: Final[dict[str, type]] = {
    **{f"request.{name}": kind for name, kind in REQUESTS.items()},
    **{f"reply.{name}": kind for name, kind in REPLIES.items()},
    **{str(name): kind for name, kind in DATA_OF.items()},
}
"""What is described by a schema of its own, by the schema's name."""


def uri(name: str) -> str:
    """The URI of a schema: what an event has in `dataschema`, and the path of its file in docs/ behind
    `urn:antrean:`."""
    return f"urn:antrean:schemas/{name}/{VERSION}.json"


def all_schemas() -> dict[str, Schema]:
    """By the names of the models: the schema of each, and of whatever stands in one."""
    taken = _models(REQUESTS.values(), is_sent=False)
    sent = _models({*REPLIES.values(), *DATA_OF.values()}, is_sent=True)
    assert not taken.keys() & sent.keys()
    return dict(sorted((taken | sent).items()))


def schema_files() -> dict[str, Schema]:
    """By their names: each as a document of its own."""
    return {name: schema_of(name, kind) for name, kind in MODELS.items()}


def schema_of(name: str, kind: type) -> Schema:
    """A model as a document of its own."""
    return _alone(name, kind.__name__, _models([kind], is_sent=not issubclass(kind, Request)))


def reference(kind: type) -> Schema:
    """A reference to the schema of a model in the AsyncAPI document."""
    return {"$ref": _PREFIX + kind.__name__}


def _models(kinds: Iterable[type], *, is_sent: bool) -> dict[str, Schema]:
    ordered = sorted(kinds, key=lambda kind: kind.__name__)
    inputs: list[Any] = [(kind.__name__, "validation", TypeAdapter(kind)) for kind in ordered]
    _, found = TypeAdapter.json_schemas(inputs, ref_template=_TEMPLATE)
    defined: dict[str, Schema] = found["$defs"]
    inline = {_PREFIX + name: each for name, each in defined.items() if "enum" in each}
    return {
        name: _described(name, _tidy(each, inline, is_sent=is_sent))
        for name, each in defined.items()
        if _PREFIX + name not in inline
    }


def _tidy(schema: Any, inline: Mapping[str, Schema], *, is_sent: bool) -> Any:
    """Without pydantic's titles, with each enumeration where it is used, and open where it is sent."""
    if isinstance(schema, list):
        return [_tidy(each, inline, is_sent=is_sent) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if (named := inline.get(schema.get("$ref", ""))) is not None:
        values = {KNOWN_VALUES if is_sent else "enum": named["enum"]}
        return {"type": named["type"], **values, **_beside(schema)}
    left_out = {"title"} | ({"additionalProperties", "default"} if is_sent else set())
    kept: Schema = {}
    for key, value in schema.items():
        if key == "properties":
            kept[key] = {name: _tidy(each, inline, is_sent=is_sent) for name, each in value.items()}
        elif key == "description":
            kept[key] = " ".join(value.split())
        elif key not in left_out:
            kept[key] = _tidy(value, inline, is_sent=is_sent)
    return kept


def _beside(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key not in ("$ref", "title", "description")}


def _described(name: str, schema: Schema) -> Schema:
    """With what the documents say of its members."""
    said = MEMBERS.get(name, {})
    for member, each in schema.get("properties", {}).items():
        if member in said:
            each["description"] = said[member]
    return schema


def _alone(name: str, model: str, schemas: Mapping[str, Schema]) -> Schema:
    needed: dict[str, None] = {}
    waiting = [model]
    while waiting:
        for found in references(schemas[waiting.pop()]):
            if found not in needed:
                needed[found] = None
                waiting.append(found)
    parts = {each: _moved(schemas[each]) for each in sorted(needed)}
    return {
        "$schema": _DIALECT,
        "$id": uri(name),
        "title": name,
        **_moved(schemas[model]),
        **({"$defs": parts} if parts else {}),
    }


def references(schema: Any) -> Iterator[str]:
    """The names of the models to which a schema refers."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"].removeprefix(_PREFIX)
        for each in schema.values():
            yield from references(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from references(each)


def _moved(schema: Any) -> Any:
    """The same with its references into the `$defs` of one document."""
    if isinstance(schema, dict):
        return {
            key: value.replace(_PREFIX, "#/$defs/") if key == "$ref" else _moved(value)
            for key, value in schema.items()
        }
    return [_moved(each) for each in schema] if isinstance(schema, list) else schema
