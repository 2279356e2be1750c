"""A clinic's queue as its desk sees it: who is in the rooms, who waits, who did not come."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar

from common.desk_tickets import away_ticket, desk_ticket, visit_ticket
from common.domain.catalog import Clinic
from common.domain.clinic_day import ClinicDay
from common.domain.duplicates import possible_duplicates
from common.domain.elsewhere import Elsewhere
from common.domain.lanes import LANES
from common.domain.queue import Queue, new_queue
from common.domain.queue_advance import calling_order
from common.domain.ticket_record import TicketRecord
from common.domain.ticket_states import IN_ROOM
from common.domain.tickets import display_number
from common.messages.desk_replies import (
    AWAY_SHOWN_MAX,
    DUPLICATES_SHOWN_MAX,
    NO_SHOWS_SHOWN_MAX,
    PARKED_SHOWN_MAX,
    DeskAbsence,
    DeskLane,
    DeskQueue,
    DeskTicket,
    PossibleDuplicate,
    VisitTicket,
)
from common.messages.desk_requests import DeskQueueRequest
from common.messages.message import encode_part
from common.messages.pages import page_of
from common.shown_absences import present_absences
from common.storage.elsewhere import find_elsewhere
from common.storage.engine import Connection
from common.storage.queues import read_queues
from common.storage.ticket_rows import tickets_by_number, tickets_in_state
from common.storage.visits import AwayStation, NamedTickets, read_named_tickets, stations_of_away
from common.storage.waiters import next_waiters
from status_responder import store

Shown = TypeVar("Shown", bound=DeskTicket)

_WAITING_BYTES_MIN = 8192
"""What those who are parked, and did not come, leave to those who wait."""


@dataclass(frozen=True, slots=True)
class LoadedQueue:
    """A clinic's queue of today, as it stands at `now`. `waiting` are those on the page that is asked for, in
    the order of their calls, and the one behind them; `elsewhere` is where some of them are, by number, and
    `named` are the tickets of their visits that these name. `away` are those who are to come back, or did
    not, and from which stations."""

    clinic: Clinic
    now: datetime
    queue: Queue
    in_rooms: Sequence[TicketRecord]
    waiting: Sequence[TicketRecord]
    no_shows: Sequence[TicketRecord]
    parked: Sequence[TicketRecord]
    elsewhere: Mapping[int, Elsewhere]
    away: Sequence[tuple[TicketRecord, Sequence[AwayStation]]]
    served_count: int
    named: NamedTickets


def load_queue(
    connection: Connection,
    clinic: Clinic,
    clinic_of: Callable[[ClinicDay], Clinic],
    request: DeskQueueRequest,
    now: datetime,
) -> LoadedQueue:
    """Reads the queue, and the page of those who wait that is asked for."""
    key = clinic.clinic_day(now)
    queue = read_queues(connection, [key]).get(key) or new_queue(key, now, now)
    last_shown = request.after + request.limit
    waiters = next_waiters(connection, [key], last_shown + 1).get(key, [])
    order = calling_order(waiters, queue.streaks, clinic.lanes.ratios)
    numbers = [waiter.number for waiter in order[request.after : last_shown + 1]]
    rows = {row.number: row for row in tickets_by_number(connection, key, numbers)}
    in_rooms = [row for day in (key.day_before, key) for row in tickets_in_state(connection, day, IN_ROOM)]
    return LoadedQueue(
        clinic=clinic,
        now=now,
        queue=queue,
        in_rooms=sorted(in_rooms, key=lambda row: (row.room or 0, row.service_date, row.number)),
        waiting=[rows[number] for number in numbers],
        no_shows=store.latest_no_shows(connection, key, NO_SHOWS_SHOWN_MAX),
        parked=store.first_parked(connection, key, PARKED_SHOWN_MAX) if queue.parked else (),
        away=_load_away(connection, key),
        elsewhere=find_elsewhere(connection, key, numbers, clinic_of),
        served_count=store.count_served(connection, key),
        named=read_named_tickets(connection, rows.values()),
    )


def _load_away(connection: Connection, key: ClinicDay) -> list[tuple[TicketRecord, Sequence[AwayStation]]]:
    """Who was served today and is to come back, or did not; of the day before, who was sent to stations of
    today."""
    stations: dict[tuple[date, int], list[AwayStation]] = defaultdict(list)
    for each in stations_of_away(
        connection, *key.clinic_key, [key.day_before.service_date, key.service_date]
    ):
        stations[each.home].append(each)
    today = key.service_date
    shown = {
        home: found
        for home, found in stations.items()
        if home[0] == today or any(each.clinic_day.service_date >= today for each in found)
    }
    away: list[tuple[TicketRecord, Sequence[AwayStation]]] = []
    for day in (key.day_before, key):
        numbers = [number for service_date, number in shown if service_date == day.service_date]
        rows = tickets_by_number(connection, day, numbers) if numbers else ()
        away += [(row, shown[day.service_date, row.number]) for row in rows]
    return away[:AWAY_SHOWN_MAX]


def compose_queue(loaded: LoadedQueue, request: DeskQueueRequest) -> DeskQueue:
    """The reply, with as many of the page as fit into it."""
    clinic, now, queue = loaded.clinic, loaded.now, loaded.queue

    def shown(rows: Sequence[TicketRecord]) -> list[DeskTicket]:
        return [desk_ticket(clinic, row, with_names=request.with_names) for row in rows]

    def waits(row: TicketRecord) -> VisitTicket:
        elsewhere = loaded.elsewhere.get(row.number)
        return visit_ticket(clinic, row, loaded.named, with_names=request.with_names, elsewhere=elsewhere)

    reply = DeskQueue(
        hospital=clinic.hospital.code,
        hospital_name=clinic.hospital.name,
        clinic=clinic.code,
        clinic_name=clinic.name,
        service_date=queue.key.service_date,
        zone=clinic.hospital.zone_at(now),
        mode=clinic.mode,
        is_open=clinic.is_open(now),
        state=clinic.state_at(now),
        forced_until=None if clinic.forced_until is None else clinic.hospital.local_time(clinic.forced_until),
        forced_reason=clinic.forced_reason,
        rooms=clinic.rooms,
        room_names=list(clinic.room_names),
        waiting_count=queue.waiting,
        waiting_priority_count=sum(queue.waiting_above),
        lanes=_lanes(clinic, queue),
        served_count=loaded.served_count,
        now_serving=None if queue.now_serving is None else display_number(clinic.code, queue.now_serving),
        in_rooms=shown(loaded.in_rooms),
        waiting=[],
        no_shows=[],
        parked_count=queue.parked,
        parked=[],
        away=[],
        possible_duplicates=_duplicates(loaded),
        absences=_absences(loaded),
    )
    away = [
        away_ticket(clinic, row, stations, with_names=request.with_names) for row, stations in loaded.away
    ]
    reply = replace(reply, parked=_fitting(reply, shown(loaded.parked)))
    reply = replace(reply, no_shows=_fitting(reply, shown(loaded.no_shows)))
    reply = replace(reply, away=_fitting(reply, away))
    waiting, more = page_of(
        map(waits, loaded.waiting), _length, limit=request.limit, bytes_besides=len(encode_part(reply))
    )
    return replace(reply, waiting=waiting, more=more)


def _fitting(reply: DeskQueue, tickets: Sequence[Shown]) -> list[Shown]:
    """The first of these tickets that leave those who wait their room in the reply."""
    besides = len(encode_part(reply)) + _WAITING_BYTES_MIN
    return page_of(tickets, _length, limit=len(tickets), bytes_besides=besides)[0]


def _length(ticket: DeskTicket) -> int:
    return len(encode_part(ticket))


def _absences(loaded: LoadedQueue) -> list[DeskAbsence]:
    local_time = loaded.clinic.hospital.local_time
    return [
        DeskAbsence(
            room=each.room,
            reason=each.reason,
            since=local_time(each.since),
            until=None if each.until is None else local_time(each.until),
        )
        for each in present_absences(loaded.clinic, [row.called_at for row in loaded.in_rooms], loaded.now)
    ]


def _lanes(clinic: Clinic, queue: Queue) -> list[DeskLane]:
    """The clinic's lanes, and those that it no longer has, as long as some wait there."""
    reasons = {rule.lane: rule.reasons for rule in clinic.lanes.rules}
    return [
        DeskLane(lane=lane, waiting=queue.waiting_in(lane), reasons=list(reasons.get(lane, ())))
        for lane in LANES
        if lane in clinic.lanes.lanes or queue.waiting_in(lane)
    ]


def _duplicates(loaded: LoadedQueue) -> list[PossibleDuplicate]:
    """Whose patients may hold another among the tickets of today that are shown."""
    today = loaded.queue.key.service_date
    active = [row for row in (*loaded.in_rooms, *loaded.waiting) if row.service_date == today]
    found = possible_duplicates(row.held_by for row in active)
    shown = sorted(found.items())[:DUPLICATES_SHOWN_MAX]
    return [PossibleDuplicate(number=number, other=other) for number, other in shown]
