"""Whatever is done with patients who are sent from station to station: each ticket ends in one state, and the
stations of a visit lead from one to the next."""

from collections.abc import Iterator, Set
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from common.domain.admission import NewTicket
from common.domain.cancellations import CancelReason
from common.domain.catalog import QueueMode
from common.domain.changes import Change
from common.domain.lanes import Lane
from common.domain.partial_dates import PartialDate
from common.domain.places import FrontPlace
from common.domain.queue import Queue, new_queue
from common.domain.refusals import ActionRefused
from common.domain.ticket_record import TicketRecord
from common.domain.ticket_states import ACTIVE, IN_ROOM, TicketStatus
from common.domain.visits import ReturnPlace, current_station
from tests.domain.clinics import clinic, in_bandung
from ticker_worker.rules import calling, transferring, waiting
from ticker_worker.rules.action_results import ActionResult
from ticker_worker.rules.day_end import HeldPlace
from ticker_worker.rules.sending import Home, NewIds, Return, send, with_returns
from ticker_worker.rules.transferring import Destination

NOW = in_bandung(23, 9)
CLINICS = {
    code: clinic(code=code, name=code, mode=QueueMode.DESK, returns_to=place)
    for code, place in zip(("GIG", "LAB", "RAD"), ReturnPlace, strict=True)
}
ENDED = frozenset(TicketStatus) - ACTIVE


@dataclass
class Hospital:
    """Clinics with their queues and tickets, by the code of the clinic and the number."""

    now: datetime = NOW
    queues: dict[str, Queue] = field(
        default_factory=lambda: {
            code: new_queue(each.clinic_day(NOW), NOW, NOW) for code, each in CLINICS.items()
        }
    )
    tickets: dict[tuple[str, int], TicketRecord] = field(default_factory=dict)
    codes: Iterator[int] = field(default_factory=lambda: iter(range(10_000)))

    def register(self, code: str, patient: str) -> None:
        """A patient takes a number, who holds none there."""
        if self._holder(code, patient) is None:
            queue, _ = self.queues[code].admit(Lane.REGULAR, self.now, self.now)
            record = _record(f"C{next(self.codes)}", queue.last_number, self.now, patient)
            self._keep(ActionResult([queue], []), {(code, queue.last_number): record})

    def do(self, step: str, code: str, to: str, *, returns: bool) -> None:
        """One of the steps with the next ticket of a clinic that it can be for."""
        queue, at = self.queues[code], CLINICS[code]
        waits = self._some(code, {TicketStatus.WAITING})
        served = {TicketStatus.IN_SERVICE, TicketStatus.SERVED}
        in_states = {"send": served, "complete": IN_ROOM, "no_show": {TicketStatus.CALLED}}.get(step)
        ticket = waits if in_states is None else self._some(code, in_states)
        match step:
            case "call" if waits is not None:
                called, change = queue.call(waits, 1, self.now, at.lanes.ratios)
                self._keep(ActionResult([called], [change]))
            case "serve" if waits is not None:
                called, change = queue.call(waits, 1, self.now, at.lanes.ratios)
                self._keep(ActionResult([called], [change]))
                ticket = self.tickets[code, waits.number]
                self._keep(calling.start(at, called, ticket, self.now))
            case "complete":
                done = calling.complete(at, queue, ticket, self.now)
                self._keep(with_returns(done, self._returns(code, ticket), self.now))
            case "no_show":
                self._keep(calling.mark_no_show(queue, ticket, self.now))
            case "cancel":
                self._keep(waiting.cancel(queue, ticket, CancelReason.DUPLICATE, self.now))
            case "transfer":
                new_code = f"C{next(self.codes)}"
                self._keep(transferring.transfer(queue, ticket, self._to(to, ticket), new_code, self.now))
            case "send":
                ids = NewIds(f"C{next(self.codes)}", f"visit {next(self.codes)}")
                self._keep(send(at, queue, ticket, self._to(to, ticket), ids, self.now, returns=returns))

    def end(self) -> None:
        """The day is over."""
        for (code, _), ticket in list(self.tickets.items()):
            if ticket.status is TicketStatus.IN_SERVICE:
                queue, change = self.queues[code].complete(ticket, self.now)
            elif ticket.status in ACTIVE:
                queue, change = self.queues[code].expire(ticket, self.now)
            else:
                continue
            self._keep(ActionResult([queue], [change]))

    def _some(self, code: str, states: Set[TicketStatus]) -> TicketRecord | None:
        found = [each for (of, _), each in self.tickets.items() if of == code and each.status in states]
        return min(found, key=lambda each: each.place, default=None)

    def _holder(self, code: str, patient: str) -> HeldPlace | None:
        for (of, _), each in self.tickets.items():
            if of == code and each.status in ACTIVE and each.medical_record_number == patient:
                return HeldPlace(
                    *(each.patient_name, each.date_of_birth, each.number, each.status),
                    *(each.lane, each.arrived_at, each.place_at),
                )
        return None

    def _to(self, code: str, ticket: TicketRecord | None) -> Destination:
        patient = "" if ticket is None else ticket.medical_record_number
        return Destination(CLINICS[code], self.queues[code], self._holder(code, patient))

    def _returns(self, code: str, ticket: TicketRecord | None) -> list[Return]:
        if ticket is None or ticket.return_to is None:
            return []
        [(home, first)] = [
            (of, each) for (of, _), each in self.tickets.items() if each.ticket_code == ticket.return_to
        ]
        if home == code:
            return []
        left = [
            each
            for each in self.tickets.values()
            if each.return_to == ticket.return_to and each.status in ACTIVE and each is not ticket
        ]
        holder = self._holder(home, ticket.medical_record_number)
        there = Home(CLINICS[home], self.queues[home], first, holder, len(left), self._first_places(home))
        return [Return(self.queues[code].key, ticket, there, f"C{next(self.codes)}")]

    def _first_places(self, code: str) -> dict[Lane, list[FrontPlace]]:
        waits = [
            FrontPlace(each.number, each.place, each.is_return, was_called=False)
            for (of, _), each in self.tickets.items()
            if of == code and each.status is TicketStatus.WAITING
        ]
        return {Lane.REGULAR: sorted(waits, key=lambda each: each.place)}

    def _keep(self, done: ActionResult, new: dict[tuple[str, int], TicketRecord] | None = None) -> None:
        """The result of a step; no patient holds two tickets of a clinic."""
        self.queues |= {queue.key.clinic: queue for queue in done.queues}
        for change in done.changes:
            assert change.ticket is not None
            key = (change.clinic_day.clinic, change.ticket.number)
            if key in self.tickets:
                self.tickets[key] = _changed(self.tickets[key], change)
        self.tickets |= new or {}
        self.tickets |= {(each.key.clinic, each.number): _given_out(each) for each in done.new_tickets}
        for queue_key, moved in done.moved:
            for each in moved:
                ticket = self.tickets[queue_key.clinic, each.number]
                at, number = each.place
                self.tickets[queue_key.clinic, each.number] = replace(
                    ticket, place_at=at, place_number=number
                )
        held = [
            (code, each.medical_record_number)
            for (code, _), each in self.tickets.items()
            if each.status in ACTIVE
        ]
        assert len(held) == len({*held})


BORN = PartialDate(1990, 1, 31)


def _record(code: str, number: int, at: datetime, patient: str) -> TicketRecord:
    """A ticket that was just taken."""
    return TicketRecord(
        ticket_code=code,
        service_date=date(2026, 11, 23),
        number=number,
        status=TicketStatus.WAITING,
        lane=Lane.REGULAR,
        priority_reason=None,
        room=None,
        registered_at=at,
        arrived_at=at,
        place_at=at,
        place_number=number,
        waiting_since=at,
        called_at=None,
        started_at=None,
        ended_at=None,
        medical_record_number=patient,
        birth_order=0,
        patient_name="Siti Aminah",
        date_of_birth=BORN,
        date_of_birth_confirmed=False,
    )


def _given_out(new: NewTicket) -> TicketRecord:
    """A ticket that a station gave."""
    assert new.station is None or new.station.place > 1
    record = _record(new.ticket_code, new.number, new.arrived_at, new.patient.medical_record_number)
    record = replace(record, place_at=new.place_at or new.arrived_at)
    if new.station is None:
        return record
    visit, place, sent_from, return_to, is_return = new.station
    return replace(
        record, visit=visit, station=place, sent_from=sent_from, return_to=return_to, is_return=is_return
    )


def _changed(ticket: TicketRecord, change: Change) -> TicketRecord:
    """The ticket after a change of it."""
    assert change.ticket is not None
    ticket = replace(ticket, status=change.ticket.status, room=change.ticket.room)
    if change.ticket.status is TicketStatus.CALLED:
        ticket = replace(ticket, called_at=change.at)
    if change.station is not None:
        ticket = replace(ticket, visit=change.station.visit, station=change.station.place)
    return ticket


STEPS = ("register", "serve", "send", "complete") * 3 + ("call", "transfer", "no_show", "cancel")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(STEPS),
            st.sampled_from(sorted(CLINICS)),
            st.sampled_from(sorted(CLINICS)),
            st.booleans(),
            st.sampled_from("AB"),
        ),
        min_size=20,
        max_size=100,
    )
)
@settings(max_examples=200)
def test_visits_of_random_stations_end_with_each_ticket_in_one_state(
    steps: list[tuple[str, str, str, bool, str]],
) -> None:
    hospital = Hospital()
    for step, code, to, returns, patient in steps:
        hospital.now += timedelta(minutes=1)
        if step == "register":
            hospital.register(code, patient)
            continue
        with suppress(ActionRefused):  # nothing is changed by it
            hospital.do(step, code, to, returns=returns)
    hospital.end()
    tickets = hospital.tickets
    assert {each.status for each in tickets.values()} <= ENDED
    for code, queue in hospital.queues.items():
        numbers = sorted(number for of, number in tickets if of == code)
        assert numbers == list(range(1, queue.last_number + 1))
        assert queue.waiting == 0
    by_code = {each.ticket_code: each for each in tickets.values()}
    for each in tickets.values():
        if each.in_visit is None or each.in_visit.place == 1:
            continue
        before = by_code[each.sent_from or ""]
        assert (before.visit, before.medical_record_number) == (each.visit, each.medical_record_number)
        assert before.in_visit is not None
        assert before.in_visit.place < each.in_visit.place
        assert before.status is TicketStatus.SERVED


def test_the_current_station_is_that_of_a_room_or_the_first_that_waits() -> None:
    served, waits, called = TicketStatus.SERVED, TicketStatus.WAITING, TicketStatus.CALLED
    assert current_station([served, waits, called]) == 2
    assert current_station([served, waits, waits]) == 1
    assert current_station([served, TicketStatus.EXPIRED]) is None
