"""The files that are generated, and which of them are not as the code would have them."""

import json
from io import StringIO
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from contract.asyncapi import document
from contract.documents import DOCS
from contract.openapi import openapi
from contract.page import page
from contract.schemas import VERSION, schema_files

_SCHEMAS: Final = DOCS / "schemas"
_SERVED: Final = DOCS.parent / "patient_web" / "api" / "openapi.json"
"""What antrean-web answers, which has no docs/ where it is installed."""

_WIDTH: Final = 120


def files() -> dict[Path, str]:
    """What stands in each file."""
    contract, web = document(), openapi()
    return {
        DOCS / "asyncapi.yaml": "# Written by `make contract`.\n" + _yaml(contract),
        DOCS / "contract.html": page(contract),
        DOCS / "openapi.json": _json(web),
        _SERVED: json.dumps(web, separators=(",", ":"), ensure_ascii=False),
        **{_SCHEMAS / name / f"{VERSION}.json": _json(each) for name, each in schema_files().items()},
    }


def stale() -> list[Path]:
    """The files that are missing, differ, or should not be there."""
    wanted = files()
    there = {path for path in _SCHEMAS.rglob("*") if path.is_file()}
    differing = [path for path, text in wanted.items() if not path.is_file() or path.read_text() != text]
    return sorted([*differing, *(there - wanted.keys())])


def write() -> list[Path]:
    """Writes what is stale, and returns it."""
    wanted, found = files(), stale()
    for path in found:
        if path not in wanted:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path])
    return found


def _json(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _yaml(contract: dict[str, Any]) -> str:
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.width = _WIDTH
    # What stands in several places is written in each: an anchor would be one more thing to understand.
    yaml.representer.ignore_aliases = lambda _: True
    text = StringIO()
    # By way of JSON: enumerations and constants are texts there.
    yaml.dump(json.loads(json.dumps(contract)), text)
    return text.getvalue()
