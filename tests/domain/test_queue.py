"""Whatever is done to a queue, in whatever order: numbers are 1 to N, tickets move only along the table, and
the counters are what a recount of the tickets gives."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.cancellations import Cancellation, CancelledBy
from common.domain.changes import Change
from common.domain.clinic_day import ClinicDay
from common.domain.clinic_lanes import TWO_LANES
from common.domain.corrections import Correction
from common.domain.event_names import EventName
from common.domain.lanes import LANES, Lane
from common.domain.queue import Queue, new_queue
from common.domain.refusals import NotPermitted, NotPermittedReason
from common.domain.ticket_states import (
    GIVEN_BACK,
    STATUSES_AFTER,
    TRANSITIONS,
    Action,
    TicketState,
    TicketStatus,
    allowed_events,
    is_allowed,
)
from common.domain.tickets import CallReason, PriorityReason, StaffChoice
from common.domain.visits import Neighbour, Station

MORNING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
KEY = ClinicDay("RSHS", "GIG", date(2026, 11, 23))
RATIOS = TWO_LANES.ratios

Moved = tuple[Queue, Change]
Method = Callable[[Queue, TicketState, datetime], Moved]

METHODS: Mapping[Action, Method] = {
    Action.PRIORITISE: lambda queue, ticket, at: queue.set_priority(
        ticket, LANES[ticket.number % 3], PriorityReason.PREGNANCY, at
    ),
    Action.UNPRIORITISE: lambda queue, ticket, at: queue.set_priority(
        ticket, Lane.REGULAR, StaffChoice.REGULAR, at
    ),
    Action.CALL: lambda queue, ticket, at: queue.call(ticket, 1 + ticket.number % 3, at, RATIOS),
    Action.RECALL: Queue.recall,
    Action.START: Queue.start,
    Action.COMPLETE: Queue.complete,
    Action.MARK_NO_SHOW: Queue.no_show,
    Action.CALL_OUT_OF_TURN: lambda queue, ticket, at: queue.call_out_of_turn(
        ticket, 1 + ticket.number % 3, at, CallReason.EMERGENCY
    ),
    Action.REINSTATE: lambda queue, ticket, at: queue.reinstate(ticket, at, 3),
    Action.SKIP: lambda queue, ticket, at: queue.skip(ticket, at, 3),
    Action.PARK: Queue.park,
    Action.STAY_PARKED: Queue.stay_parked,
    Action.UNPARK: Queue.unpark,
    Action.TRANSFER: lambda queue, ticket, at: queue.transfer(ticket, at, "7K3F9QXM2T5R"),
    Action.SEND: lambda queue, ticket, at: queue.send(
        ticket, at, Neighbour("visit", KEY._replace(clinic="LAB"), 1), Station("visit", 1)
    ),
    Action.CORRECT: lambda queue, ticket, at: queue.correct(ticket, at, Correction(patient_name="Siti")),
    Action.CANCEL: lambda queue, ticket, at: queue.cancel(ticket, at, Cancellation(CancelledBy.PATIENT)),
    Action.EXPIRE: Queue.expire,
}

steps = st.lists(
    st.tuples(
        st.sampled_from([Action.REGISTER, *METHODS]),
        st.integers(0, 20),
        st.sampled_from(Lane),
        st.integers(0, 600),
    ),
    max_size=60,
)
Steps = list[tuple[Action, int, Lane, int]]


def at(second: int) -> datetime:
    """So many seconds after the day's first moment."""
    return MORNING + timedelta(seconds=second)


def empty() -> Queue:
    """A queue in which nobody has stood."""
    return new_queue(KEY, MORNING, MORNING)


def run(asked: Steps) -> tuple[Queue, dict[int, TicketState], list[Change]]:
    """The queue after all of these that its tickets' states allow, its tickets, and what happened."""
    queue, tickets, changes = empty(), dict[int, TicketState](), list[Change]()
    for action, which, lane, second in asked:
        if action is Action.REGISTER:
            queue, change = queue.admit(lane, at(second), at(second))
        elif not tickets:
            continue
        else:
            ticket = tickets[1 + which % len(tickets)]
            if not is_allowed(action, ticket.status):
                with pytest.raises(NotPermitted) as refused:
                    METHODS[action](queue, ticket, at(second))
                assert refused.value.reason is NotPermittedReason.TICKET_STATUS
                continue
            queue, change = METHODS[action](queue, ticket, at(second))
        assert change.ticket is not None
        tickets[change.ticket.number] = change.ticket
        changes.append(change)
    return queue, tickets, changes


@given(steps)
def test_numbers_and_sequences_have_no_gap(asked: Steps) -> None:
    queue, tickets, changes = run(asked)
    registered = [
        each.ticket.number for each in changes if each.event is EventName.TICKET_REGISTERED and each.ticket
    ]
    assert registered == list(range(1, queue.last_number + 1))
    assert set(tickets) == set(registered)
    assert [each.sequence for each in changes] == list(range(1, queue.last_sequence + 1))


@given(steps)
def test_counters_are_what_a_recount_gives(asked: Steps) -> None:
    queue, tickets, changes = run(asked)
    waiting = [each.lane for each in tickets.values() if each.status is TicketStatus.WAITING]
    assert queue.waiting == len(waiting)
    assert {lane: queue.waiting_in(lane) for lane in Lane} == {lane: waiting.count(lane) for lane in Lane}
    assert queue.given_back == sum(each.status in GIVEN_BACK for each in tickets.values())
    assert queue.given_out == queue.last_number - queue.given_back
    assert queue.parked == sum(each.status is TicketStatus.PARKED for each in tickets.values())
    calls = [
        each.ticket.number
        for each in changes
        if each.event is EventName.TICKET_CALLED and each.ticket and each.out_of_turn is None
    ]
    assert queue.now_serving == (calls[-1] if calls else None)
    assert not changes or (changes[-1].waiting, changes[-1].now_serving) == (queue.waiting, queue.now_serving)


@given(steps)
def test_tickets_move_only_along_the_table(asked: Steps) -> None:
    _, _, changes = run(asked)
    before: dict[int, TicketStatus] = {}
    for each in changes:
        assert each.ticket is not None
        number, status = each.ticket.number, each.ticket.status
        assert status in STATUSES_AFTER.get(each.event, {before.get(number)})
        if number in before:
            assert each.event in allowed_events(before[number])
        else:
            assert each.event is EventName.TICKET_REGISTERED
        before[number] = status


@given(steps)
def test_a_room_is_free_from_the_moment_at_which_a_called_patient_gave_it_up(asked: Steps) -> None:
    queue, _, changes = run(asked)
    frees = {row.event for row in TRANSITIONS.values() if row.frees_room}
    freed = {
        each.ticket.room: each.at
        for each in changes
        if each.ticket is not None and each.ticket.room is not None and each.event in frees
    }
    assert queue.rooms_freed == freed
    assert queue.next_change_at is not None
    assert all(queue.next_change_at <= moment for moment in freed.values())


@given(st.lists(st.integers(0, 600), min_size=1))
def test_nobody_arrives_before_the_number_before(seconds: list[int]) -> None:
    queue, arrivals = empty(), []
    for second in seconds:
        queue, _ = queue.admit(Lane.REGULAR, at(second), at(second))
        arrivals.append(queue.last_arrival_at)
    assert arrivals == [at(max(seconds[: place + 1])) for place in range(len(seconds))]


def test_a_value_that_was_given_stays_as_it_is() -> None:
    before = empty()
    after, _ = before.admit(Lane.PRIORITY, at(1), at(1))
    assert (before.waiting, before.last_number) == (0, 0)
    assert (after.waiting, after.waiting_in(Lane.PRIORITY), after.last_number) == (1, 1, 1)


def test_every_action_has_a_method() -> None:
    undoings = {action for action, rule in TRANSITIONS.items() if rule.back_to}
    assert set(METHODS) == set(Action) - {Action.REGISTER} - undoings


def test_what_changes_a_clinic_tells_that_it_opened_or_closed_where_it_did() -> None:
    queue, change = (
        empty()._replace(announced_open=True).change_clinic(EventName.CLINIC_ROOMS_CHANGED, True, at(5))
    )
    assert (change.event, change.sequence, queue.next_change_at) == (
        EventName.CLINIC_ROOMS_CHANGED,
        1,
        MORNING,
    )
    queue, change = queue.change_clinic(EventName.CLINIC_HOURS_CHANGED, False, at(6))
    assert (change.event, change.sequence, queue.announced_open) == (EventName.CLINIC_CLOSED, 2, False)
