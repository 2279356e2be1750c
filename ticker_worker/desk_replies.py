"""What a desk is told: its clinic's queue, and what its request has done."""

from collections.abc import Sequence
from datetime import datetime

from common.desk_messages import (
    NO_SHOWS_SHOWN_MAX,
    CallNext,
    DeskChange,
    DeskDone,
    DeskQueue,
    DeskQueueRequest,
    DeskRequest,
    DeskTicket,
    TicketAction,
)
from common.domain.catalog import Clinic
from common.domain.queue_advance import calling_order
from common.domain.tickets import IN_ROOM, display_number
from common.events import EventName
from common.messages import Ticket, encoded
from common.pages import page_of
from common.storage.catalog import CatalogCache
from common.storage.engine import Connection
from common.storage.journal import JournalEntry
from common.storage.queues import ClinicDay, new_queue, read_queues
from common.storage.service_times import read_service_times
from common.storage.ticket_views import read_occupants, read_ticket_views
from common.storage.waiters import next_waiters
from common.ticket_replies import ShownQueue, local_time
from ticker_worker import store
from ticker_worker.store import TicketRow


def desk_queue(connection: Connection, clinic: Clinic, request: DeskQueueRequest, now: datetime) -> DeskQueue:
    """The clinic's queue of today, as it stands at `now`, with the page of it that is asked for."""
    key = (*clinic.key, clinic.hospital.service_date(now))
    queue = read_queues(connection, [key]).get(key) or new_queue(key, now, now)
    last_shown = request.after + request.limit
    waiters = next_waiters(connection, [key], last_shown + 1).get(key, [])
    order = calling_order(waiters, queue.priority_streak, clinic.priority_ratio)[
        request.after : last_shown + 1
    ]
    rows = {
        row.number: row
        for row in store.tickets_by_number(connection, key, [waiter.number for waiter in order])
    }

    def shown(rows: Sequence[TicketRow]) -> list[DeskTicket]:
        return [_desk_ticket(clinic, row, with_names=request.with_names) for row in rows]

    in_rooms = store.tickets_in_state(connection, key, IN_ROOM)
    found = DeskQueue(
        hospital=clinic.hospital.code,
        hospital_name=clinic.hospital.name,
        clinic=clinic.code,
        clinic_name=clinic.name,
        service_date=key[2],
        mode=clinic.mode,
        is_open=clinic.is_open(now),
        state=clinic.state_at(now),
        forced_until=_local(clinic, clinic.forced_until),
        forced_reason=clinic.forced_reason,
        rooms=clinic.rooms,
        waiting_count=queue.waiting,
        waiting_priority_count=queue.waiting_priority,
        served_count=store.count_served(connection, key),
        now_serving=None if queue.now_serving is None else display_number(clinic.code, queue.now_serving),
        in_rooms=shown(sorted(in_rooms, key=lambda row: (row.room or 0, row.number))),
        waiting=[],
        no_shows=shown(store.latest_no_shows(connection, key, NO_SHOWS_SHOWN_MAX)),
    )
    waiting, more = page_of(
        shown([rows[waiter.number] for waiter in order]),
        encoded,
        limit=request.limit,
        bytes_besides=len(encoded(found)),
    )
    return found.model_copy(update={"waiting": waiting, "more": more})


def desk_done(
    connection: Connection,
    catalog: CatalogCache,
    request: DeskRequest,
    entries: Sequence[JournalEntry],
    now: datetime,
) -> DeskDone:
    """What a request has done, by its entries in the journal; its tickets as they stand at `now`."""
    key = (request.hospital, request.clinic, entries[0].service_date)
    number: int | None = request.number if isinstance(request, TicketAction) else None
    new_ticket: Ticket | None = None
    for entry in entries:
        if isinstance(request, CallNext) and entry.event.name is EventName.TICKET_CALLED:
            number = entry.number
        if entry.event.name is EventName.TICKET_REGISTERED and entry.number is not None:
            there = (entry.event.hospital, entry.event.clinic, entry.service_date)
            new_ticket = _as_its_patient_sees_it(connection, catalog, there, entry.number, now)
    row = None if number is None else store.ticket_by_number(connection, key, number)
    return DeskDone(
        hospital=request.hospital,
        clinic=request.clinic,
        service_date=key[2],
        changes=[_change(entry) for entry in entries],
        ticket=None if row is None else _desk_ticket(catalog.clinic_of(key), row, with_names=False),
        new_ticket=new_ticket,
    )


def _change(entry: JournalEntry) -> DeskChange:
    event, number = entry.event, entry.number
    shown = None if number is None else display_number(event.clinic, number)
    return DeskChange(event=event.name, clinic=event.clinic, number=number, display_number=shown)


def _as_its_patient_sees_it(
    connection: Connection, catalog: CatalogCache, key: ClinicDay, number: int, now: datetime
) -> Ticket:
    [row] = store.tickets_by_number(connection, key, [number])
    view = read_ticket_views(connection, [row.ticket_code])()[row.ticket_code]
    clinic, occupants = catalog.clinic_of(key), read_occupants(connection, [key])().get(key, ())
    learned = read_service_times(connection, [clinic])().get(clinic.key, {})
    return ShownQueue(clinic, occupants, learned, now).ticket(view)


def _desk_ticket(clinic: Clinic, row: TicketRow, *, with_names: bool) -> DeskTicket:
    return DeskTicket(
        number=row.number,
        display_number=display_number(clinic.code, row.number),
        status=row.status,
        lane=row.lane,
        priority_reason=row.priority_reason,
        room=row.room,
        registered_at=local_time(clinic, row.registered_at),
        called_at=_local(clinic, row.called_at),
        started_at=_local(clinic, row.started_at),
        patient_name=row.patient_name if with_names else None,
    )


def _local(clinic: Clinic, moment: datetime | None) -> datetime | None:
    return None if moment is None else local_time(clinic, moment)
