"""Loads what the taking back of a request is about: what happened lately, and who is where."""

import heapq
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from common.domain.clinic_day import ClinicDay
from common.domain.event_names import EventName
from common.domain.lanes import ByLane, Lane
from common.domain.places import LanePlace, Place
from common.domain.queue import Queue
from common.domain.staff import StaffRole
from common.domain.ticket_record import TicketRecord
from common.domain.ticket_states import ACTIVE, IN_ROOM
from common.storage.engine import Connection
from common.storage.journal import JournalEntry, read_latest
from common.storage.lane_places import waiting_between
from common.storage.ticket_rows import tickets_by_number, tickets_in_state
from common.storage.undo_records import before_of, is_out_of_turn, lesson_of, taken_back
from ticker_worker import store
from ticker_worker.rules.undoing import UNDO_WITHIN, PastChange, UndoSubject, standing

_CHANGES_MAX = 2_000
"""Changes of one queue that are looked through, more than ten minutes have; and of its calls as many."""

_CALLS = (EventName.TICKET_CALLED, EventName.TICKET_CALL_UNDONE)


def load_undo_subject(
    connection: Connection,
    queues: Mapping[ClinicDay, Queue],
    may: Callable[[frozenset[StaffRole]], bool],
    ratios: ByLane,
    now: datetime,
) -> UndoSubject:
    """What happened lately in these locked queues of one clinic, with all that it was about."""
    by_queue = [
        [
            _past(entry)
            for entry in read_latest(connection, key, _CHANGES_MAX, since=now - UNDO_WITHIN)
            if entry.number is not None
        ]
        for key in queues
    ]
    # In a queue they stay in the order of its events: clocks of tickers differ. What one request did in two
    # queues began in the older one.
    lately = [*heapq.merge(*by_queue, key=lambda each: (each.at, each.key.service_date), reverse=True)]
    numbers: dict[ClinicDay, set[int]] = {}
    for each in lately:
        if each.before is not None:
            numbers.setdefault(each.key, set()).add(each.number)
    tickets = {
        (key, ticket.number): ticket
        for key, wanted in numbers.items()
        for ticket in tickets_by_number(connection, key, wanted)
    }
    in_rooms = [(key, ticket) for key in queues for ticket in tickets_in_state(connection, key, IN_ROOM)]
    past_calls = {
        key: map(_past, reversed(read_latest(connection, key, _CHANGES_MAX, events=_CALLS)))
        for key in numbers
    }
    calls = {key: [each for each in past if not each.out_of_turn] for key, past in past_calls.items()}
    holders, stands = _holders(connection, tickets), standing(lately)
    passed = _passed(connection, stands, tickets)
    return UndoSubject(queues, stands, tickets, in_rooms, calls, holders, passed, may, ratios)


def _passed(
    connection: Connection,
    lately: Sequence[PastChange],
    tickets: Mapping[tuple[ClinicDay, int], TicketRecord],
) -> dict[ClinicDay, list[LanePlace]]:
    """Who waits in each queue where tickets were moved lately: from the places that these had to those which
    they have."""
    places: dict[ClinicDay, list[Place]] = {}
    for each in lately:
        if each.before is not None and each.before.place is not None:
            ticket = tickets[each.key, each.number]
            places.setdefault(each.key, []).extend([each.before.place, ticket.place])
    return {key: waiting_between(connection, key, min(found), max(found)) for key, found in places.items()}


def _holders(
    connection: Connection, tickets: Mapping[tuple[ClinicDay, int], TicketRecord]
) -> dict[tuple[ClinicDay, int], int]:
    """Of tickets that are over, which number the same patient holds in the same queue."""
    patients = {
        place: (place[0], ticket.medical_record_number)
        for place, ticket in tickets.items()
        if ticket.status not in ACTIVE
    }
    held = store.held_tickets(connection, {*patients.values()})
    return {place: held[patient].number for place, patient in patients.items() if patient in held}


def _past(entry: JournalEntry) -> PastChange:
    assert entry.number is not None
    told = json.loads(entry.event.body)["data"]
    return PastChange(
        key=entry.clinic_day,
        number=entry.number,
        event=entry.event.name,
        at=entry.occurred_at,
        cause_id=entry.cause_id,
        room=told.get("room"),
        lane=Lane(told["lane"]),
        before=before_of(entry.undo),
        lesson=lesson_of(entry.undo),
        takes_back=taken_back(entry.undo),
        out_of_turn=is_out_of_turn(entry.undo),
    )
