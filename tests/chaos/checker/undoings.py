"""The undoings: each takes back all of one request of the staff, soon enough, and by somebody who may."""

from collections import defaultdict
from collections.abc import Sequence

from tests.chaos.checker.evidence import Evidence
from tests.chaos.checker.replay import TakenBack
from tests.chaos.checker.report import Invariant, Report

UNDO_SECONDS_MAX = 10 * 60

_MOVES_QUEUES = frozenset({"caller", "manager"})
_EVERY_ROLE = frozenset({"caller", "reception", "manager"})


def check_undoings(taken_back: Sequence[TakenBack], evidence: Evidence, report: Report) -> None:
    """UNDOINGS, but for the order within each queue, which its replay looks at."""
    by_cause: dict[str, list[TakenBack]] = defaultdict(list)
    for each in taken_back:
        by_cause[each.undoing.cause_id].append(each)
        report.facts[f"undone {each.taken.name.removeprefix('ticket.')}"] += 1
        _one(each, evidence, report)
    for parts in by_cause.values():
        parts.sort(key=lambda part: part.undoing.ordinal)
        _whole(parts, evidence, report)
        _what_was_asked_for(parts, evidence, report)


def _one(each: TakenBack, evidence: Evidence, report: Report) -> None:
    undoing, taken = each.undoing, each.taken
    asked = evidence.asked(undoing.cause_id)
    user = asked.user if asked is not None else None
    report.expect(
        Invariant.UNDOINGS, user is not None, f"{undoing.place} was asked for by nobody of the staff"
    )
    did = evidence.asked(taken.cause_id)
    by_staff = did is not None and did.user is not None
    report.expect(Invariant.UNDOINGS, by_staff, f"{undoing.place} takes back {taken.place}, not of the staff")
    passed = undoing.occurred_at - taken.occurred_at
    what = f"{undoing.place} takes back {taken.place} after {passed:.0f} s"
    report.expect(Invariant.UNDOINGS, passed <= UNDO_SECONDS_MAX, what)
    roles = _EVERY_ROLE if taken.name == "ticket.cancelled" else _MOVES_QUEUES
    what = f"{undoing.place} takes back {taken.place} for {user}, who may not"
    report.expect(Invariant.UNDOINGS, evidence.may(user, roles, taken.day[1]), what)


def _whole(parts: Sequence[TakenBack], evidence: Evidence, report: Report) -> None:
    """All of one request that was about tickets, the last change first: whoever is back stays so."""
    place, cause_id = parts[0].undoing.place, parts[0].taken.cause_id
    did = sorted(evidence.causes[cause_id], key=lambda entry: entry.ordinal, reverse=True)
    given_out = {(entry.day, entry.number) for entry in did if entry.name == "ticket.registered"}
    undone = evidence.causes[parts[0].undoing.cause_id]
    given_up = {(entry.day, entry.number) for entry in undone if entry.name == "ticket.cancelled"}
    what = f"the request of {place} gives up {given_up}, and not {given_out}, which was given out"
    report.expect(Invariant.UNDOINGS, given_up == given_out, what)
    wanted = [entry.place for entry in did if entry.number is not None and entry.name != "ticket.registered"]
    found = [part.taken.place for part in parts]
    what = f"the request of {place} takes back {found}, and not {wanted}"
    report.expect(Invariant.UNDOINGS, found == wanted, what)


def _what_was_asked_for(parts: Sequence[TakenBack], evidence: Evidence, report: Report) -> None:
    """The last thing in the room that the request names, or with the ticket."""
    asked = evidence.asked(parts[0].undoing.cause_id)
    if asked is None:
        return
    number, room = asked.invoked.get("number"), asked.invoked.get("room")
    if number is not None:
        meant = any(part.undoing.number == number for part in parts)
        what = f"{parts[0].undoing.place} is not of number {number}, which was to be taken back"
    else:
        meant = any(part.last_in_room == part.taken and part.taken.data.get("room") == room for part in parts)
        what = f"{parts[0].undoing.place} takes back what was not the last thing in room {room}"
    report.expect(Invariant.UNDOINGS, meant, what)
