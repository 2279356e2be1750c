"""The table of a run, as it is printed and as docs/security.md has it."""

import re
from collections.abc import Sequence
from pathlib import Path

from tests.hostile.calls import Waited
from tests.hostile.run import Result

DOCUMENT = Path(__file__).parents[2] / "docs" / "security.md"
BEGIN, END = "<!-- hostile: begin -->", "<!-- hostile: end -->"

_COLUMNS = (
    "#",
    "attack",
    "patients p50 / p99",
    "desks p50 / p99",
    "unanswered",
    "busy",
    "recovery",
    "broker memory",
    "seen",
)
_MEBIBYTE = 1 << 20


def row(result: Result) -> list[str]:
    """The cells of one attack."""
    recovery = result.recovery_seconds
    return [
        result.attack.key,
        result.attack.title,
        _milliseconds(result.patients),
        _milliseconds(result.desk),
        str(result.unanswered),
        str(result.busy),
        "none in 60 s" if recovery is None else f"{recovery:.1f} s",
        f"{result.memory_bytes // _MEBIBYTE:,} (+{result.memory_more_bytes // _MEBIBYTE:,}) MiB",
        result.said,
    ]


def _milliseconds(seconds: Waited) -> str:
    if seconds.p50 is None or seconds.p99 is None:
        return "none answered"
    return f"{seconds.p50 * 1000:,.0f} / {seconds.p99 * 1000:,.0f} ms"


def table(results: Sequence[Result]) -> str:
    """All attacks of a run in Markdown."""
    lines = [_COLUMNS, ["---"] * len(_COLUMNS), *(row(each) for each in results)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def with_section(document: str, heading: str, content: str) -> str:
    """The document with this section between its markers: in place of an older one of the same heading, and
    in the order of the headings. Raises ValueError where the markers are missing."""
    begin, found, rest = document.partition(BEGIN)
    between, ended, after = rest.partition(END)
    if not found or not ended:
        raise ValueError(f"the document has no place for the table: write {BEGIN} and {END} there")
    sections = dict(re.findall(r"^### (.+)\n\n((?:(?!### ).*\n?)*)", between, re.MULTILINE))
    sections[heading] = content
    written = "".join(f"\n### {each}\n\n{sections[each].strip()}\n" for each in sorted(sections))
    return f"{begin}{BEGIN}\n{written}\n{END}{after}"
