"""A night at two clinics in which much is taken back, and the same night without what was taken back.

The second one does what stands of the first: to the same patients, in the same rooms, at the same moments.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

from hypothesis import assume
from sqlalchemy import Engine, RowMapping, delete, select

from common.domain.clinic_day import ClinicDay
from common.domain.clinic_lanes import two_lanes
from common.messages.desk_replies import DeskDone
from common.messages.message import EncodedReply, Reply
from common.messages.patients import Ticket
from common.storage.catalog import CatalogCache
from common.storage.engine import Connection, snapshot, transaction
from common.storage.journal import Cause, entries_of, record
from common.storage.queues import lock_queues, write_queues
from common.storage.service_times import read_service_times
from common.storage.tables import accuracy, catalog_version, metadata, staff
from common.storage.ticket_rows import ticket_by_number
from tests.builders import MONDAY, desk_request, patient
from tests.store.workers import Workers, day_rows, journal_rows, ticket_rows
from ticker_worker import store

HOSPITAL = "RSHS"
CLINICS = ("GIG", "MAT")
RATIO = 2
MIDNIGHT = timedelta(days=1)


class Who(NamedTuple):
    """A ticket, whatever its number: the first, second ... of this patient in this queue."""

    clinic: str
    service_date: date
    patient: str
    turn: int


class Act(NamedTuple):
    """What somebody asked for and got, at a moment, about a ticket or else about a clinic."""

    at: datetime
    name: str
    clinic: str
    body: Mapping[str, Any]
    who: Who | None
    request_id: str


class Effect(NamedTuple):
    """What an act did to a ticket."""

    event: str
    who: Who
    room: int | None


@dataclass
class Night:
    """What is done in a night, to be done again."""

    workers: Workers
    acts: list[Act] = field(default_factory=list)

    def passes(self, moment: datetime) -> None:
        """Until a moment."""
        self.workers.clock.moment = moment
        while due := self.workers.emitter.emit():
            self.workers.apply(*due)

    def asks(
        self, name: str, clinic: str, body: Mapping[str, Any], who: Who | None = None
    ) -> Reply | EncodedReply | None:
        """The reply to a request; it is an act, where it is done."""
        named = {} if who is None else self._named(who)
        if name == "call_ticket":  # of today, always
            del named["service_date"]
        request = desk_request(name, clinic, **body, **named)
        worker = self.workers.registrar if name == "desk_register" else self.workers.ticker
        [outcome] = worker.handle([request])
        if isinstance(outcome.reply, DeskDone | Ticket):
            at, request_id = self.workers.clock.now(), str(request.message_id)
            self.acts.append(Act(at, name, clinic, body, who, request_id))
        return outcome.reply

    def tickets(self) -> dict[Who, RowMapping]:
        """All tickets."""
        found: dict[Who, RowMapping] = {}
        for row in ticket_rows(self.workers.engine):
            turn = 0
            while (who := Who(row["clinic"], row["service_date"], row["patient_name"], turn)) in found:
                turn += 1
            found[who] = row
        return found

    def effects(self) -> dict[str, list[Effect]]:
        """What each request did to tickets."""
        found: dict[str, list[Effect]] = {}
        numbers = {(who.clinic, who.service_date, row["number"]): who for who, row in self.tickets().items()}
        for row in journal_rows(self.workers.engine):
            if row["number"] is not None:
                who = numbers[row["clinic"], row["service_date"], row["number"]]
                room = json.loads(row["body"])["data"]["room"]
                found.setdefault(row["cause_id"], []).append(Effect(row["event_name"], who, room))
        return found

    def taken_back(self) -> dict[str, str]:
        """The requests that were taken back, and by which."""
        rows = journal_rows(self.workers.engine)
        return {
            row["undo"]["takes_back"]: row["cause_id"] for row in rows if "takes_back" in (row["undo"] or {})
        }

    def call(self, who: Who, room: int) -> None:
        """Calls a ticket that need not be the next."""
        key = ClinicDay(HOSPITAL, who.clinic, who.service_date)
        number, now = self.tickets()[who]["number"], self.workers.clock.now()
        with transaction(self.workers.engine) as connection:
            queue, ticket = lock_queues(connection, [key])()[key], ticket_by_number(connection, key, number)
            assert ticket is not None
            queue, change = queue.call(ticket, room, now, two_lanes(RATIO).ratios)
            store.write_ticket(connection, change)
            clinic_of = _catalog(connection).clinic_of
            write_queues(connection, [queue])
            record(connection, entries_of([change], Cause(str(uuid4())), clinic_of), now)

    def _named(self, who: Who) -> dict[str, Any]:
        number = self.tickets()[who]["number"]
        return {"number": number, "service_date": who.service_date.isoformat()}


def without_what_was_taken_back(night: Night, start: Callable[[], Workers]) -> Night:
    """The same night without the acts that were taken back, on workers that start again."""
    effects, taken_back, ends_at = night.effects(), night.taken_back(), night.workers.clock.now()
    _cancels_nobody_in_between(night.acts, taken_back)
    workers = start()
    again = Night(workers)
    for act in night.acts:
        again.passes(act.at)
        if act.name == "undo" or act.request_id in taken_back:
            continue
        if act.name == "call_next":
            _calls(again, effects[act.request_id])
            continue
        reply = again.asks(act.name, act.clinic, act.body, act.who)
        if act.name == "desk_register":
            # Who was in a room by mistake at midnight may have registered for the new day.
            assume(isinstance(reply, Ticket))
        elif act.name != "recall":  # which stays, although its call was taken back
            assert isinstance(reply, DeskDone), (act, reply)
    again.passes(ends_at)
    return again


def _calls(night: Night, effects: Sequence[Effect]) -> None:
    for effect in effects:
        if effect.event == "ticket.called":
            assert effect.room is not None
            night.call(effect.who, effect.room)
        else:
            assert isinstance(night.asks("complete", effect.who.clinic, {}, effect.who), DeskDone)


def _cancels_nobody_in_between(acts: Sequence[Act], taken_back: Mapping[str, str]) -> None:
    """Who would have waited when the clinic closed would have been cancelled: that is another night."""
    places = {act.request_id: place for place, act in enumerate(acts)}
    closings = [place for place, act in enumerate(acts) if act.name == "close_clinic"]
    for mistake, undoing in taken_back.items():
        assume(not any(places[mistake] < place < places[undoing] for place in closings))


def crosses_midnight(night: Night) -> bool:
    """Whether anything that kept a patient from going over at midnight was taken back after it: who did goes
    over behind the others, and the new day has begun with the turns of the lanes as they were."""
    acts = {act.request_id: act for act in night.acts}
    midnight = night.acts[0].at.replace(hour=17, minute=0, second=0, microsecond=0)
    return any(
        acts[mistake].at < midnight <= acts[undoing].at for mistake, undoing in night.taken_back().items()
    )


def moves_in_between(night: Night) -> bool:
    """Whether anybody was put behind the next ones while something stood that was taken back later: without
    it, others were the next ones."""
    places = {act.request_id: place for place, act in enumerate(night.acts)}
    taken_back = night.taken_back()
    moves = [
        places[act.request_id]
        for act in night.acts
        if act.name in ("skip", "reinstate") and act.request_id not in taken_back
    ]
    return any(
        places[mistake] < place < places[undoing]
        for mistake, undoing in taken_back.items()
        for place in moves
    )


# --- what is left of it ---------------------------------------------------------------------------------

_OF_TICKETS = {"ticket_code", "recalled_at", "place_at", "place_number"}
"""Places are told by the numbers of the new day, which are given out in their order."""

_OF_DAYS = {"last_sequence", "next_change_at", "announced_until", "announced_state"}


def left_by(night: Night, *, with_places: bool) -> Any:
    """All that a night leaves but its events; the places of tickets in the new day where they are wanted."""
    tickets, today = night.tickets(), MONDAY + timedelta(days=1)
    codes = {row["ticket_code"]: who for who, row in tickets.items()} | {None: None}
    numbers = {(who.clinic, who.service_date, row["number"]): who for who, row in tickets.items()}
    of_tickets, of_days = _OF_TICKETS, _OF_DAYS
    if not with_places:
        of_tickets, of_days = of_tickets | {"number"}, of_days | {"priority_streak"}
    return (
        {
            who: _but(
                of_tickets,
                row,
                transferred_to=codes[row["transferred_to"]],
                # A call that was taken back later may have moved what was told meanwhile, but not whether.
                told=row["told"] is not None,
            )
            for who, row in tickets.items()
        },
        [
            _but(
                of_days,
                row,
                now_serving=numbers.get((row["clinic"], row["service_date"], row["now_serving"])),
            )
            for row in day_rows(night.workers.engine)
            if row["last_number"]  # a request that is refused begins a day, too
        ],
        _learned(night.workers, today),
    )


def _but(left_out: set[str], row: RowMapping, **others: Any) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in left_out} | others


def _learned(workers: Workers, today: date) -> dict[Any, Any]:
    with snapshot(workers.engine) as connection:
        catalog = _catalog(connection)
        clinics = [clinic for code in CLINICS if (clinic := catalog.clinic(HOSPITAL, code))]
        found = read_service_times(connection, clinics)()
    records = {
        (clinic, part): kept.on(today) for clinic, each in found.items() for part, kept in each.parts.items()
    }
    # A difference of large floats is not exactly what was there before.
    sums = {
        place: [round(each, 4) for each in (*kept.today, *kept.before)] for place, kept in records.items()
    }
    return {place: each for place, each in sums.items() if any(each)}


def counted(workers: Workers) -> dict[Any, int]:
    """How many intervals are counted, whatever has become of them, by clinic and day."""
    with snapshot(workers.engine) as connection:
        rows = connection.execute(select(accuracy)).mappings().all()
    counts: Counter[tuple[str, date]] = Counter()
    for row in rows:
        of_row = (row[name] for name in ("held", "missed", "late", "uncalled", "apart"))
        counts[row["clinic"], row["service_date"]] += sum(of_row)
    return +counts


def to_be_counted(workers: Workers) -> dict[Any, int]:
    """The calls by the staff that stand, and the tickets that expired while their patients waited who were
    told an interval, by clinic and day."""
    counts: Counter[tuple[str, date]] = Counter()
    by_event = {"ticket.called": 1, "ticket.call_undone": -1}
    for row in journal_rows(workers.engine):
        if row["operator"] is not None:
            counts[row["clinic"], row["service_date"]] += by_event.get(row["event_name"], 0)
    for row in ticket_rows(workers.engine):
        if row["status"] == "expired" and row["called_at"] is None and row["told"] is not None:
            counts[row["clinic"], row["service_date"]] += 1
    return +counts


def _catalog(connection: Connection) -> CatalogCache:
    catalog = CatalogCache()
    catalog.refresh(connection)
    return catalog


def forget(engine: Engine) -> None:
    """Empties the database but for the staff."""
    with transaction(engine) as connection:
        for table in reversed(metadata.sorted_tables):
            if table not in (staff, catalog_version):
                connection.execute(delete(table))


def somebody(who: int) -> dict[str, Any]:
    """Patients of whom every third goes to the priority lane."""
    return patient(who) | ({} if who % 3 else {"priority": "pregnancy"})
