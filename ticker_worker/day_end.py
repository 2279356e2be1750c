"""Service days that are over: who waits goes over to the next day where the clinic is open, or expires.

A bounded number of tickets at a time; what is left is done by the next tick. Whoever is in a room when the
clinic stays open keeps the ticket, and the room, until the service ends.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from common.domain.catalog import Clinic
from common.domain.event_names import EventName
from common.domain.lanes import Lane
from common.domain.person_names import is_same_person
from common.domain.queue_advance import (
    Ending,
    Occupant,
    Serving,
    Transition,
    Waiter,
    advance,
    calling_order,
    end_of_day,
)
from common.domain.ticket_codes import new_ticket_code
from common.domain.ticket_states import TicketStatus
from common.messages.events import ChangedTicket
from common.storage.catalog import CatalogCache
from common.storage.engine import Connection
from common.storage.new_tickets import NewTicket, insert_tickets
from common.storage.queues import ClinicDay, QueueState, day_after
from common.storage.waiters import next_waiters
from ticker_worker import store
from ticker_worker.happened import Happened
from ticker_worker.store import HeldPlace, TicketChange, WaitingPatient

TICKETS_MAX = 500
"""Waiting tickets that one transaction hands over or expires at most, in all its queues."""


def serving_of(clinic: Clinic, queue: QueueState, held: Mapping[int, datetime] | None = None) -> Serving:
    """How a clinic serves a queue, while rooms are `held` by patients of the day before."""
    return Serving(
        mode=clinic.mode,
        rooms=clinic.rooms,
        mean_service=clinic.mean_service,
        since=clinic.serving_since,
        day_end=clinic.day_end(queue.key[2]),
        rooms_freed={**queue.rooms_freed, **(held or {})},
        streak=queue.priority_streak,
        ratio=clinic.priority_ratio,
    )


@dataclass
class DayEnds:
    """Goes on ending days in one transaction. `queues` are locked, those that the days go over to, too;
    `occupants` are those in the rooms, of whom those who leave are taken out."""

    connection: Connection
    catalog: CatalogCache
    now: datetime
    queues: Mapping[ClinicDay, QueueState]
    occupants: dict[ClinicDay, Sequence[Occupant]]
    happened: Happened
    # The days of which fewer went over than if they had been ended alone.
    cut_short: set[ClinicDay] = field(default_factory=set)

    def end(self, queues: Sequence[QueueState]) -> None:
        """Ends what of these days can be ended now; all changes of tickets are written."""
        left = self._who_is_left(queues)
        self.patients, self.held = self._read_patients(queues, left)
        self.new_tickets: list[NewTicket] = []
        for queue in queues:
            queue.changed = True
            if queue.ending is Ending.HANDOVER:
                self._hand_over(queue, left.get(queue.key, ()))
            else:
                self._expire(queue, left.get(queue.key, ()))
        self.happened.write(self.connection)
        insert_tickets(self.connection, self.new_tickets)

    def _who_is_left(self, queues: Sequence[QueueState]) -> dict[ClinicDay, list[Waiter]]:
        """Whom this transaction takes of those who still wait: in the order of their calls, so that whoever
        is next is never left behind."""
        counts: dict[ClinicDay, int] = {}
        free = TICKETS_MAX
        for queue in queues:
            if count := min(queue.waiting, free):
                counts[queue.key] = count
                free -= count
            if queue.ending is Ending.HANDOVER and count < min(queue.waiting, TICKETS_MAX):
                self.cut_short.add(queue.key)
        waiters = next_waiters(self.connection, list(counts), max(counts.values(), default=0))
        return {
            key: calling_order(waiters.get(key, []), queue.priority_streak, self._clinic(key).priority_ratio)[
                : counts[key]
            ]
            for key, queue in ((queue.key, queue) for queue in queues if queue.key in counts)
        }

    def _read_patients(
        self, queues: Sequence[QueueState], left: Mapping[ClinicDay, Sequence[Waiter]]
    ) -> tuple[dict[ClinicDay, list[WaitingPatient]], dict[tuple[ClinicDay, str], HeldPlace]]:
        """Those who go over, by arrival, and the tickets that some of them hold for the next day already."""
        going = [queue.key for queue in queues if queue.ending is Ending.HANDOVER]
        numbers = [(key, waiter.number) for key in going for waiter in left.get(key, ())]
        patients = store.waiting_patients(self.connection, numbers)
        held = store.held_places(
            self.connection,
            [
                (day_after(key), each.medical_record_number)
                for key, found in patients.items()
                for each in found
            ],
        )
        return patients, held

    # --- the clinic is closed ---------------------------------------------------------------------------

    def _expire(self, queue: QueueState, waiters: Sequence[Waiter]) -> None:
        day_end = self._clinic(queue.key).day_end(queue.key[2])
        occupants = self.occupants.get(queue.key, ())
        transitions = end_of_day(occupants, waiters, day_end)
        waiting = {waiter.number: waiter.lane for waiter in waiters}
        lanes = waiting | {each.number: each.lane for each in occupants}
        for each in transitions:
            if each.number in waiting:
                queue.count_waiting(waiting[each.number], -1)
            self.happened.record_transition(queue, each, lanes[each.number])
        self.happened.change(queue.key, transitions)
        self.occupants[queue.key] = []
        queue.next_change_at = self.now if queue.waiting else None

    # --- the clinic is open -----------------------------------------------------------------------------

    def _hand_over(self, queue: QueueState, waiters: Collection[Waiter]) -> None:
        following = self.queues[day_after(queue.key)]
        following.changed = True
        if following.now_serving is None and waiters:
            following.priority_streak = queue.priority_streak
        for patient in self.patients.get(queue.key, ()):
            self._take_over(queue, following, patient)
        next_leaving_at = self._let_leave(queue, following)
        for room, at in queue.rooms_freed.items():
            following.rooms_freed[room] = max(following.rooms_freed.get(room, at), at)
        if waiters or queue.rooms_freed:
            following.next_change_at = self.now
        queue.rooms_freed = {}
        queue.next_change_at = self.now if queue.waiting else next_leaving_at

    def _take_over(self, queue: QueueState, following: QueueState, patient: WaitingPatient) -> None:
        """One ticket goes over to the next day: transferred here, and registered or held already there. It
        ends where somebody else holds one there with the same medical record number."""
        at = max(self._clinic(queue.key).day_end(queue.key[2]), patient.waiting_since)
        held = self.held.get((following.key, patient.medical_record_number))
        if held and not is_same_person(held, patient):
            self._end_place(queue, patient, at)
            return
        code = held.ticket_code if held else new_ticket_code()
        queue.count_waiting(patient.lane, -1)
        queue.cancelled += 1
        moved = TicketStatus.TRANSFERRED
        self.happened.changes.append(
            TicketChange(queue.key, patient.number, moved, ended_at=at, transferred_to=code)
        )
        transferred = ChangedTicket(patient.number, moved, patient.lane)
        self.happened.record(queue, EventName.TICKET_TRANSFERRED, at, transferred)
        if held:
            self._give_place(queue, following, held, patient, at)
            return
        number, _ = following.take_number(at)
        self.new_tickets.append(
            NewTicket(
                code,
                following.key,
                number,
                patient.lane,
                patient.priority_reason,
                patient.medical_record_number,
                patient.patient_name,
                patient.date_of_birth,
                registered_at=at,
                arrived_at=patient.arrived_at,
                waiting_since=at,
            )
        )
        following.count_waiting(patient.lane, 1)
        registered = ChangedTicket(number, TicketStatus.WAITING, patient.lane)
        self.happened.record(following, EventName.TICKET_REGISTERED, at, registered, moving=queue)

    def _end_place(self, queue: QueueState, patient: WaitingPatient, at: datetime) -> None:
        """Somebody else holds the medical record number in the new day, where it can be held only once. Whose
        it is only the hospital can find out; the code of that ticket is not for this patient."""
        queue.count_waiting(patient.lane, -1)
        expired = Transition(patient.number, TicketStatus.EXPIRED, at)
        self.happened.record_transition(queue, expired, patient.lane)
        self.happened.change(queue.key, [expired])

    def _give_place(
        self,
        queue: QueueState,
        following: QueueState,
        held: HeldPlace,
        patient: WaitingPatient,
        at: datetime,
    ) -> None:
        """Who registered for the new day before being handed over gets the better place with that ticket."""
        if held.status is not TicketStatus.WAITING:
            return
        values: dict[str, Any] = {"arrived_at": min(held.arrived_at, patient.arrived_at), "waiting_since": at}
        if patient.lane is Lane.PRIORITY and held.lane is not Lane.PRIORITY:
            values |= {"lane": patient.lane, "priority_reason": patient.priority_reason}
            following.count_waiting(held.lane, -1)
            following.count_waiting(patient.lane, 1)
            ticket = ChangedTicket(held.number, TicketStatus.WAITING, patient.lane)
            self.happened.record(following, EventName.TICKET_PRIORITISED, at, ticket, moving=queue)
        store.change_ticket(self.connection, following.key, held.number, **values)

    def _let_leave(self, queue: QueueState, following: QueueState) -> datetime | None:
        """Those in the rooms are served by the clock, at the latest until the next day ends, too; when the
        next of them will be."""
        clinic = self._clinic(queue.key)
        next_end = clinic.day_end(following.key[2])
        occupants = {each.number: each for each in self.occupants.get(queue.key, ())}
        moved = advance(serving_of(clinic, following), list(occupants.values()), (), self.now)
        transitions: list[Transition] = list(moved.transitions)
        left = [each for number, each in occupants.items() if number not in {t.number for t in transitions}]
        if self.now >= next_end:
            transitions += end_of_day(left, (), next_end)
            left = []
        for each in transitions:
            self.happened.record_transition(queue, each, occupants[each.number].lane)
            queue.rooms_freed[occupants[each.number].room] = each.at
        self.happened.change(queue.key, transitions)
        self.occupants[queue.key] = left
        return moved.next_change_at if left else None

    def _clinic(self, key: ClinicDay) -> Clinic:
        return self.catalog.clinic_of(key)
