"""Goes on ending service days that are over, a bounded number of tickets at a time; what is left is done by
the next tick."""

from collections.abc import Mapping, Sequence

from common.domain.accuracy import judged_day_end
from common.domain.admission import NewTicket
from common.domain.changes import Change
from common.domain.clinic_day import ClinicDay
from common.domain.event_names import EventName
from common.domain.queue import Ending
from common.domain.queue_advance import Waiter, calling_order
from common.domain.record_numbers import PatientKey
from common.domain.ticket_codes import new_ticket_code
from common.domain.ticket_states import TicketState
from common.domain.told import ToldInterval
from common.storage.accuracy import add_judged, read_told
from common.storage.new_tickets import insert_tickets
from common.storage.waiters import next_waiters
from ticker_worker import store
from ticker_worker.advancing_queues import AdvancingQueues
from ticker_worker.rules.day_end import HandedOver, HeldPlace, WaitingPatient, expire_left, hand_over
from ticker_worker.rules.passing_time import QueueTickets

TICKETS_MAX = 500
"""Waiting tickets that one transaction hands over or expires at most, in all its queues."""

Patients = Mapping[ClinicDay, Sequence[WaitingPatient]]
Parked = Mapping[ClinicDay, Sequence[TicketState]]
Held = Mapping[tuple[ClinicDay, PatientKey], HeldPlace]


def end_days(moving: AdvancingQueues, keys: Sequence[ClinicDay]) -> set[ClinicDay]:
    """One round: ends what of these days can be ended now. Gives the days of which fewer went over than if
    they had been ended alone."""
    counts, cut_short = _count_left(moving, keys)
    left = _who_is_left(moving, counts)
    parked = _who_is_parked(moving, keys)
    patients, held = _read_patients(moving, keys, left, parked)
    changes: list[Change] = []
    new_tickets: list[NewTicket] = []
    better_places = []
    told: dict[str, ToldInterval] = {}
    _judge(moving, keys, left)
    for key in keys:
        tickets = QueueTickets(moving.occupants.get(key, ()), left.get(key, ()), parked.get(key, ()))
        if moving.queues[key].ending is Ending.HANDOVER:
            handed = _hand_over(moving, key, tickets, patients.get(key, ()), held)
            moving.queues[key.day_after] = handed.following
            passed = handed.passed
            new_tickets += handed.new_tickets
            told |= handed.told
            better_places += [(key.day_after, place) for place in handed.better_places]
        else:
            passed = expire_left(moving.queues[key], moving.catalog.clinic_of(key), tickets, moving.now)
        moving.keep(key, passed)
        changes += passed.changes
    store.write_tickets(moving.connection, changes)
    insert_tickets(moving.connection, new_tickets, told)
    for change in changes:
        if change.event is EventName.TICKET_PARKED:
            store.write_ticket(moving.connection, change)
    for following, place in better_places:
        store.give_place(moving.connection, following, place)
    return cut_short


def _judge(
    moving: AdvancingQueues, keys: Sequence[ClinicDay], left: Mapping[ClinicDay, Sequence[Waiter]]
) -> None:
    """What the patients whose tickets expire were told did not hold, where it has passed by."""
    expire = [key for key in keys if moving.queues[key].ending is Ending.EXPIRY]
    numbers = [(key, waiter.number) for key in expire for waiter in left.get(key, ())]
    day_ends = {key: moving.catalog.clinic_of(key).day_end(key.service_date) for key in expire}
    told = read_told(moving.connection, numbers)
    add_judged(moving.connection, [(key, judged_day_end(each, day_ends[key])) for key, each in told])


def _count_left(
    moving: AdvancingQueues, keys: Sequence[ClinicDay]
) -> tuple[dict[ClinicDay, int], set[ClinicDay]]:
    """How many this transaction takes of those who still wait in each queue, and where that is fewer than
    it could be."""
    counts: dict[ClinicDay, int] = {}
    cut_short = set()
    free = TICKETS_MAX
    for key in keys:
        queue = moving.queues[key]
        if count := min(queue.waiting, free):
            counts[key] = count
            free -= count
        if queue.ending is Ending.HANDOVER and count < min(queue.waiting, TICKETS_MAX):
            cut_short.add(key)
    return counts, cut_short


def _who_is_left(moving: AdvancingQueues, counts: Mapping[ClinicDay, int]) -> dict[ClinicDay, list[Waiter]]:
    """The waiting tickets that this transaction takes, in the order of their calls: the next ones never stay
    behind."""
    waiters = next_waiters(moving.connection, list(counts), max(counts.values(), default=0))
    left = {}
    for key, count in counts.items():
        streaks, ratios = moving.queues[key].streaks, moving.catalog.clinic_of(key).lanes.ratios
        left[key] = calling_order(waiters.get(key, []), streaks, ratios)[:count]
    return left


def _who_is_parked(moving: AdvancingQueues, keys: Sequence[ClinicDay]) -> Parked:
    """All who are parked: each was called before, so they are few."""
    return store.parked_tickets(moving.connection, [key for key in keys if moving.queues[key].parked])


def _read_patients(
    moving: AdvancingQueues,
    keys: Sequence[ClinicDay],
    left: Mapping[ClinicDay, Sequence[Waiter]],
    parked: Parked,
) -> tuple[Patients, Held]:
    """Those who go over, by their places, and the tickets that some of them hold for the next day already."""
    going = [key for key in keys if moving.queues[key].ending is Ending.HANDOVER]
    numbers = [(key, waiter.number) for key in going for waiter in left.get(key, ())]
    numbers += [(key, ticket.number) for key in going for ticket in parked.get(key, ())]
    patients = store.waiting_patients(moving.connection, numbers)
    wanted = [(key.day_after, each.patient) for key, found in patients.items() for each in found]
    return patients, store.held_tickets(moving.connection, wanted)


def _hand_over(
    moving: AdvancingQueues,
    key: ClinicDay,
    tickets: QueueTickets,
    patients: Sequence[WaitingPatient],
    held: Held,
) -> HandedOver:
    queue, following = moving.queues[key], moving.queues[key.day_after]
    of_patients = {
        each.patient: held[key.day_after, each.patient]
        for each in patients
        if (key.day_after, each.patient) in held
    }
    clinic = moving.catalog.clinic_of(key)
    return hand_over(queue, following, clinic, tickets, patients, of_patients, new_ticket_code, moving.now)
