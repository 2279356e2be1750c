"""The look-ups: whoever asks after an answer has come sees nothing older than that answer."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.chaos.checker.evidence import Evidence, Operation
from tests.chaos.checker.handovers import handed_over
from tests.chaos.checker.report import Invariant, Report

_STEPS = {"waiting": 0, "called": 1, "in_service": 2}
_LAST_STEP = 3


@dataclass(frozen=True)
class _Seen:
    """`value` only ever grows; it was read between the two moments."""

    invoked_at: float
    ended_at: float
    value: int
    shown: str
    operation: Operation


def check_look_ups(evidence: Evidence, report: Report) -> None:
    """LOOK_UPS, for all clients together: they share a machine, and so a clock."""
    found: dict[str, list[_Seen]] = defaultdict(list)
    # Who is handed over may be called before whoever had a number of the new day already.
    mixed = {f"now_serving of {' '.join(entry.day)}" for entry in handed_over(evidence)}
    for operation in evidence.operations:
        for subject, seen in _seen(operation):
            if subject not in mixed:
                found[subject].append(seen)
    for subject, sightings in found.items():
        _never_back(subject, sightings, report)


def _never_back(subject: str, sightings: list[_Seen], report: Report) -> None:
    by_end = sorted(sightings, key=lambda seen: seen.ended_at)
    ended = 0
    latest: _Seen | None = None
    for seen in sorted(sightings, key=lambda seen: seen.invoked_at):
        while by_end[ended].ended_at < seen.invoked_at:
            latest = max(by_end[ended], latest or by_end[ended], key=lambda seen: seen.value)
            ended += 1
        if latest is None:
            continue
        report.checked[Invariant.LOOK_UPS] += 1
        report.expect(
            Invariant.LOOK_UPS,
            seen.value >= latest.value,
            f"{subject} was {latest.shown} for {latest.operation.client} (operation {latest.operation.id}),"
            f" and {seen.shown} for {seen.operation.client} (operation {seen.operation.id}), who asked later",
        )


def _seen(operation: Operation) -> Iterator[tuple[str, _Seen]]:
    ended = operation.ended
    if ended is None or operation.phase != "ok":  # a refusal is repeated word for word, however old
        return
    moments = (float(operation.invoked["at"]), float(ended["at"]))
    queues: list[Mapping[str, Any]] = [ended["queue"]] if ended.get("queue") else []
    for ticket in [ended["ticket"]] if ended.get("ticket") else ended.get("tickets", []):
        queues.append(ticket)
        status = str(ticket["status"])
        name = (
            f"ticket {ticket['number']} of {ticket['hospital']} {ticket['clinic']} {ticket['service_date']}"
        )
        yield name, _Seen(*moments, _STEPS.get(status, _LAST_STEP), status, operation)
    for queue in queues:
        name = f"now_serving of {queue['hospital']} {queue['clinic']} {queue['service_date']}"
        shown = queue.get("now_serving")
        number = 0 if shown is None else int(str(shown).rpartition("-")[2])
        yield name, _Seen(*moments, number, str(shown), operation)
