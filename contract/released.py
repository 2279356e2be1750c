"""What the last release has promised: contract/released.json, which only a release writes again.

It begins with the events of version 0.3.0, which had no schemas yet: they say what that version published.
"""

import json
from pathlib import Path
from typing import Any, Final

from contract.compatibility import breaks
from contract.schemas import schema_files

_FILE: Final = Path(__file__).with_name("released.json")
_SAID: Final = ("$schema", "description", "default")
"""What binds nobody."""


def broken_promises() -> list[str]:
    """What of the last release the code does not keep, a line for each place."""
    today = schema_files()
    found = []
    for name, released in json.loads(_FILE.read_text())["schemas"].items():
        found += breaks(released, today[name]) if name in today else [f"{name}: is removed"]
    return found


def release(version: str) -> None:
    """Promises all schemas of today."""
    schemas = {name: _bare(schema) for name, schema in schema_files().items()}
    _FILE.write_text(json.dumps({"release": version, "schemas": schemas}, indent=1) + "\n")


def _bare(schema: Any, *, are_members: bool = False) -> Any:
    if isinstance(schema, list):
        return [_bare(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _bare(value, are_members=key in ("properties", "$defs") and not are_members)
        for key, value in schema.items()
        if are_members or key not in _SAID
    }
