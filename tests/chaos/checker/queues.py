"""The queues: tickets, counters and the journal, which is gone through event by event as it was written."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from tests.chaos.checker.evidence import ClinicDay, Day, Entry, Evidence, Ticket
from tests.chaos.checker.handovers import handed_over
from tests.chaos.checker.places import Places
from tests.chaos.checker.replay import Replay, TakenBack
from tests.chaos.checker.report import Invariant, Report
from tests.chaos.checker.undoings import check_undoings


def check_queues(evidence: Evidence, report: Report) -> None:
    """NUMBERS, COUNTERS, SEQUENCES, STATES, ROOMS, CALLS, PLACES, ONE_ACTIVE, QUOTA, UNDOINGS and what bodies
    say of EVENT_IDS."""
    tickets: dict[ClinicDay, list[Ticket]] = defaultdict(list)
    entries: dict[ClinicDay, list[Entry]] = defaultdict(list)
    for ticket in evidence.tickets:
        tickets[ticket.day].append(ticket)
    for entry in evidence.journal:
        entries[entry.day].append(entry)
    quotas: Mapping[str, int] = evidence.run.get("quotas", {})
    days = {day.day: day for day in evidence.days}
    unasked = frozenset(entry.event_id for entry in handed_over(evidence))
    taken_back: list[TakenBack] = []
    placed = _placed(evidence)
    handed_over_calls: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for key in sorted(days.keys() | tickets.keys() | entries.keys()):
        day = days.get(key)
        if day is None:
            report.expect(Invariant.COUNTERS, False, f"{_name(key)} has tickets or events, but no clinic-day")
            day = Day(key, 0, 0, 0, 0, None)
        _numbers(day, tickets[key], report)
        _sequences(day, entries[key], report)
        quota = quotas.get(key[1])
        calls_before = handed_over_calls.pop(key[:2], [])
        places = Places(evidence.run.get("lanes", {}).get(key[1]), calls_before)
        known = (evidence.record_numbers, placed, unasked)
        replay = Replay(day, tickets[key], quota, report, places, *known)
        for entry in sorted(entries[key], key=lambda entry: entry.sequence):
            replay.apply(entry)
        replay.end()
        handed_over_calls[key[:2]] = places.handed_over  # the next day of the clinic follows
        taken_back += replay.taken_back
    check_undoings(taken_back, evidence, report)
    _event_ids(evidence, report)


def _placed(evidence: Evidence) -> frozenset[str]:
    """The events that give a number to who comes from another queue."""
    return frozenset(
        entry.event_id
        for entries in evidence.causes.values()
        for entry in entries
        if entry.name == "ticket.registered"
        if "sent_from" in entry.data or any(each.name == "ticket.transferred" for each in entries)
    )


def _numbers(day: Day, tickets: Sequence[Ticket], report: Report) -> None:
    report.checked[Invariant.NUMBERS] += len(tickets)
    numbers = sorted(ticket.number for ticket in tickets)
    if numbers != list(range(1, len(numbers) + 1)):
        twice = sorted(number for number, count in Counter(numbers).items() if count > 1)
        missing = sorted(set(range(1, max(numbers) + 1)) - set(numbers))
        report.expect(
            Invariant.NUMBERS,
            False,
            f"{_name(day.day)} has {len(numbers)} tickets, the smallest is {numbers[0]}, the largest"
            f" {numbers[-1]}, missing are {missing}, doubled {twice}",
        )
    report.expect(
        Invariant.NUMBERS,
        day.last_number == max(numbers, default=0),
        f"{_name(day.day)} has last_number {day.last_number}, its largest is {max(numbers, default=0)}",
    )


def _sequences(day: Day, entries: Sequence[Entry], report: Report) -> None:
    report.checked[Invariant.SEQUENCES] += 1
    sequences = [entry.sequence for entry in entries]
    missing = sorted(set(range(1, day.last_sequence + 1)) - set(sequences))
    beyond = sorted(set(sequences) - set(range(1, day.last_sequence + 1)))
    twice = sorted(sequence for sequence, count in Counter(sequences).items() if count > 1)
    report.expect(
        Invariant.SEQUENCES,
        not (missing or beyond or twice),
        f"{_name(day.day)} has last_sequence {day.last_sequence}: missing in the journal {missing},"
        f" beyond it {beyond}, doubled {twice}",
    )


def _event_ids(evidence: Evidence, report: Report) -> None:
    seen: dict[str, Entry] = {}
    for entry in evidence.journal:
        report.checked[Invariant.EVENT_IDS] += 1
        keys = (f"the event id {entry.event_id}", f"cause {entry.cause_id} and ordinal {entry.ordinal}")
        for key in keys:
            other = seen.setdefault(key, entry)
            what = f"{other.place} and {entry.place} have {key} in common"
            report.expect(Invariant.EVENT_IDS, other is entry, what)
        what = f"{entry.place} tells subscribers by what it was caused, {entry.cause_id}"
        report.expect(Invariant.EVENT_IDS, entry.cause_id not in json.dumps(entry.event), what)


def _name(day: ClinicDay) -> str:
    return " ".join(day)
