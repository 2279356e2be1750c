"""The page for people: docs/contract.html, one file that loads nothing from anywhere."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from common.messages.event_data import KNOWN_VALUES
from contract.schemas import references

Part = dict[str, Any]

_BOUNDS: Final = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {}",
    "maxItems": "at most {}",
    "pattern": "{}",
}


class Member(NamedTuple):
    """A row of a table of members."""

    name: str
    type: Markup
    is_required: bool
    description: str


def page(contract: Part) -> str:
    """The HTML of an AsyncAPI document."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"prose": _prose, "json": _json, "last": _last, "begin": _begin}
    environment.globals["members"] = lambda schema: list(_members(_resolved(contract, schema)))
    components = contract["components"]
    shared = sorted(set(references(components["schemas"])) - {"CloudEvent"})
    return environment.get_template("page.html.j2").render(
        info=contract["info"],
        asyncapi=contract["asyncapi"],
        channels=contract["channels"],
        operations=contract["operations"],
        messages=components["messages"],
        schemes=components["securitySchemes"],
        schemas=components["schemas"],
        parts=shared,
    )


def _resolved(contract: Part, schema: Part) -> Part:
    if "allOf" in schema:  # a problem, or an event: what all have in common is shown once
        own = schema["allOf"][-1]["properties"].get("data", {})
        return _resolved(contract, own)
    if "$ref" in schema:
        found: Part = contract["components"]["schemas"][_last(schema["$ref"])]
        return found
    return schema


def _members(schema: Part) -> Iterator[Member]:
    required = schema.get("required", ())
    for name, each in schema.get("properties", {}).items():
        yield Member(name, _type(each), name in required, each.get("description", ""))


def _type(schema: Part) -> Markup:
    if "$ref" in schema:
        name = _last(schema["$ref"])
        return Markup('<a href="#part-{0}">{0}</a>').format(name)
    if "anyOf" in schema:
        return Markup(" or ").join(_type(each) for each in schema["anyOf"])
    if "const" in schema:
        return Markup("<code>{}</code>").format(schema["const"])
    if values := schema.get("enum") or schema.get(KNOWN_VALUES):
        return Markup(", ").join(Markup("<code>{}</code>").format(each) for each in values)
    if schema.get("type") == "array":
        said = Markup("list of {}").format(_type(schema["items"]))
    else:
        said = escape(schema.get("format") or schema.get("type", "anything"))
    bounds = [text.format(schema[key]) for key, text in _BOUNDS.items() if key in schema]
    return Markup("{} <small>{}</small>").format(said, ", ".join(bounds)) if bounds else said


def _prose(text: str) -> Markup:
    """Text in which words in backquotes are code, and empty lines divide paragraphs."""
    code = re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text)))
    return Markup("</p><p>".join(code.strip().split("\n\n")))  # noqa: S704 - escaped above


def _json(body: Any) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False)


def _begin(names: Iterable[str], prefix: str) -> list[str]:
    """Those of the names that begin so."""
    return [name for name in names if name.startswith(prefix)]


def _last(reference: str) -> str:
    """The name at the end of a reference."""
    return reference.rpartition("/")[2]
