"""The look-ups: whoever asks after an answer has come sees nothing older than that answer.

What a ticket or a queue showed one after the other stands in the journal. Each sighting is put at the first
place there that is not before what somebody had seen when it was asked for; where there is none, it has gone
back, or shows what never was.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.chaos.checker.evidence import Evidence, Operation
from tests.chaos.checker.report import Invariant, Report


@dataclass(frozen=True)
class _Seen:
    """What was shown, between the two moments."""

    invoked_at: float
    ended_at: float
    shown: str
    operation: Operation

    def __str__(self) -> str:
        return f"{self.shown} for {self.operation.client} (operation {self.operation.id})"


def check_look_ups(evidence: Evidence, report: Report) -> None:
    """LOOK_UPS, for all clients together: they share a machine, and so a clock."""
    found: dict[str, list[_Seen]] = defaultdict(list)
    for operation in evidence.operations:
        for subject, seen in _seen(operation):
            found[subject].append(seen)
    places = _places(evidence)
    for subject, sightings in found.items():
        _never_back(subject, sightings, places[subject], report)


def _places(evidence: Evidence) -> dict[str, dict[str, list[int]]]:
    """For each ticket and queue, where in its history it showed what; before its first event a queue serves
    nobody."""
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for entry in sorted(evidence.journal, key=lambda entry: entry.sequence):
        day = " ".join(entry.day)
        serving = found[f"now_serving of {day}"]
        serving[str(entry.data.get("now_serving"))].append(entry.sequence)
        if entry.number is not None:
            ticket = found[f"ticket {entry.number} of {day}"]
            ticket[str(entry.data.get("status"))].append(entry.sequence)
    return found


def _never_back(
    subject: str, sightings: list[_Seen], places: Mapping[str, list[int]], report: Report
) -> None:
    latest: _Seen | None = None
    at = 0
    placed: list[tuple[float, int, _Seen]] = []  # those whose end is not yet behind, by their ends
    for seen in sorted(sightings, key=lambda seen: seen.invoked_at):
        for ended in [each for each in placed if each[0] < seen.invoked_at]:
            placed.remove(ended)
            if ended[1] >= at:
                _, at, latest = ended
        known = places.get(seen.shown, [])
        index = bisect_left(known, at)
        is_there = index < len(known) or (at == 0 and seen.shown == "None")
        if latest is not None:
            report.checked[Invariant.LOOK_UPS] += 1
        before = "nothing" if latest is None else str(latest)
        what = f"{subject} was {before}, and {seen}, who asked later"
        report.expect(Invariant.LOOK_UPS, is_there, what)
        if index < len(known):
            placed.append((seen.ended_at, known[index], seen))


def _seen(operation: Operation) -> Iterator[tuple[str, _Seen]]:
    ended = operation.ended
    if ended is None or operation.phase != "ok":  # a refusal is repeated word for word, however old
        return
    moments = (float(operation.invoked["at"]), float(ended["at"]))
    for place, shown in _shown(operation.invoked, ended):
        day = f"{place['hospital']} {place['clinic']} {shown['service_date']}"
        if "status" in shown:
            status = str(shown["status"])
            yield f"ticket {shown['number']} of {day}", _Seen(*moments, status, operation)
        if "now_serving" in shown:
            serving = str(shown["now_serving"])
            yield f"now_serving of {day}", _Seen(*moments, serving, operation)


def _shown(
    asked: Mapping[str, Any], ended: Mapping[str, Any]
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """The queues and tickets that a reply shows, each with whatever names its clinic."""
    for shown in (
        ended.get("queue"),
        ended.get("ticket"),
        ended.get("new_ticket"),
        *ended.get("tickets", []),
    ):
        if shown:
            yield shown, shown
    if desk_queue := ended.get("desk_queue"):
        yield desk_queue, desk_queue
        yield from ((desk_queue, ticket) for ticket in desk_queue["tickets"])
    if (ended.get("done") or {}).get("ticket"):
        yield ended["done"], ended["done"]["ticket"]
