"""Tickets that lose their patients' data: wholly, a few at a time, and nothing else changes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, select, text, update

from admin_cli.database.integrity import check_integrity
from common.domain.clinic_day import ClinicDay
from common.errors import StoreForbids
from common.messages.problems import Problem, ProblemCode
from common.storage import purging
from common.storage.engine import snapshot, transaction
from common.storage.purging import first_day_kept, purge_some
from common.storage.tables import access_log, tickets
from tests.builders import MONDAY, in_bandung, registration
from tests.processes import eventually
from tests.store.desks import calls, does, is_whole
from tests.store.nights import TUESDAY
from tests.store.purged import LONG_AFTER, NOW, PERSONAL, after_a_night, kept, linked
from tests.store.workers import Workers, day_rows, journal_rows, ticket_rows
from ticker_worker import nightly_purge
from ticker_worker.nightly_purge import NightlyPurge

NO_QUEUE: ClinicDay | None = None
WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


@pytest.fixture
def workers(engine: Engine) -> Workers:
    """Three clinics in which everything has happened."""
    return after_a_night(engine)


def purge(engine: Engine, before: date, tickets_max: int = 100) -> int:
    """Purges all that can be; how many tickets."""
    count, behind = 0, NO_QUEUE
    while True:
        with transaction(engine) as connection:
            turn = purge_some(connection, before, behind, tickets_max, NOW)
        if turn is None:
            return count
        count += turn.tickets
        behind = turn.day if turn.is_over else behind


@pytest.mark.parametrize("tickets_max", [1, 100])
def test_all_of_the_patients_is_gone_and_all_else_is_there(workers: Workers, tickets_max: int) -> None:
    engine = workers.engine
    before, events = ticket_rows(engine), journal_rows(engine)
    assert any(row["transferred_to"] for row in before)
    assert any(row["sent_from"] for row in before)
    assert any(row["return_to"] for row in before)
    assert purge(engine, LONG_AFTER, tickets_max) == len(before)
    after = ticket_rows(engine)
    assert [kept(row) for row in after] == [kept(row) for row in before]
    assert linked(after) == linked(before)
    assert {row[name] for row in after for name in PERSONAL} == {None}
    assert not {row["ticket_code"] for row in after} & {row["ticket_code"] for row in before}
    told = ("ticket.registered", "ticket.corrected", "ticket.prioritised")
    personal = [row for row in journal_rows(engine) if row["event_name"] in told]
    assert {row["event_name"] for row in personal} == {*told}
    assert {row["cause_digest"] for row in personal} == {None, b""}
    by_clock = [row["cause_digest"] is None for row in events]
    assert [row["cause_digest"] is None for row in journal_rows(engine)] == by_clock
    without = [{**row, "cause_digest": None} for row in journal_rows(engine)]
    assert without == [{**row, "cause_digest": None} for row in events]
    assert all(row["purged_at"] for row in day_rows(engine))
    is_whole(workers)
    assert purge(engine, LONG_AFTER) == 0


def test_each_turn_leaves_everything_whole(workers: Workers) -> None:
    """Whoever is killed in between leaves a database that is right, and that is gone on with."""
    turns, behind = 0, NO_QUEUE
    while True:
        with transaction(workers.engine) as connection:
            turn = purge_some(connection, LONG_AFTER, behind, 1, NOW)
        if turn is None:
            break
        turns += 1
        behind = turn.day if turn.is_over else behind
        is_whole(workers)
    assert turns > len(ticket_rows(workers.engine))


def test_who_looks_a_purged_ticket_up_is_told_that_there_is_none(workers: Workers) -> None:
    ticket = workers.register(50)
    again = registration(51)
    known = workers.ticket(again)
    workers.clock.forward(minutes=1)
    for _ in range(2):
        does(workers, "complete", number=calls(workers))
    workers.clock.set("02:00", LONG_AFTER)
    purge(workers.engine, LONG_AFTER)
    answer = workers.ask("ticket_status", ticket_codes=[ticket.ticket_code, known.ticket_code])
    assert isinstance(answer, Problem)
    assert answer.code is ProblemCode.TICKET_NOT_FOUND
    # Nor is its new code told to who sends the old request again.
    assert workers.refusal(again).code is ProblemCode.REQUEST_ID_REUSED


def test_who_is_still_in_a_room_is_left_and_purged_later(workers: Workers) -> None:
    workers.register(50)
    number = calls(workers)
    before = [row for row in ticket_rows(workers.engine) if row["number"] == number]
    count = len(ticket_rows(workers.engine))
    assert purge(workers.engine, LONG_AFTER) == count - 1
    [left] = [row for row in ticket_rows(workers.engine) if row["patient_name"]]
    assert left in before
    assert [row["clinic"] for row in day_rows(workers.engine) if row["purged_at"] is None] == ["GIG"]
    is_whole(workers)
    does(workers, "complete", number=number)
    assert purge(workers.engine, LONG_AFTER) == 1
    is_whole(workers)


def test_a_visit_is_purged_once_all_of_it_is_over(workers: Workers) -> None:
    workers.register(50)
    number = calls(workers)
    does(workers, "start", number=number)
    does(workers, "send", number=number, to_clinic="LAB")
    purge(workers.engine, LONG_AFTER)
    assert {row["clinic"] for row in ticket_rows(workers.engine) if row["patient_name"]} == {"GIG", "LAB"}
    is_whole(workers)


def test_no_queue_that_is_open_anywhere_is_purged() -> None:
    """A clinic's day ends at noon of the next one at the latest, and its desk still shows the day before."""
    now = in_bandung("11:59", TUESDAY + timedelta(days=1))
    assert first_day_kept(now, purging.DAYS_MIN) <= MONDAY


def test_two_who_purge_at_once_take_different_queues(
    workers: Workers, open_another: Callable[[], Engine]
) -> None:
    if workers.engine.dialect.name == "sqlite":
        pytest.skip("one at a time writes to SQLite")
    with transaction(workers.engine) as one, transaction(open_another()) as other:
        turns = [purge_some(each, LONG_AFTER, None, 1, NOW) for each in (one, other)]
    assert turns[0] is not None
    assert turns[1] is not None
    assert turns[0].day != turns[1].day
    is_whole(workers)


def test_tickets_that_lead_to_each_other_are_purged_at_once(
    workers: Workers, open_another: Callable[[], Engine]
) -> None:
    if workers.engine.dialect.name == "sqlite":
        pytest.skip("one at a time writes to SQLite")
    before = linked(ticket_rows(workers.engine))
    with ThreadPoolExecutor(1) as pool:
        with transaction(workers.engine) as one:
            assert purge_some(one, LONG_AFTER, None, 100, NOW) is not None
            other = pool.submit(purge, open_another(), LONG_AFTER)
            eventually(lambda: bool(one.scalar(WAITING)), "the other waits for a ticket of this queue")
        assert other.result() > 0
    purge(workers.engine, LONG_AFTER)
    assert linked(ticket_rows(workers.engine)) == before
    is_whole(workers)


def test_two_who_purge_queues_that_lead_to_each_other_do_not_deadlock(
    workers: Workers, open_another: Callable[[], Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    if workers.engine.dialect.name == "sqlite":
        pytest.skip("one at a time writes to SQLite")
    before = linked(ticket_rows(workers.engine))
    forget, there = purging._forget, list[Connection]()

    def waits(connection: Connection, given: Any) -> Any:
        there.append(connection)
        eventually(
            lambda: len(there) > 1 or bool(connection.scalar(WAITING)), "the other is as far, or waits"
        )
        return forget(connection, given)

    monkeypatch.setattr(purging, "_forget", waits)

    def take_turn(engine: Engine) -> int:
        with transaction(engine) as connection:
            turn = purge_some(connection, LONG_AFTER, None, 100, NOW)
        return turn.tickets if turn is not None else 0

    with ThreadPoolExecutor(2) as pool:
        turns = [*pool.map(take_turn, (workers.engine, open_another()))]
    assert all(turns)
    purge(workers.engine, LONG_AFTER)
    assert linked(ticket_rows(workers.engine)) == before
    is_whole(workers)


def test_the_integrity_check_finds_what_lost_its_data_too_early_or_kept_them(workers: Workers) -> None:
    purge(workers.engine, TUESDAY)
    monday = tickets.c.service_date == MONDAY
    for values, where in (
        ({"patient_name": "Siti"}, monday & (tickets.c.number == 1)),
        ({"medical_record_number": None}, ~monday & (tickets.c.number == 1)),
    ):
        with transaction(workers.engine) as connection:
            connection.execute(update(tickets).where(where).values(**values))
    with snapshot(workers.engine) as connection:
        found = check_integrity(connection).findings
    assert {(each.check, each.service_date) for each in found} == {("purged", MONDAY), ("purged", TUESDAY)}


# --- by night -------------------------------------------------------------------------------------------


def purger(workers: Workers, **settings: Any) -> NightlyPurge:
    return NightlyPurge(workers.engine, workers.clock, **settings)


def named(workers: Workers) -> int:
    """How many tickets have their patients' data."""
    return sum(row["patient_name"] is not None for row in ticket_rows(workers.engine))


def test_a_ticker_purges_a_little_with_each_emission(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nightly_purge, "TICKETS_MAX", 2)
    emitter = replace(workers.emitter, purge=purger(workers, after_days=90))
    workers.clock.set("02:00", MONDAY + timedelta(days=90))
    emitter.emit()
    assert named(workers) == len(ticket_rows(workers.engine))
    workers.clock.set("02:00", LONG_AFTER)
    counts: list[int] = []
    while not counts or counts[-1]:
        emitter.emit()
        counts.append(named(workers))
        assert len(counts) < 30
    assert all(0 <= before - now <= 2 for before, now in pairwise(counts))
    is_whole(workers)


def test_a_ticker_rests_where_nothing_is_due(workers: Workers) -> None:
    purge_by_night = purger(workers, after_days=90)
    workers.clock.set("02:00", MONDAY + timedelta(days=80))
    purge_by_night.take_turn()
    workers.clock.forward(days=20)
    engine, purge_by_night.engine = purge_by_night.engine, None  # type: ignore[assignment] # not asked at all
    workers.clock.moment = workers.clock.moment - timedelta(days=20) + timedelta(minutes=59)
    purge_by_night.take_turn()
    purge_by_night.engine = engine
    workers.clock.forward(days=20)
    purge_by_night.take_turn()
    assert named(workers) < len(ticket_rows(workers.engine))


def test_a_failing_purge_costs_no_tick(workers: Workers, capsys: pytest.CaptureFixture[str]) -> None:
    class Refusing(NightlyPurge):
        def _purge(self, now: datetime) -> bool:
            raise StoreForbids("The database does not let its user do this.")

    emitter = replace(workers.emitter, purge=Refusing(workers.engine, workers.clock, after_days=1))
    workers.clock.set("00:00:05", TUESDAY + timedelta(days=1))
    assert emitter.emit()
    assert "purge put off" in capsys.readouterr().out


def test_the_access_log_has_an_age_of_its_own(workers: Workers) -> None:
    row = {
        "username": "siti",
        "hospital": "RSHS",
        "clinic": "GIG",
        "request": "desk_queue",
        "looks": 1,
        "names": 2,
    }
    workers.clock.set("02:00", LONG_AFTER)
    now = workers.clock.now()
    with transaction(workers.engine) as connection:
        for days in (1, 40, 50):
            minute = now - timedelta(days=days)
            connection.execute(insert(access_log).values(**row, minute=minute))
    purger(workers, looks_after_days=30).take_turn()
    with snapshot(workers.engine) as connection:
        left = connection.execute(select(access_log.c.minute)).scalars().all()
    assert left == [now - timedelta(days=1)]
    assert named(workers) == len(ticket_rows(workers.engine))
