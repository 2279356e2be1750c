"""Writes down what was found: docs/performance.json, from which docs/performance.md and its chart are made.

Of each scenario the newest findings are kept, so that one can be measured again by itself. In
docs/performance.md only what stands between two markers is written; the words around it are people's.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.chart import draw
from benchmarks.findings import Findings, Table, Target
from benchmarks.tables import markdown, target_table
from common.errors import AntreanError

DOCS = Path(__file__).parents[1] / "docs"
_NAME = "performance"


class ReportFailed(AntreanError):
    """The findings could not be written down."""


def write_report(
    found: Sequence[Findings], machine: Mapping[str, str], versions: Mapping[str, str], day: date
) -> None:
    """Adds the findings of `day` to those that there are, and writes all three files again.

    Raises ReportFailed where a file cannot be written, or the document lacks a scenario's markers.
    """
    try:
        known = _known()
        known["machine"] = dict(machine)
        known["versions"] |= versions
        for each in found:
            known["scenarios"][each.name] = {"measured_on": day.isoformat(), **asdict(each)}
        (DOCS / f"{_NAME}.json").write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n")
        _write_document(known)
        draw(known["scenarios"], DOCS / f"{_NAME}.svg")
    except OSError as error:
        raise ReportFailed(f"The report cannot be written: {error}.") from error


def _known() -> dict[str, Any]:
    path = DOCS / f"{_NAME}.json"
    known: dict[str, Any] = (
        json.loads(path.read_text()) if path.exists() else {"versions": {}, "scenarios": {}}
    )
    return known


def _write_document(known: Mapping[str, Any]) -> None:
    path = DOCS / f"{_NAME}.md"
    text = path.read_text()
    scenarios = {name: _findings(found) for name, found in known["scenarios"].items()}
    text = _put(text, "machine", _machine(known))
    text = _put(text, "targets", _summary(scenarios.values()))
    for name, found in scenarios.items():
        text = _put(text, name, _section(found, known["scenarios"][name]["measured_on"]))
    path.write_text(text)


def _put(text: str, name: str, content: str) -> str:
    """`content` between the two markers of that name, whatever stood there."""
    begin, end = f"<!-- measured: {name} -->", f"<!-- end: {name} -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(text):
        raise ReportFailed(f"docs/{_NAME}.md has no place for `{name}`: write {begin} and {end} there.")
    return pattern.sub(lambda _: f"{begin}\n{content}\n{end}", text)


def _findings(stored: Mapping[str, Any]) -> Findings:
    return Findings(
        stored["name"],
        stored["title"],
        [Target(**each) for each in stored["targets"]],
        [Table(**each) for each in stored["tables"]],
        stored["notes"],
        stored["bars"],
    )


def _machine(known: Mapping[str, Any]) -> str:
    machine = known["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in known["versions"].items())
    return (
        f"{machine['cores']} cores ({machine['processor']}), {machine['memory']} of memory,"
        f" {machine['system']}; {versions}."
    )


def _summary(scenarios: Iterable[Findings]) -> str:
    return markdown(target_table([target for each in scenarios for target in each.targets]))


def _section(found: Findings, measured_on: str) -> str:
    parts = [markdown(table) for table in found.tables if table.rows]
    parts += found.notes
    return "\n\n".join([*parts, f"Measured on {measured_on}."])
