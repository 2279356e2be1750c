"""What a desk is told that its request has done."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from common.desk_tickets import visit_ticket
from common.domain.catalog import Clinic
from common.domain.clinic_day import ClinicDay
from common.domain.clinic_records import NO_RECORDS
from common.domain.event_names import EventName
from common.domain.queue import Queue
from common.domain.ticket_record import TicketRecord
from common.domain.tickets import display_number
from common.domain.told import ToldInterval
from common.messages.desk_replies import RANGES_SHOWN_MAX, DeskChange, DeskDone, NumberRange, VisitTicket
from common.messages.desk_requests import CallNext, CallTicket, DeskRequest, TicketAction, Undo
from common.messages.patients import Ticket
from common.patient_tickets import PatientTickets
from common.storage.engine import Connection
from common.storage.journal import JournalEntry
from common.storage.service_times import read_service_times
from common.storage.ticket_rows import ticket_by_number, tickets_by_number
from common.storage.ticket_views import TicketView, read_rooms, read_ticket_views
from common.storage.visits import read_named_tickets


class DoneAndTold(NamedTuple):
    """What a request has done, and what that tells the patient of a new ticket of the call, by its code."""

    reply: DeskDone
    told: Mapping[str, ToldInterval]


def desk_done(
    connection: Connection,
    clinic_of: Callable[[ClinicDay], Clinic],
    queues: Mapping[ClinicDay, Queue],
    request: DeskRequest,
    entries: Sequence[JournalEntry],
    now: datetime,
) -> DoneAndTold:
    """What a request has done, by its entries in the journal; its tickets as they stand at `now`: in locked
    `queues` that are not written yet, and in clinics as `clinic_of` gives them."""
    day = entries[0].service_date
    number: int | None = request.number if isinstance(request, TicketAction) else None
    new_ticket: Ticket | None = None
    told: dict[str, ToldInterval] = {}
    for entry in entries:
        if isinstance(request, Undo):
            number, day = request.number or entry.number, entry.service_date
        if isinstance(request, CallNext | CallTicket) and entry.event.name is EventName.TICKET_CALLED:
            number, day = entry.number, entry.service_date
        if entry.event.name is EventName.TICKET_REGISTERED and entry.number is not None:
            other = entry.clinic_day
            clinic, queue = clinic_of(other), queues.get(other)
            view, shown = _as_its_patient_sees_it(connection, clinic, other, queue, entry.number, now)
            new_ticket, interval = shown.ticket_and_told(view)
            if interval is not None:
                told[view.ticket_code] = interval
    key = ClinicDay(request.hospital, request.clinic, day)
    row = None if number is None else ticket_by_number(connection, key, number)
    reply = DeskDone(
        hospital=request.hospital,
        clinic=request.clinic,
        service_date=day,
        changes=[_change(entry) for entry in entries],
        ticket=None if row is None else _as_its_desk_sees_it(connection, clinic_of(key), row),
        room_name=None if row is None or row.room is None else clinic_of(key).room_name(row.room),
        new_ticket=new_ticket,
    )
    return DoneAndTold(reply, told)


def closing_done(entries: Sequence[JournalEntry]) -> DeskDone:
    """What has closed a clinic and cancelled those who waited: however many, the reply stays small."""
    closed = entries[0]
    cancelled = [entry.number for entry in entries if entry.number is not None]
    changes = [_change(entry) for entry in entries if entry.number is None]
    if cancelled:
        changes.append(
            DeskChange(
                event=EventName.TICKET_CANCELLED,
                clinic=closed.event.clinic,
                number=None,
                display_number=None,
                count=len(cancelled),
                numbers=_ranges(cancelled)[:RANGES_SHOWN_MAX],
            )
        )
    return DeskDone(
        hospital=closed.event.hospital,
        clinic=closed.event.clinic,
        service_date=closed.service_date,
        changes=changes,
    )


def _ranges(numbers: Iterable[int]) -> list[NumberRange]:
    """Numbers in rising order as ranges without gaps."""
    # Within a range, numbers and their places rise alike.
    together = groupby(enumerate(numbers), key=lambda each: each[1] - each[0])
    ranges = ([number for _, number in members] for _, members in together)
    return [NumberRange(first=members[0], last=members[-1]) for members in ranges]


def _change(entry: JournalEntry) -> DeskChange:
    event, number = entry.event, entry.number
    shown = None if number is None else display_number(event.clinic, number)
    return DeskChange(event=event.name, clinic=event.clinic, number=number, display_number=shown)


def _as_its_desk_sees_it(connection: Connection, clinic: Clinic, row: TicketRecord) -> VisitTicket:
    return visit_ticket(clinic, row, read_named_tickets(connection, [row]), with_names=False)


def _as_its_patient_sees_it(
    connection: Connection,
    clinic: Clinic,
    key: ClinicDay,
    queue: Queue | None,
    number: int,
    now: datetime,
) -> tuple[TicketView, PatientTickets]:
    """A new ticket, and what shows it."""
    [row] = tickets_by_number(connection, key, [number])
    view = read_ticket_views(connection, [row.ticket_code])()[row.ticket_code]
    if queue is not None:
        view = view._replace(
            waiting=queue.waiting_by_lane,
            streaks=queue.streaks,
            now_serving=queue.now_serving,
        )
    occupants = read_rooms(connection, [key])().get(key, ())
    learned = read_service_times(connection, [clinic])().get(clinic.key, NO_RECORDS)
    return view, PatientTickets(clinic, occupants, learned, now)
