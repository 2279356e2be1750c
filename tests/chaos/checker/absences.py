"""Who is away, by the events: only who is away comes back, and whoever calls does."""

from collections import defaultdict
from datetime import datetime

from tests.chaos.checker.evidence import Entry, Evidence
from tests.chaos.checker.report import Invariant, Report

_NEAR_SECONDS = 120.0
"""So close to its end an absence may count as over, or not yet: the workers' clocks differ."""


def check_absences(evidence: Evidence, report: Report) -> None:
    """ABSENCES: each clinic's events, in order."""
    by_clinic: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in evidence.journal:
        by_clinic[entry.day[0], entry.day[1]].append(entry)
    for entries in by_clinic.values():
        away: dict[int | None, float | None] = {}
        day = ""
        for entry in sorted(entries, key=lambda each: (each.day[2], each.sequence)):
            if entry.day[2] != day:
                # Where nobody knew until when, it was until the day's end.
                day, away = entry.day[2], {room: until for room, until in away.items() if until is not None}
            _follow(entry, away, evidence, report)


def _follow(entry: Entry, away: dict[int | None, float | None], evidence: Evidence, report: Report) -> None:
    room = entry.data.get("room")
    if entry.name == "clinic.away":
        until = entry.data["until"]
        away[room] = None if until is None else datetime.fromisoformat(until).timestamp()
    elif entry.name == "clinic.back":
        report.checked[Invariant.ABSENCES] += 1
        until = away.pop(room, 0.0)
        is_away = until is None or entry.occurred_at < until + _NEAR_SECONDS
        what = f"{entry.place} is of room {room}, which is not away"
        report.expect(Invariant.ABSENCES, is_away, what)
    elif entry.name == "ticket.called" and entry.operator is not None:
        back = {
            each.data.get("room")
            for each in evidence.causes.get(entry.cause_id, ())
            if each.name == "clinic.back"
        }
        for who in {room, None} & away.keys() - back:
            report.checked[Invariant.ABSENCES] += 1
            until = away[who]
            is_over = until is not None and entry.occurred_at > until - _NEAR_SECONDS
            what = f"{entry.place} leaves room {room} away, or the clinic, which called"
            report.expect(Invariant.ABSENCES, is_over, what)
