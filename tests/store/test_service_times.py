"""What staff teach of their clinics' service times: kept as it was learned, and what patients are told by."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier

import pytest
from sqlalchemy import Engine, select

from common.domain.catalog import Clinic
from common.domain.clinic_day import ClinicDay
from common.domain.clinic_outlook import clinic_outlook, expected_call
from common.domain.clinic_records import NO_RECORDS, ClinicRecords
from common.domain.lanes import NONE, Lane, Standing
from common.domain.learning import learn
from common.domain.queue import new_queue
from common.domain.service_times import EndedCall, PartRecord, ServiceTimes
from common.domain.staff_habits import Call
from common.errors import StoreUnavailable
from common.messages.patients import Clinics, Ticket, Tickets
from common.storage.engine import transaction
from common.storage.queues import create_queues, lock_queues
from common.storage.service_times import learn_service_times, read_service_times
from common.storage.tables import service_times
from tests.builders import MONDAY, clinic_table, hospital_table, in_bandung, registration
from tests.store.catalogs import known
from tests.store.statements import noticed
from tests.store.workers import Workers, workers_of

CODES = ("GIG", "INT", "MAT")
FRIDAY = MONDAY - timedelta(days=3)
MORNING = 8
"""The part of the day from 08:30 to 10:00."""


def hospital(mode: str = "desk") -> dict[str, object]:
    """A hospital whose clinics have one room each, and plan ten minutes for everybody."""
    return hospital_table("RSHS", *(clinic_table(code, mode=mode) for code in CODES))


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """The workers of three clinics that are moved by their desks, on Monday at 09:00."""
    return workers_of(engine, hospital())


def a_call(minutes: float, day: date = MONDAY, *, lane: Lane = Lane.REGULAR, came: bool = True) -> EndedCall:
    """A call at nine o'clock of a patient who had come at ten past eight; it ended so many minutes later."""
    called_at = in_bandung("09:00", day)
    ended_at = called_at + timedelta(minutes=minutes)
    return EndedCall(in_bandung("08:10", day), called_at, ended_at, lane, came)


def teach(engine: Engine, calls: Iterable[Call | EndedCall], day: date = MONDAY, code: str = "GIG") -> None:
    """The staff of a clinic end these calls, all at once."""
    clinic = known(engine, code)
    with transaction(engine) as connection:
        learn_service_times(connection, [(clinic, day, call) for call in calls])


def learned(engine: Engine, code: str = "GIG") -> dict[int, PartRecord]:
    """What is known of a clinic, by part of the day."""
    return dict(records_of(engine, code).parts)


def records_of(engine: Engine, code: str = "GIG") -> ClinicRecords:
    """What is known of a clinic."""
    clinic = known(engine, code)
    with transaction(engine) as connection:
        return read_service_times(connection, [clinic])().get(clinic.key, NO_RECORDS)


def mean_minutes(engine: Engine, day: date) -> float:
    """How long a service in the morning is expected to last."""
    times = ServiceTimes(known(engine), learned(engine), day)
    return times.service(MORNING).mean / timedelta(minutes=1)


def minutes_until_call(ticket: Ticket) -> float:
    """What a waiting patient is told."""
    assert ticket.estimated_wait_seconds is not None
    return ticket.estimated_wait_seconds / 60


# --- what is kept ---------------------------------------------------------------------------------------


def test_what_is_kept_is_what_was_learned_number_by_number(desk: Workers) -> None:
    """Over two days, in one batch or several, of both lanes and of those who did not come; how the rooms are
    used, too."""
    friday = [a_call(7.123456, FRIDAY), a_call(11, FRIDAY, lane=Lane.PRIORITY), a_call(2, FRIDAY, came=False)]
    monday = [a_call(1 / 3), a_call(25), a_call(3, lane=Lane.PRIORITY, came=False)]
    expected = NO_RECORDS
    for day, calls in ((FRIDAY, friday), (MONDAY, monday)):
        made = Call(2, calls[0].waiting_since, calls[0].called_at, waiting=1)
        rooms: list[Call | EndedCall] = [made, *(replace(call, room=2) for call in calls)]
        teach(desk.engine, rooms[:2], day)
        teach(desk.engine, rooms[2:], day)
        for call in rooms:
            expected, _ = learn(known(desk.engine), expected, day, call)
    assert records_of(desk.engine) == expected
    assert sorted(expected.parts) == [MORNING, MORNING + 1]
    assert expected.habits.rooms[2].ended is not None
    assert learned(desk.engine, "INT") == {}


def test_clinics_that_end_calls_in_one_batch_learn_apart(desk: Workers) -> None:
    clinics = [known(desk.engine, code) for code in CODES]
    with transaction(desk.engine) as connection:
        learn_service_times(
            connection, [(clinic, MONDAY, a_call(10 + n)) for n in range(5) for clinic in clinics]
        )
    assert [learned(desk.engine, code)[MORNING].today.served for code in CODES] == [5, 5, 5]


def test_what_is_rolled_back_was_not_learned(desk: Workers) -> None:
    teach(desk.engine, [a_call(10)])
    before = learned(desk.engine)
    with desk.engine.connect() as connection, connection.begin() as begun:
        learn_service_times(connection, [(known(desk.engine), MONDAY, a_call(30))])
        begun.rollback()
    assert learned(desk.engine) == before


def test_a_room_that_was_forgotten_counts_as_a_long_call_and_no_more(desk: Workers) -> None:
    teach(desk.engine, [a_call(minutes) for minutes in (9, 10, 11) * 5], FRIDAY)
    teach(desk.engine, [a_call(15 * 60)])
    assert learned(desk.engine)[MORNING].today.seconds < 60 * 60
    assert mean_minutes(desk.engine, MONDAY + timedelta(days=1)) < 13


def test_a_clinic_that_is_moved_by_the_clock_teaches_nothing_and_costs_nothing(engine: Engine) -> None:
    workers = workers_of(engine, hospital(mode="clock"))
    statements: list[str] = []
    with noticed(engine, statements.append):
        teach(engine, [a_call(30)])
        workers.register_many(3)
        workers.clock.set("11:00")
        workers.tick()
        workers.ask("list_clinics", hospital="RSHS")
    assert statements
    assert not any("service_times" in statement for statement in statements)
    with engine.connect() as connection:
        assert connection.execute(select(service_times)).all() == []


def test_the_end_of_the_day_teaches_nothing(desk: Workers) -> None:
    """Whoever is in a room then was forgotten there."""
    desk.register_many(3)
    desk.clock.set("00:00:10", MONDAY + timedelta(days=1))
    desk.tick()
    assert learned(desk.engine) == {}


# --- what patients are told -----------------------------------------------------------------------------


def test_patients_are_told_by_what_was_learned_at_registration_and_at_look_up(desk: Workers) -> None:
    first = desk.register_many(6)
    [planned] = [minutes_until_call(ticket) for ticket in first if ticket.number == 6]
    teach(desk.engine, [a_call(20) for _ in range(40)], FRIDAY)
    taught = desk.register(7)
    answer = desk.ask("ticket_status", ticket_codes=[ticket.ticket_code for ticket in first])
    assert isinstance(answer, Tickets)
    now = minutes_until_call(answer.tickets[5])
    # Nobody was called since the opening an hour ago: the staff may be late.
    assert 5 * 10 <= planned < 5 * 13
    assert now == pytest.approx(5 * 20, rel=0.2)
    assert minutes_until_call(taught) == pytest.approx(now + 20, abs=5)


def test_whoever_comes_next_is_told_by_what_was_learned(desk: Workers) -> None:
    desk.register_many(6)
    planned, taught = _wait_shown(desk), 0
    teach(desk.engine, [a_call(20) for _ in range(40)], FRIDAY)
    taught = _wait_shown(desk)
    assert taught > 1.5 * planned


def _wait_shown(desk: Workers) -> int:
    answer = desk.ask("list_clinics", hospital="RSHS")
    assert isinstance(answer, Clinics)
    [wait] = [clinic.estimated_wait_seconds for clinic in answer.clinics if clinic.code == "GIG"]
    assert wait is not None
    return wait


def test_a_regular_patient_is_told_of_the_elderly_who_will_come(desk: Workers) -> None:
    """Twelve have come in each early morning; of those who come today, two overtake for each regular one."""
    for week in range(1, 6):
        day = MONDAY - timedelta(weeks=week)
        teach(desk.engine, [a_call(10, day, lane=Lane.PRIORITY) for _ in range(12)], day)
    desk.clock.set("08:00")
    told = desk.register_many(4)
    clinic, records = known(desk.engine), learned(desk.engine)
    outlook = clinic_outlook(clinic, ClinicRecords(records), [], desk.clock.now())
    for ahead, ticket in enumerate(told):
        place = Standing(Lane.REGULAR.rank, ahead, (0, 0, 0, ahead), NONE, clinic.lanes.ratios)
        expected = expected_call(outlook, place)
        shown = (ticket.estimated_call_at, ticket.earliest_call_at, ticket.latest_call_at)
        assert shown == tuple(moment.replace(microsecond=0) for moment in expected.call[:3])
    undisturbed = outlook.estimate(3).call_at
    assert told[3].estimated_call_at is not None
    assert told[3].estimated_call_at - undisturbed > timedelta(minutes=10)


# --- several at once ------------------------------------------------------------------------------------


def test_around_midnight_calls_that_end_in_two_queues_of_a_clinic_all_teach(
    desk: Workers, open_another: Callable[[], Engine]
) -> None:
    """Two tickers, each with the day that it has for today, and with the clinics in an order of its own."""
    days, rounds = (FRIDAY, MONDAY), 20
    clinics = [known(desk.engine, code) for code in CODES]
    keys = [ClinicDay(*clinic.key, day) for clinic in clinics for day in days]
    with transaction(desk.engine) as connection:
        create_queues(connection, [new_queue(key, desk.clock.now(), desk.clock.now()) for key in keys])
    start = Barrier(len(days))

    def ticker(day: date) -> None:
        engine = open_another()
        mine: list[Clinic] = clinics if day == MONDAY else clinics[::-1]
        start.wait()
        for _ in range(rounds):
            _end_calls(engine, mine, day)

    with ThreadPoolExecutor(len(days)) as pool:
        list(pool.map(ticker, days))
    for code in CODES:
        kept = learned(desk.engine, code)[MORNING]
        assert kept.today.served + kept.before.served == pytest.approx(len(days) * rounds)


def _end_calls(engine: Engine, clinics: list[Clinic], day: date) -> None:
    """As a worker does: a lock that is not had in time is waited for again."""
    keys = [ClinicDay(*clinic.key, day) for clinic in clinics]
    while True:
        try:
            with transaction(engine) as connection:
                lock_queues(connection, keys)()
                learn_service_times(connection, [(clinic, day, a_call(10, day)) for clinic in clinics])
                return
        except StoreUnavailable:
            continue


def test_a_batch_that_teaches_costs_as_many_statements_as_one_call(desk: Workers) -> None:
    def counted(calls: int) -> list[str]:
        statements: list[str] = []
        clinics = [known(desk.engine, code) for code in CODES]
        lessons = [(clinic, MONDAY, a_call(10)) for clinic in clinics for _ in range(calls)]
        with noticed(desk.engine, statements.append), transaction(desk.engine) as connection:
            learn_service_times(connection, lessons)
        return statements

    assert len(counted(1)) == len(counted(40)) == 3


def test_what_was_learned_comes_with_one_statement_for_all(desk: Workers) -> None:
    for code in CODES:
        teach(desk.engine, [a_call(10), a_call(12, lane=Lane.PRIORITY)], code=code)
    statements: list[str] = []
    with noticed(desk.engine, statements.append):
        desk.registrar.handle([registration(who, clinic=CODES[who % 3]) for who in range(60)])
        desk.ask("list_clinics", hospital="RSHS")
    assert sum("FROM service_times" in statement for statement in statements) == 2
