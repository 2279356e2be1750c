"""The desks' requests: who sent them and may, what they did, and what they were told."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tests.chaos.checker.evidence import Entry, Evidence, Operation
from tests.chaos.checker.report import Invariant, Report

_CALLER, _RECEPTION, _MANAGER = "caller", "reception", "manager"
_MAY: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        ("desk_queue", "reinstate", "unpark", "set_priority", "transfer", "desk_cancel", "undo"),
        frozenset({_CALLER, _RECEPTION, _MANAGER}),
    ),
    **dict.fromkeys(
        (
            *("call_next", "call_ticket", "recall", "start", "complete", "mark_no_show", "skip", "park"),
            *("send", "away", "back"),
        ),
        frozenset({_CALLER, _MANAGER}),
    ),
    **dict.fromkeys(("desk_register", "correct"), frozenset({_RECEPTION, _MANAGER})),
    **dict.fromkeys(("open_clinic", "close_clinic", "set_rooms"), frozenset({_MANAGER})),
}
"""Which roles in the clinic may ask what."""

_SERVES = r"ticket\.served|ticket\.served( ticket\.called)? ticket\.registered"
"""The patient may go back to the clinic from which the staff have sent them."""

_BACK = r"( clinic\.back){0,2}"
"""Whoever calls is back, and so is the clinic."""

_DOES = {
    "call_next": rf"((ticket\.served )?ticket\.called|{_SERVES}){_BACK}",
    "call_ticket": rf"((ticket\.served )?ticket\.called|{_SERVES}){_BACK}",
    "recall": r"ticket\.recalled",
    "start": r"ticket\.started",
    "complete": r"ticket\.served( ticket\.registered)?",
    "send": r"(ticket\.served )?ticket\.sent ticket\.registered",
    "mark_no_show": r"ticket\.no_show",
    "reinstate": r"ticket\.reinstated",
    "skip": r"ticket\.skipped",
    "park": r"ticket\.parked",
    "unpark": r"ticket\.unparked",
    "set_priority": r"ticket\.(un)?prioritised",
    "transfer": r"ticket\.transferred ticket\.registered",
    "desk_cancel": r"ticket\.cancelled",
    "undo": r"(ticket\.cancelled )?ticket\.[a-z_]+_undone( ticket\.[a-z_]+_undone)*",
    "desk_register": r"ticket\.registered",
    "correct": r"ticket\.corrected( ticket\.(corrected|prioritised|unprioritised))*",
    "away": r"clinic\.away",
    "back": r"clinic\.back",
    "open_clinic": r"clinic\.(opened|hours_changed)( clinic\.back)?",
    "close_clinic": r"clinic\.(closed|hours_changed)( clinic\.(away|back)|( ticket\.cancelled)*)",
    "set_rooms": r"clinic\.rooms_changed",
}
"""The events of each request, in order."""


def check_desks(evidence: Evidence, report: Report) -> None:
    """DESKS and STAFF."""
    for entry in evidence.journal:
        _who(entry, evidence, report)
    for attempts in evidence.requests.values():
        if attempts[0].user is not None:
            _one(attempts, evidence, report)
    for operation in evidence.operations:
        if operation.user is not None:
            _permission(operation, evidence, report)


def _who(entry: Entry, evidence: Evidence, report: Report) -> None:
    report.checked[Invariant.STAFF] += 1
    asked = evidence.asked(entry.cause_id)
    user = asked.user if asked is not None else None
    what = f"{entry.place} was caused by {entry.operator} in the journal, but by {user}"
    report.expect(Invariant.STAFF, entry.operator == user, what)


def _permission(operation: Operation, evidence: Evidence, report: Report) -> None:
    """Whether it was answered by somebody who may ask it, and refused to who may not."""
    may = evidence.may(operation.user, _MAY[operation.op], str(operation.invoked["clinic"]))
    who = f"{operation.op} of {operation.user} in operation {operation.id}"
    if operation.code == "not_permitted":
        # What is taken back may be another role's.
        what = f"{who} was not permitted, though this user may ask it"
        report.expect(Invariant.STAFF, not may or operation.op == "undo", what)
    elif operation.code not in (None, "request_expired") or operation.phase == "ok":
        report.expect(Invariant.STAFF, may, f"{who} was answered, though this user may not ask it")


def _one(attempts: Sequence[Operation], evidence: Evidence, report: Report) -> None:
    report.checked[Invariant.DESKS] += 1
    asked = attempts[0]
    done = sorted(evidence.causes.get(asked.request_id, ()), key=lambda entry: entry.ordinal)
    who = f"{asked.op} {asked.request_id}"
    answers = [attempt for attempt in attempts if attempt.phase == "ok"]
    if done:
        _does_what_it_asks_for(asked, done, who, report)
    for answer in answers:
        report.expect(Invariant.DESKS, bool(done), f"{who} was answered ok, but has done nothing")
        told = (answer.ended or {}).get("done")
        if told is not None:
            _told(told, done, f"{who} was answered ok in operation {answer.id}", report)
    codes = [attempt.code for attempt in attempts if attempt.code is not None]
    report.facts[f"desk {asked.op} {'done' if done else 'refused' if codes else 'unanswered'}"] += 1
    if codes and not done:
        report.facts[f"refused {codes[0]}"] += 1


def _does_what_it_asks_for(asked: Operation, done: Sequence[Entry], who: str, report: Report) -> None:
    wanted, names = asked.invoked, " ".join(entry.name for entry in done)
    does = re.fullmatch(_DOES[asked.op], names) is not None
    does &= "cancelled" not in names or asked.op != "close_clinic" or wanted.get("waiting") == "cancel"
    report.expect(Invariant.DESKS, does, f"{who} has caused {names}")
    # An undoing begins with the ticket that was given out in another clinic.
    first = done[-1] if asked.op == "undo" else done[0]
    here = first.day[:2] == (wanted["hospital"], wanted["clinic"])
    report.expect(Invariant.DESKS, here, f"{who} has changed {first.place}, in another clinic")
    if asked.op == "call_ticket":
        called = [entry.number for entry in done if entry.name == "ticket.called"]
        is_it = called == [wanted["number"]]
        report.expect(Invariant.DESKS, is_it, f"{who} has called {called}, another ticket")
    elif wanted.get("number") is not None and asked.op != "undo":
        is_it = (first.number, first.day[2]) == (wanted["number"], wanted["service_date"])
        report.expect(Invariant.DESKS, is_it, f"{who} has changed {first.place}, of another ticket")
    for entry in done:
        if (what := _differs(asked.op, wanted, entry)) is not None:
            report.expect(Invariant.DESKS, False, f"{who} has changed {entry.place}, {what}")


def _differs(op: str, wanted: Mapping[str, Any], entry: Entry) -> str | None:
    """What an event has to tell of its request, and does not."""
    is_given_out = entry.name == "ticket.registered"
    room = entry.data.get("room")
    if op in ("call_next", "call_ticket") and not is_given_out and room != wanted["room"]:
        # The clinic is back, too.
        return None if (entry.name, room) == ("clinic.back", None) else "in another room"
    if op in ("away", "back") and room != wanted.get("room"):
        return "of another room"
    if op == "away" and entry.data.get("reason") != wanted["reason"]:
        return "for another reason"
    reason = wanted["reason"] if op == "call_ticket" and entry.name == "ticket.called" else None
    if entry.data.get("out_of_turn") != reason:
        return "out of turn for another reason"
    if op in ("transfer", "send") and is_given_out and entry.day[1] != wanted["to_clinic"]:
        return "in a third clinic"
    if entry.name == "ticket.corrected" and not {*entry.data.get("corrected", ())} <= wanted.keys():
        return "and corrected what it does not name"
    by = entry.data.get("cancelled_by")
    if entry.name == "ticket.cancelled" and by != ("staff" if op in ("desk_cancel", "undo") else "closing"):
        return f"as if {by} had cancelled it"
    if op == "desk_cancel" and entry.data.get("cancel_reason") != wanted["reason"]:
        return "for another reason"
    if op == "undo" and entry.data.get("cancel_reason") is not None:
        return "for a reason"
    return None


def _told(told: Mapping[str, Any], done: Sequence[Entry], who: str, report: Report) -> None:
    """The changes that a reply tells are those of the journal."""
    counts: Counter[tuple[str, str]] = Counter()
    numbers = {(entry.name, entry.day[1], entry.number) for entry in done}
    for change in told["changes"]:
        counts[change["event"], change["clinic"]] += change["count"]
        if change["number"] is not None:
            known = (change["event"], change["clinic"], change["number"]) in numbers
            what = f"{who} with {change['event']} {change['number']}, which it did not cause"
            report.expect(Invariant.DESKS, known, what)
    wanted = Counter((entry.name, entry.day[1]) for entry in done)
    what = f"{who} with {dict(counts)} and has caused {dict(wanted)}"
    report.expect(Invariant.DESKS, counts == wanted, what)
