"""The documents that describe messages: their headings, tables and examples."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


class Document:
    """One document in docs/."""

    def __init__(self, name: str) -> None:
        self._text = (DOCS / name).read_text()

    def section(self, heading: str, text: str | None = None) -> str:
        """What stands under a heading, up to the next of the same or a higher level."""
        level = len(heading.split(maxsplit=1)[0])
        _, found, rest = (self._text if text is None else text).partition(f"\n{heading}\n")
        assert found, f"no heading {heading!r}"
        return re.split(rf"\n#{{1,{level}}} ", rest)[0]

    def headings(self, heading: str) -> list[str]:
        """The names in code quotes that are headings in a section."""
        return re.findall(r"^### `([^`]+)`$", self.section(heading), re.MULTILINE)

    def first_cells(self, first_heading: str, text: str | None = None) -> list[str]:
        """The words in code quotes of the first column of the table that begins with this heading."""
        return list(self.rows(first_heading, text))

    def rows(self, first_heading: str, text: str | None = None) -> dict[str, list[str]]:
        """The other cells of that table, by the words in code quotes of its first column."""
        _, found, rest = (self._text if text is None else text).partition(f"\n| {first_heading} |")
        assert found, f"no table of {first_heading}"
        lines = rest.partition("\n\n")[0].splitlines()[2:]
        cells = [[cell.strip() for cell in line.strip().strip("|").split(" | ")] for line in lines]
        return {row[0].strip("`"): row[1:] for row in cells if re.fullmatch("`[^`]+`", row[0])}

    def examples(self, kind: str) -> list[tuple[str, str]]:
        """The examples marked as ```json KIND=NAME: names and texts."""
        found = re.findall(rf"```json {kind}(?:=(\w+))?\n(.*?)```", self._text, re.DOTALL)
        assert found
        return found


def plain(text: str) -> str:
    """A cell of a table without its links."""
    return re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", text).strip(" *\\")
