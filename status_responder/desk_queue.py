"""A clinic's queue as its desk sees it: who is in the rooms, who waits, who did not come."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from common.desk_tickets import desk_ticket
from common.domain.catalog import Clinic
from common.domain.queue import new_queue
from common.domain.queue_advance import calling_order
from common.domain.ticket_record import TicketRecord
from common.domain.ticket_states import IN_ROOM
from common.domain.tickets import display_number
from common.messages.desks import NO_SHOWS_SHOWN_MAX, DeskQueue, DeskQueueRequest, DeskTicket
from common.messages.message import encode_part
from common.messages.pages import page_of
from common.storage.engine import Connection
from common.storage.queues import read_queues
from common.storage.ticket_rows import tickets_by_number, tickets_in_state
from common.storage.waiters import next_waiters
from status_responder import store


def desk_queue(connection: Connection, clinic: Clinic, request: DeskQueueRequest, now: datetime) -> DeskQueue:
    """The clinic's queue of today, as it stands at `now`, with the page of it that is asked for."""
    clinic = clinic.as_of(now)
    key = clinic.clinic_day(now)
    queue = read_queues(connection, [key]).get(key) or new_queue(key, now, now)
    last_shown = request.after + request.limit
    waiters = next_waiters(connection, [key], last_shown + 1).get(key, [])
    order = calling_order(waiters, queue.priority_streak, clinic.priority_ratio)[
        request.after : last_shown + 1
    ]
    rows = {
        row.number: row for row in tickets_by_number(connection, key, [waiter.number for waiter in order])
    }

    def shown(rows: Sequence[TicketRecord]) -> list[DeskTicket]:
        return [desk_ticket(clinic, row, with_names=request.with_names) for row in rows]

    in_rooms = [row for day in (key.day_before, key) for row in tickets_in_state(connection, day, IN_ROOM)]
    found = DeskQueue(
        hospital=clinic.hospital.code,
        hospital_name=clinic.hospital.name,
        clinic=clinic.code,
        clinic_name=clinic.name,
        service_date=key.service_date,
        zone=clinic.hospital.zone_at(now),
        mode=clinic.mode,
        is_open=clinic.is_open(now),
        state=clinic.state_at(now),
        forced_until=None if clinic.forced_until is None else clinic.hospital.local_time(clinic.forced_until),
        forced_reason=clinic.forced_reason,
        rooms=clinic.rooms,
        waiting_count=queue.waiting,
        waiting_priority_count=queue.waiting_priority,
        served_count=store.count_served(connection, key),
        now_serving=None if queue.now_serving is None else display_number(clinic.code, queue.now_serving),
        in_rooms=shown(sorted(in_rooms, key=lambda row: (row.room or 0, row.service_date, row.number))),
        waiting=[],
        no_shows=shown(store.latest_no_shows(connection, key, NO_SHOWS_SHOWN_MAX)),
    )
    waiting, more = page_of(
        shown([rows[waiter.number] for waiter in order]),
        encode_part,
        limit=request.limit,
        bytes_besides=len(encode_part(found)),
    )
    return replace(found, waiting=waiting, more=more)
