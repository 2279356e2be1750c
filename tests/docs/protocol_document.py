"""A document that describes messages: headings, tables, examples, and what the code has beside them."""

import re
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from common.messages.message import Reply, ReplyPart, Request
from tests.replies import members_of

MessageT = TypeVar("MessageT", Request, Reply)

DOCS = Path(__file__).parents[2] / "docs"


class Document:
    """One document in docs/."""

    def __init__(self, name: str) -> None:
        self._text = (DOCS / name).read_text()

    def section(self, heading: str, text: str | None = None) -> str:
        """What stands under a heading, up to the next of the same or a higher level."""
        level = len(heading.split()[0])
        _, found, rest = (self._text if text is None else text).partition(f"\n{heading}\n")
        assert found, f"no heading {heading!r}"
        return re.split(rf"\n#{{1,{level}}} ", rest)[0]

    def headings(self, heading: str) -> list[str]:
        """The names in code quotes that are headings in a section."""
        return re.findall(r"^### `([^`]+)`$", self.section(heading), re.MULTILINE)

    def first_cells(self, first_heading: str, text: str | None = None) -> list[str]:
        """The words in code quotes of the first column of the table that begins with this heading."""
        _, found, rest = (self._text if text is None else text).partition(f"\n| {first_heading} |")
        assert found, f"no table of {first_heading}"
        rows = rest.partition("\n\n")[0].splitlines()[2:]
        return re.findall(r"^\| `([^`]+)` \|", "\n".join(rows), re.MULTILINE)

    def examples(self, kind: str) -> list[tuple[str, str]]:
        """The examples marked as ```json KIND=NAME: names and texts."""
        found = re.findall(rf"```json {kind}(?:=(\w+))?\n(.*?)```", self._text, re.DOTALL)
        assert found
        return found


def messages_of(module: ModuleType, base: type[MessageT]) -> dict[str, type[MessageT]]:
    """The messages of a kind that a module defines, by name."""
    own = [each for each in vars(module).values() if getattr(each, "__module__", "") == module.__name__]
    found = [each for each in own if isinstance(each, type) and issubclass(each, base)]
    return {each.__dict__["name"]: each for each in found if "name" in each.__dict__}


def members(kind: type[Request | ReplyPart]) -> list[str]:
    """The members of a message as they are written."""
    if issubclass(kind, ReplyPart):
        return members_of(kind)
    return [field.alias or name for name, field in kind.model_fields.items()]
