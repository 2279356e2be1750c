"""Service days that are over: who waits, or is parked, goes over to the next day, where the clinic is open,
and waits or is parked there; or expires.

Whoever is in a room when the clinic stays open keeps the ticket, and the room, until the service ends.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from common.domain.admission import Admission, NewTicket, check_admission
from common.domain.catalog import Clinic
from common.domain.changes import Change
from common.domain.clinic_day import ClinicDay
from common.domain.lanes import Lane
from common.domain.partial_dates import PartialDate
from common.domain.queue import Ending, Queue, new_queue
from common.domain.queue_advance import Transition, advance, end_of_day
from common.domain.record_numbers import PatientKey
from common.domain.ticket_states import TicketState, TicketStatus
from common.domain.tickets import LaneReason
from common.domain.told import ToldInterval
from common.domain.visits import Station, station_of
from ticker_worker.rules.passing_time import Passed, QueueTickets, apply_transition, serving_of, states_of
from ticker_worker.rules.schedule import next_service_date


class WaitingPatient(NamedTuple):
    """What a ticket that waits, or is parked, takes with it to the next service day."""

    number: int
    status: TicketStatus
    lane: Lane
    priority_reason: LaneReason | None
    patient: PatientKey
    patient_name: str
    date_of_birth: PartialDate
    date_of_birth_confirmed: bool
    arrived_at: datetime
    place_at: datetime
    waiting_since: datetime
    visit: str | None
    station: int | None
    sent_from: str | None
    return_to: str | None
    is_return: bool
    told: ToldInterval | None

    @property
    def in_visit(self) -> Station | None:
        """Which station of a visit it is; None where it belongs to none."""
        return station_of(self.visit, self.station, self.sent_from, self.return_to, self.is_return)


class HeldPlace(NamedTuple):
    """The active ticket that is held with a medical record number in a queue: by whom, and its place."""

    patient_name: str
    date_of_birth: PartialDate
    number: int
    status: TicketStatus
    lane: Lane
    arrived_at: datetime
    place_at: datetime


class BetterPlace(NamedTuple):
    """A waiting ticket gets a better place: by another time of arrival, and in another lane, if `lane`."""

    number: int
    arrived_at: datetime
    place_at: datetime
    waiting_since: datetime
    lane: Lane | None
    lane_reason: LaneReason | None


class HandedOver(NamedTuple):
    """Two queues after a part of the first has gone over to the next day, what has happened, in order, and
    what becomes of tickets of the next day: what the patients of new ones were `told` still stands, by their
    codes."""

    passed: Passed
    following: Queue
    new_tickets: Sequence[NewTicket]
    better_places: Sequence[BetterPlace]
    told: Mapping[str, ToldInterval]


def begin_ending(queue: Queue, clinic: Clinic) -> Queue:
    """Decides what becomes of those who are left, once all calls of the day were made."""
    is_open = clinic.is_open(clinic.day_end(queue.key.service_date))
    return queue._replace(ending=Ending.HANDOVER if is_open else Ending.EXPIRY)


def begin_handover(queue: Queue, following: Queue, clinic: Clinic, now: datetime) -> Queue:
    """The next day's queue, now that those who wait go over to it."""
    if following.announced_until <= clinic.day_start(following.key.service_date):
        following = following._replace(announced_open=queue.announced_open)
    return following._replace(next_change_at=now)


def queue_after(clinic: Clinic, now: datetime) -> Queue | None:
    """The queue of the next day on which the clinic opens, due at the first opening; None where it opens on
    none."""
    service_date = next_service_date(clinic, now)
    if service_date is None:
        return None
    start = clinic.day_start(service_date)
    sessions = clinic.sessions_on(service_date)
    first = start if clinic.is_open(start) or not sessions else sessions[0].opens_at
    return new_queue(ClinicDay(*clinic.key, service_date), start, first, announced_open=False)


def expire_left(queue: Queue, clinic: Clinic, tickets: QueueTickets, now: datetime) -> Passed:
    """The clinic is closed: the tickets that are left expire, and started services are completed."""
    day_end = clinic.day_end(queue.key.service_date)
    states = states_of(tickets)
    changes = []
    for each in end_of_day(tickets.occupants, [*tickets.waiters, *tickets.parked], day_end):
        queue, change = apply_transition(queue, clinic, states[each.number], each)
        changes.append(change)
    return Passed(queue._replace(next_change_at=now if queue.outside else None), (), changes)


def hand_over(
    queue: Queue,
    following: Queue,
    clinic: Clinic,
    tickets: QueueTickets,
    patients: Sequence[WaitingPatient],
    held: Mapping[PatientKey, HeldPlace],
    new_code: Callable[[], str],
    now: datetime,
) -> HandedOver:
    """The clinic is open: `patients`, by their places, go over to the next day. `held` are the tickets of
    the next day that some of them hold already."""
    if following.now_serving is None and patients:
        following = following._replace(streaks=queue.streaks)
    handover = _Handover(clinic.day_end(queue.key.service_date), new_code)
    for patient in patients:
        queue, following = handover.take_over(queue, following, patient, held.get(patient.patient))
    left = _let_leave(queue, following, clinic, tickets, now)
    freed = {**following.rooms_freed}
    for room, at in left.queue.rooms_freed.items():
        freed[room] = max(freed.get(room, at), at)
    if patients or left.queue.rooms_freed:
        following = following._replace(next_change_at=now)
    passed = Passed(
        left.queue._replace(
            rooms_freed={}, next_change_at=now if queue.outside else left.queue.next_change_at
        ),
        left.occupants,
        [*handover.changes, *left.changes],
    )
    following = following._replace(rooms_freed=freed)
    return HandedOver(passed, following, handover.new_tickets, handover.better_places, handover.told)


class _Handover:
    """Takes patients over to the next day, one after the other, and notes what that changes."""

    def __init__(self, day_end: datetime, new_code: Callable[[], str]) -> None:
        self._day_end = day_end
        self._new_code = new_code
        self.changes: list[Change] = []
        self.new_tickets: list[NewTicket] = []
        self.better_places: list[BetterPlace] = []
        self.told: dict[str, ToldInterval] = {}

    def take_over(
        self, queue: Queue, following: Queue, patient: WaitingPatient, holder: HeldPlace | None
    ) -> tuple[Queue, Queue]:
        """Hands one ticket over: it is transferred, and the patient is registered in `following`.

        It expires where a ticket of `following` is held with the same medical record number. Another
        person's: only the hospital can find out whose number it is. The same patient's gets the better place,
        but its code is not told: whoever knows the patient's data may have made the old ticket."""
        at = max(self._day_end, patient.waiting_since)
        ticket = TicketState(patient.number, patient.status, patient.lane)
        verdict = check_admission(following, patient, holder)
        if holder is not None:
            queue, change = queue.expire(ticket, at)
            self.changes.append(change)
            if verdict is Admission.ALREADY_HELD:
                following = self._give_place(following, patient, holder, at)
            return queue, following
        code = self._new_code()
        queue, change = queue.transfer(ticket, at, code)
        following, registered = following.admit(patient.lane, at, at)
        self.changes += [change, registered]
        if patient.status is TicketStatus.PARKED:
            assert registered.ticket is not None
            following, parked = following.stay_parked(registered.ticket, at)
            self.changes.append(parked)
        if patient.told is not None:
            self.told[code] = patient.told
        self.new_tickets.append(
            NewTicket(
                code,
                following.key,
                following.last_number,
                patient.lane,
                patient.priority_reason,
                patient.patient,
                patient.patient_name,
                patient.date_of_birth,
                patient.date_of_birth_confirmed,
                registered_at=at,
                arrived_at=patient.arrived_at,
                waiting_since=at,
                place_at=patient.place_at,
                station=None if patient.in_visit is None else patient.in_visit.carried_on(),
            )
        )
        return queue, following

    def _give_place(self, following: Queue, patient: WaitingPatient, held: HeldPlace, at: datetime) -> Queue:
        """Who registered for the new day before being handed over gets the better place with that ticket."""
        if held.status is not TicketStatus.WAITING:
            return following
        lane = reason = None
        if patient.lane.rank < held.lane.rank:
            lane, reason = patient.lane, patient.priority_reason
            ticket = TicketState(held.number, held.status, held.lane)
            following, change = following.set_priority(ticket, lane, reason, at)
            self.changes.append(change)
        arrived_at = min(held.arrived_at, patient.arrived_at)
        place_at = min(held.place_at, patient.place_at)
        self.better_places.append(BetterPlace(held.number, arrived_at, place_at, at, lane, reason))
        return following


def _let_leave(
    queue: Queue, following: Queue, clinic: Clinic, tickets: QueueTickets, now: datetime
) -> Passed:
    """Those in the rooms are served by the clock, at the latest until the next day ends, too. The queue is
    due when the next of them will be."""
    next_end = clinic.day_end(following.key.service_date)
    occupants = {each.number: each for each in tickets.occupants}
    moved = advance(serving_of(clinic, following), list(occupants.values()), (), now)
    transitions: list[Transition] = list(moved.transitions)
    gone = {each.number for each in transitions}
    left = [each for number, each in occupants.items() if number not in gone]
    if now >= next_end:
        transitions += end_of_day(left, (), next_end)
        left = []
    states, changes, freed = states_of(tickets), [], {**queue.rooms_freed}
    for each in transitions:
        queue, change = apply_transition(queue, clinic, states[each.number], each)
        changes.append(change)
        freed[occupants[each.number].room] = each.at
    next_change_at = moved.next_change_at if left else None
    return Passed(queue._replace(rooms_freed=freed, next_change_at=next_change_at), left, changes)
