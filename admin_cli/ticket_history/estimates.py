"""What a patient was told of the call, each time, and what became of it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from admin_cli.database.ticket_history import Entry, TicketHistory
from common.domain.event_names import EventName
from common.domain.ticket_states import TicketStatus
from common.domain.told import ToldInterval
from common.storage.column_types import told_in
from common.storage.undo_records import judged_of, taken_back


class Outcome(StrEnum):
    """What became of an interval."""

    HELD = "held"
    MISSED = "missed"
    """The call came before it."""
    LATE = "late"
    APART = "apart"
    """It is not judged: the call was out of turn, or the place had been changed."""
    MOVED = "moved"
    """It stood no more, as the staff changed the place in the queue."""
    OPEN = "open"
    UNCALLED = "uncalled"


@dataclass(frozen=True, slots=True)
class Estimate:
    """An interval that was told, and the call that ended it, if there was one."""

    told: ToldInterval
    outcome: Outcome
    called_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Call:
    outcome: Outcome
    at: datetime


def estimates_of(history: TicketHistory) -> list[Estimate]:
    """Every interval that is known to have been told, in order; none where the clock moves the queue.
    One that ended by a change of lane is not kept."""
    found: list[tuple[str, Estimate]] = []
    call: _Call | None = None
    for entry in history.entries:
        if (undone := taken_back(entry.undo)) is not None:
            if found and found[-1][0] == undone:
                _, estimate = found.pop()  # it stands again
                call = None if estimate.called_at is None else _Call(estimate.outcome, estimate.called_at)
            if entry.event == EventName.TICKET_CALL_UNDONE:
                call = None
        elif entry.event == EventName.TICKET_CALLED:
            call = _call(entry)
        elif (told := _told_before(entry)) is not None:
            found.append((entry.cause_id, _ended(told, call)))
            call = None
    if history.told is not None:
        last = _ended(history.told, call)
        if call is None:
            last = replace(last, outcome=_without_call(history))
        found.append(("", last))
    return [estimate for _, estimate in found]


def verdict_of(entry: Entry) -> Outcome | None:
    """What a call made of the interval that its patient had been told; None where nothing is known of it."""
    judged = judged_of(entry.undo)
    if judged is None:
        return None
    sums = judged.sums
    counts = {Outcome.HELD: sums.held, Outcome.MISSED: sums.missed, Outcome.LATE: sums.late}
    return next((outcome for outcome, count in counts.items() if count), Outcome.APART)


def _call(entry: Entry) -> _Call | None:
    outcome = verdict_of(entry)
    return None if outcome is None else _Call(outcome, entry.at)


def _without_call(history: TicketHistory) -> Outcome:
    if history.facts["called_at"] is not None:
        return Outcome.APART  # an earlier version judged no calls
    return Outcome.OPEN if history.status is TicketStatus.WAITING else Outcome.UNCALLED


def _told_before(entry: Entry) -> ToldInterval | None:
    return None if entry.undo is None else told_in(entry.undo.get("told"))


def _ended(told: ToldInterval, call: _Call | None) -> Estimate:
    return Estimate(told, Outcome.MOVED) if call is None else Estimate(told, call.outcome, call.at)
