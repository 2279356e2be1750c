"""What staff may do with a queue, decided without a database."""

from datetime import datetime, timedelta

import pytest

from common.domain.admission import Admission, AdmissionRefused
from common.domain.catalog import Clinic, ClinicState, QueueMode
from common.domain.event_names import EventName
from common.domain.lanes import NONE, Lane
from common.domain.partial_dates import PartialDate
from common.domain.queue import Ending, Queue, new_queue
from common.domain.queue_advance import Waiter
from common.domain.refusals import (
    DestinationUnknown,
    NotPermitted,
    NotPermittedReason,
    NumberNotGivenOut,
    UntilImpossible,
)
from common.domain.service_times import EndedCall
from common.domain.staff_habits import Call
from common.domain.ticket_record import TicketRecord
from common.domain.ticket_states import TicketStatus
from common.domain.tickets import PriorityReason, StaffChoice
from tests.domain.clinics import clinic, in_bandung
from ticker_worker.rules import calling, clinic_actions, transferring, waiting
from ticker_worker.rules.calling import Caller, InRoom
from ticker_worker.rules.day_end import HeldPlace
from ticker_worker.rules.transferring import Destination

NOW = in_bandung(23, 9)
DESK = clinic(mode=QueueMode.DESK)
OTHER = clinic(mode=QueueMode.DESK, code="UMM", name="Poli Umum")


def queue_of(*lanes: Lane, of: Clinic = DESK) -> Queue:
    """Today's queue of a clinic, in which these wait, numbered from 1."""
    queue = new_queue(of.clinic_day(NOW), NOW, NOW)._replace(announced_open=True)
    for lane in lanes:
        queue, _ = queue.admit(lane, NOW, NOW)
    return queue


def record(
    number: int, status: TicketStatus, *, lane: Lane = Lane.REGULAR, room: int | None = None
) -> TicketRecord:
    """A ticket of today's queue."""
    called_at = NOW - timedelta(minutes=5) if room else None
    came = NOW - timedelta(minutes=30)
    return TicketRecord(
        f"CODE{number}",
        DESK.service_date(NOW),
        number,
        status,
        lane,
        PriorityReason.AGE if lane is Lane.PRIORITY else None,
        room,
        came,
        came,
        came,
        number,
        came,
        called_at,
        None,
        None,
        f"MRN{number}",
        0,
        "Siti Aminah",
        PartialDate(1990, 1, 31),
        date_of_birth_confirmed=False,
    )


def caller(room: int, *in_room: InRoom) -> Caller:
    """Who calls into a room."""
    return Caller(room, in_room, {}, anyhow=False)


def reason_of(refused: pytest.ExceptionInfo[NotPermitted]) -> NotPermittedReason:
    """Why it was refused."""
    return refused.value.reason


def test_the_next_call_completes_the_room_and_takes_the_lane_whose_turn_it_is() -> None:
    queue = queue_of(Lane.REGULAR, Lane.REGULAR, Lane.PRIORITY)
    served = record(1, TicketStatus.CALLED, room=1)
    queue, _ = queue.call(Waiter(1, NOW), 1, NOW, DESK.lanes.ratios)
    first = [Waiter(2, NOW), Waiter(3, NOW, Lane.PRIORITY)]
    decided = calling.call_next(DESK, queue, first, caller(1, InRoom(queue, served)), NOW)
    events = [(each.event, each.ticket.number) for each in decided.changes if each.ticket]
    assert events == [(EventName.TICKET_SERVED, 1), (EventName.TICKET_CALLED, 3)]
    [after] = decided.queues
    assert (after.now_serving, after.waiting, after.waiting_above, after.streaks.priority) == (3, 1, NONE, 1)
    assert [(place, type(call)) for place, call in decided.calls] == [(0, EndedCall), (1, Call)]
    ended = EndedCall(served.waiting_since, served.called_at or NOW, NOW, Lane.REGULAR, room=1)
    assert decided.calls[0][1] == ended
    assert decided.calls[1][1] == Call(1, NOW, NOW, waiting=1)


def test_who_was_called_on_the_day_before_is_served_in_that_queue() -> None:
    before = queue_of(Lane.REGULAR)._replace(key=DESK.clinic_day(NOW).day_before)
    before, _ = before.call(Waiter(1, NOW), 2, NOW, DESK.lanes.ratios)
    today = queue_of(Lane.REGULAR)
    in_room = InRoom(before, record(1, TicketStatus.CALLED, room=2))
    decided = calling.call_next(DESK, today, [Waiter(1, NOW)], caller(2, in_room), NOW)
    assert [(each.clinic_day, each.event) for each in decided.changes] == [
        (before.key, EventName.TICKET_SERVED),
        (today.key, EventName.TICKET_CALLED),
    ]
    assert {each.key for each in decided.queues} == {before.key, today.key}


@pytest.mark.parametrize(
    ("mode", "room", "reason"),
    [
        (QueueMode.CLOCK, 1, NotPermittedReason.CLOCK_MODE),
        (QueueMode.DESK, 3, NotPermittedReason.ROOM_NOT_SERVING),
        (QueueMode.DESK, 1, NotPermittedReason.NOBODY_WAITING),
    ],
)
def test_a_call_that_is_not_permitted(mode: QueueMode, room: int, reason: NotPermittedReason) -> None:
    with pytest.raises(NotPermitted) as refused:
        calling.call_next(clinic(mode=mode), queue_of(), [], caller(room), NOW)
    assert reason_of(refused) is reason


def test_a_patient_who_is_sent_on_keeps_the_place_by_arrival() -> None:
    here, there = queue_of(Lane.REGULAR), queue_of(Lane.REGULAR, of=OTHER)
    ticket = record(1, TicketStatus.WAITING)
    decided = transferring.transfer(here, ticket, Destination(OTHER, there, None), "NEW", NOW)
    left, entered = decided.queues
    assert (left.waiting, left.given_back, entered.waiting, entered.last_number) == (0, 1, 2, 2)
    [new] = decided.new_tickets
    assert new is not None
    assert (new.ticket_code, new.number, new.arrived_at, new.waiting_since) == (
        "NEW",
        2,
        ticket.arrived_at,
        NOW,
    )
    assert [each.transferred_to for each in decided.changes] == ["NEW", None]


def test_a_transfer_is_refused_as_a_registration_is() -> None:
    here, there = queue_of(Lane.REGULAR), queue_of(Lane.REGULAR, of=OTHER)
    ticket = record(1, TicketStatus.WAITING)
    with pytest.raises(DestinationUnknown):
        transferring.transfer(here, ticket, None, "NEW", NOW)
    with pytest.raises(NotPermitted) as refused:
        transferring.transfer(here, ticket, Destination(DESK, here, None), "NEW", NOW)
    assert reason_of(refused) is NotPermittedReason.SAME_CLINIC
    holder = HeldPlace("Budi", PartialDate(1980, 1, 1), 1, TicketStatus.WAITING, Lane.REGULAR, NOW, NOW)
    with pytest.raises(NotPermitted) as refused:
        transferring.transfer(here, ticket, Destination(OTHER, there, holder), "NEW", NOW)
    assert reason_of(refused) is NotPermittedReason.HOLDS_ANOTHER
    for changed, verdict in (
        (clinic(code="UMM", state=ClinicState.CLOSED), Admission.CLINIC_CLOSED),
        (clinic(code="UMM", daily_quota=1), Admission.QUOTA_REACHED),
    ):
        with pytest.raises(AdmissionRefused) as full:
            transferring.transfer(here, ticket, Destination(changed, there, None), "NEW", NOW)
        assert full.value.verdict is verdict


def test_a_no_show_waits_again_unless_the_day_is_over_or_another_ticket_is_held() -> None:
    queue, ticket = queue_of(Lane.REGULAR)._replace(waiting=0), record(1, TicketStatus.NO_SHOW)
    decided = waiting.reinstate(queue, ticket, None, [], NOW)
    assert [each.waiting for each in decided.queues] == [1]
    with pytest.raises(NotPermitted, match="service day"):
        waiting.reinstate(queue._replace(ending=Ending.EXPIRY), ticket, None, [], NOW)
    holder = HeldPlace("Siti", PartialDate(1990, 1, 31), 2, TicketStatus.WAITING, Lane.REGULAR, NOW, NOW)
    with pytest.raises(NotPermitted, match="GIG-002"):
        waiting.reinstate(queue, ticket, holder, [], NOW)


def test_a_lane_is_changed_for_a_reason_and_back_by_the_staffs_choice() -> None:
    queue, ticket = queue_of(Lane.REGULAR), record(1, TicketStatus.WAITING)
    decided = waiting.set_priority(DESK, queue, ticket, PriorityReason.INFANT, NOW)
    [change] = decided.changes
    assert (change.event, change.lane_reason) == (EventName.TICKET_PRIORITISED, PriorityReason.INFANT)
    with pytest.raises(NotPermitted) as refused:
        waiting.set_priority(DESK, queue, ticket, None, NOW)
    assert reason_of(refused) is NotPermittedReason.ALREADY_SO
    raised = record(1, TicketStatus.WAITING, lane=Lane.PRIORITY)
    [change] = waiting.set_priority(DESK, queue_of(Lane.PRIORITY), raised, None, NOW).changes
    assert (change.event, change.lane_reason) == (EventName.TICKET_UNPRIORITISED, StaffChoice.REGULAR)


def test_a_number_that_was_not_given_out_has_no_ticket() -> None:
    with pytest.raises(NumberNotGivenOut):
        calling.recall(queue_of(), None, NOW)


@pytest.mark.parametrize("until", [NOW, NOW + clinic_actions.FORCED_MAX + timedelta(seconds=1)])
def test_a_clinic_is_forced_for_a_bounded_time_from_now_on(until: datetime) -> None:
    with pytest.raises(UntilImpossible):
        clinic_actions.close_clinic(DESK, queue_of(), until, None, NOW, cancels=False)


def test_what_is_so_already_is_refused_and_what_closes_a_clinic_says_so() -> None:
    with pytest.raises(NotPermitted) as refused:
        clinic_actions.open_clinic(DESK, queue_of(), None, None, NOW)
    assert reason_of(refused) is NotPermittedReason.ALREADY_SO
    decided = clinic_actions.close_clinic(DESK, queue_of(), None, "listrik padam", NOW, cancels=False)
    assert [each.event for each in decided.changes] == [EventName.CLINIC_CLOSED]
    assert decided.clinic_values == {
        "state": ClinicState.CLOSED,
        "forced_until": DESK.day_end(DESK.service_date(NOW)),
        "forced_reason": "listrik padam",
    }
    [change] = clinic_actions.set_rooms(DESK, queue_of(), 4, NOW).changes
    assert change.event is EventName.CLINIC_ROOMS_CHANGED
