"""Loads what the taking back of a request is about: what happened lately, and who is where."""

import heapq
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from common.domain.clinic_day import ClinicDay
from common.domain.event_names import EventName
from common.domain.lanes import ByLane, Lane
from common.domain.places import LanePlace, Place
from common.domain.queue import Queue
from common.domain.staff import StaffRole
from common.domain.ticket_record import TicketRecord
from common.domain.ticket_states import ACTIVE, IN_ROOM
from common.storage.engine import Connection
from common.storage.journal import JournalEntry, find_by_causes, read_latest
from common.storage.lane_places import waiting_between
from common.storage.ticket_rows import tickets_by_number, tickets_in_state
from common.storage.undo_records import before_of, is_out_of_turn, judged_of, lesson_of, taken_back
from ticker_worker import store
from ticker_worker.loading import QueuesNeeded
from ticker_worker.rules.undoing import UNDO_WITHIN, PastChange, UndoSubject, last_done, standing

_CHANGES_MAX = 2_000
"""Changes of one queue that are looked through, more than ten minutes have; and of its calls as many."""

_CALLS = (EventName.TICKET_CALLED, EventName.TICKET_CALL_UNDONE)


class UndoOf(NamedTuple):
    """What is to be taken back: the last thing done with a ticket, or in a room, of the clinic of `key`."""

    key: ClinicDay
    number: int | None
    room: int | None


def load_undo_subject(
    connection: Connection,
    meant: UndoOf,
    locked: Mapping[ClinicDay, Queue],
    may: Callable[[frozenset[StaffRole]], bool],
    ratios: ByLane,
    now: datetime,
) -> UndoSubject:
    """What happened lately in the clinic's queues and in those to which the request sent somebody, with all
    that it was about. Raises QueuesNeeded where some of them are not `locked`."""
    own = [key for key in locked if key.clinic_key == meant.key.clinic_key]
    lately = standing(_in_order([_lately(connection, key, now) for key in own]))
    last = last_done(lately, meant.number, meant.room, meant.key)
    elsewhere = _changed_by(connection, last) - {*own}
    if missing := elsewhere - locked.keys():
        raise QueuesNeeded(missing)
    if elsewhere:
        of_others = [_lately(connection, key, now) for key in elsewhere]
        lately = standing(_in_order([lately, *of_others]))
    queues = {key: locked[key] for key in (*own, *elsewhere)}
    numbers: dict[ClinicDay, set[int]] = {}
    for each in lately:
        if each.before is not None:
            numbers.setdefault(each.key, set()).add(each.number)
    tickets = {
        (key, ticket.number): ticket
        for key, wanted in numbers.items()
        for ticket in tickets_by_number(connection, key, wanted)
    }
    in_rooms = [(key, ticket) for key in own for ticket in tickets_in_state(connection, key, IN_ROOM)]
    past_calls = {
        key: map(_past, reversed(read_latest(connection, key, _CHANGES_MAX, events=_CALLS)))
        for key in numbers
    }
    calls = {key: [each for each in past if not each.out_of_turn] for key, past in past_calls.items()}
    holders, passed = _holders(connection, tickets), _passed(connection, lately, tickets)
    return UndoSubject(queues, lately, tickets, in_rooms, calls, holders, passed, may, ratios)


def _lately(connection: Connection, key: ClinicDay, now: datetime) -> list[PastChange]:
    entries = read_latest(connection, key, _CHANGES_MAX, since=now - UNDO_WITHIN)
    return [_past(entry) for entry in entries if entry.number is not None]


def _in_order(by_queue: Sequence[Sequence[PastChange]]) -> list[PastChange]:
    """The latest first. In a queue they stay in the order of its events: clocks of tickers differ."""
    return [*heapq.merge(*by_queue, key=lambda each: (each.at, each.key.service_date), reverse=True)]


def _changed_by(connection: Connection, last: PastChange) -> set[ClinicDay]:
    """The queues in which the request changed something that is to be taken back."""
    entries = find_by_causes(connection, [last.cause_id])[last.cause_id]
    return {entry.clinic_day for entry in entries}


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
        place: (place[0], ticket.patient) for place, ticket in tickets.items() if ticket.status not in ACTIVE
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
        ordinal=entry.ordinal,
        room=told.get("room"),
        lane=Lane(told["lane"]),
        before=before_of(entry.undo),
        lesson=lesson_of(entry.undo),
        judged=judged_of(entry.undo),
        takes_back=taken_back(entry.undo),
        out_of_turn=is_out_of_turn(entry.undo),
    )
