"""A day is handed over: whoever waits, and holds tickets of the next day, no ticket and no place is lost."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from common.domain.clinic_day import ClinicDay
from common.domain.event_names import EventName
from common.domain.lanes import LANES, NONE, Lane
from common.domain.partial_dates import PartialDate
from common.domain.queue import Ending, Queue, new_queue
from common.domain.queue_advance import Waiter
from common.domain.record_numbers import PatientKey
from common.domain.ticket_states import TicketStatus
from common.domain.tickets import PriorityReason
from tests.domain.clinics import clinic
from ticker_worker.rules.day_end import HandedOver, HeldPlace, WaitingPatient, expire_left, hand_over
from ticker_worker.rules.passing_time import QueueTickets

CLINIC = clinic()
TODAY = ClinicDay(*CLINIC.key, date(2026, 11, 23))
DAY_START, DAY_END = CLINIC.day_start(TODAY.service_date), CLINIC.day_end(TODAY.service_date)
BORN = PartialDate(1990, 1, 31)


@dataclass(frozen=True)
class Comer:
    """A patient of the day that ends; `holds` says in which lane the same or another person (`is_other`)
    holds a ticket of the next day with the same medical record number."""

    lane: Lane
    holds: Lane | None = None
    is_other: bool = False


comers = st.lists(
    st.builds(Comer, st.sampled_from(Lane), st.none() | st.sampled_from(Lane), st.booleans()), max_size=12
)


def arrival(number: int) -> datetime:
    """When the patient with this number came."""
    return DAY_START + timedelta(minutes=number)


def patient(number: int) -> PatientKey:
    """Who comes with this number: mothers, and after each her newborn, who has her record number."""
    return PatientKey(str((number + 1) // 2), 1 - number % 2)


def number_of(key: PatientKey) -> int:
    """The number of a patient."""
    return 2 * int(key.medical_record_number) - 1 + key.birth_order


def waiting(who: list[Comer]) -> tuple[Queue, list[WaitingPatient]]:
    """A queue in which these wait, and they."""
    queue, patients = new_queue(TODAY, DAY_START, DAY_START)._replace(ending=Ending.HANDOVER), []
    for number, each in enumerate(who, 1):
        queue, _ = queue.admit(each.lane, arrival(number), arrival(number))
        reason = PriorityReason.PREGNANCY if each.lane is Lane.PRIORITY else None
        came = arrival(number)
        patients.append(
            WaitingPatient(
                number,
                TicketStatus.WAITING,
                each.lane,
                reason,
                patient(number),
                "Siti",
                BORN,
                date_of_birth_confirmed=False,
                arrived_at=came,
                place_at=came,
                waiting_since=came,
                **dict.fromkeys(("visit", "station", "sent_from", "return_to")),
                is_return=False,
                told=None,
            )
        )
    return queue, patients


def next_day(who: list[Comer]) -> tuple[Queue, dict[PatientKey, HeldPlace]]:
    """The next day's queue, and the tickets that are held in it."""
    queue, held = new_queue(TODAY.day_after, DAY_END, DAY_END), {}
    for number, each in enumerate(who, 1):
        if each.holds is not None:
            queue, change = queue.admit(each.holds, DAY_END, DAY_END)
            assert change.ticket is not None
            name = "Budi" if each.is_other else "Siti"
            status = change.ticket.status
            held[patient(number)] = HeldPlace(
                name, BORN, change.ticket.number, status, each.holds, DAY_END, DAY_END
            )
    return queue, held


def handed_over(who: list[Comer]) -> HandedOver:
    """What becomes of a day on which these wait."""
    queue, patients = waiting(who)
    following, held = next_day(who)
    numbers = count(1)
    return hand_over(
        queue, following, CLINIC, QueueTickets(), patients, held, lambda: f"NEW{next(numbers)}", DAY_END
    )


@given(comers)
def test_nobody_is_left_and_nobody_is_lost(who: list[Comer]) -> None:
    handed = handed_over(who)
    queue, following = handed.passed.queue, handed.following
    assert (queue.waiting, queue.waiting_above, queue.next_change_at) == (0, NONE, None)
    left = {
        each.ticket.number: each for each in handed.passed.changes if each.clinic_day == TODAY and each.ticket
    }
    assert set(left) == set(range(1, len(who) + 1))
    for number, each in enumerate(who, 1):
        assert left[number].event is (
            EventName.TICKET_TRANSFERRED if each.holds is None else EventName.TICKET_EXPIRED
        )
    assert queue.given_back == sum(each.event is EventName.TICKET_TRANSFERRED for each in left.values())
    # A ticket that somebody registered is named by no other.
    codes = [left[number].transferred_to for number in sorted(left) if left[number].transferred_to]
    assert codes == [each.ticket_code for each in handed.new_tickets]
    assert following.waiting == sum(each.holds is not None for each in who) + len(handed.new_tickets)


@given(comers)
def test_numbers_and_sequences_of_both_days_go_on_without_a_gap(who: list[Comer]) -> None:
    queue, _ = waiting(who)
    following, _ = next_day(who)
    handed = handed_over(who)
    for before, after in ((queue, handed.passed.queue), (following, handed.following)):
        sequences = [each.sequence for each in handed.passed.changes if each.clinic_day == before.key]
        assert sequences == list(range(before.last_sequence + 1, after.last_sequence + 1))
    numbers = [each.number for each in handed.new_tickets]
    assert numbers == list(range(following.last_number + 1, handed.following.last_number + 1))


@given(comers)
def test_places_are_by_arrival_and_priority_stays(who: list[Comer]) -> None:
    handed = handed_over(who)
    for new in handed.new_tickets:
        number = number_of(new.patient)
        assert (new.lane, new.arrived_at) == (who[number - 1].lane, arrival(number))
        assert new.waiting_since == DAY_END
    _, held = next_day(who)
    of_number = {ticket.number: number_of(key) for key, ticket in held.items()}
    lanes = {ticket.number: ticket.lane for ticket in held.values()}
    for place in handed.better_places:
        number = of_number[place.number]
        assert place.arrived_at == arrival(number)
        comer = who[number - 1]
        assert not comer.is_other
        assert comer.holds is not None
        is_raised = LANES.index(comer.lane) < LANES.index(comer.holds)
        assert place.lane is (comer.lane if is_raised else None)
        lanes[place.number] = place.lane or lanes[place.number]
    found = [*lanes.values(), *(new.lane for new in handed.new_tickets)]
    assert handed.following.waiting_by_lane == tuple(found.count(lane) for lane in LANES)


@given(comers)
def test_where_the_clinic_is_closed_all_expire(who: list[Comer]) -> None:
    queue, patients = waiting(who)
    waiters = [Waiter(each.number, each.waiting_since, each.lane) for each in patients]
    passed = expire_left(queue, CLINIC, QueueTickets((), waiters), DAY_END)
    assert [each.ticket.status for each in passed.changes if each.ticket] == [TicketStatus.EXPIRED] * len(who)
    assert all(each.at == DAY_END for each in passed.changes)
    assert (passed.queue.waiting, passed.queue.given_back, passed.queue.next_change_at) == (0, 0, None)
