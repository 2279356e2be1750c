"""Clinics change while work goes on elsewhere: nothing fails for it, and nothing is done twice for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TypeVar

import pytest
from sqlalchemy import Engine, event, select, update

from admin_cli.database.catalog_changes import apply_catalog
from common.domain.catalog import ClinicState
from common.errors import StoreUnavailable
from common.messages.patients import ClinicQueue
from common.messages.problems import ProblemCode
from common.storage.catalog import (
    CHANGES_CAUGHT_UP_MAX,
    CatalogCache,
    CatalogChanged,
    read_version,
    take_version,
)
from common.storage.engine import snapshot, transaction
from common.storage.tables import clinics
from tests.builders import (
    cancellation,
    catalog,
    clinic_table,
    delivery,
    desk_request,
    hospital_table,
    registration,
)
from tests.store.desks import calls, does, is_whole
from tests.store.statements import noticed
from tests.store.workers import Workers, a_problem, a_ticket, workers_of

OpenAnother = Callable[[], Engine]
ELSEWHERE = "RSUD"


@pytest.fixture
def workers(engine: Engine) -> Workers:
    """RSHS with GIG (by its desk) and INT (by the clock); RSUD, where everything changes all the time."""
    here = hospital_table("RSHS", clinic_table("GIG", mode="desk"), clinic_table("INT"))
    return workers_of(engine, here, hospital_table(ELSEWHERE, clinic_table("GIG"), clinic_table("MAT")))


def change(engine: Engine, hospital: str = ELSEWHERE, **values: object) -> None:
    """Changes all clinics of a hospital, as the catalog's next version."""
    with transaction(engine) as connection:
        version = take_version(connection)
        where = clinics.c.hospital == hospital
        connection.execute(update(clinics).where(where).values(**values, version=version))


@contextmanager
def changing_all_the_time(engine: Engine) -> Iterator[Event]:
    """Changes the clinics elsewhere without a pause; what is yielded is set once they have changed."""
    changed, stop = Event(), Event()

    def work() -> None:
        rooms = 1
        while not stop.is_set():
            rooms = rooms % 3 + 1
            try:
                change(engine, rooms=rooms)
            except StoreUnavailable:  # a lock on a busy machine
                continue
            changed.set()

    thread = Thread(target=work)
    thread.start()
    try:
        yield changed
    finally:
        stop.set()
        thread.join()


T = TypeVar("T")


def as_a_worker_does(do: Callable[[], T]) -> T:
    """A lock that is not had in time, on a machine that has much else to do, is waited for again."""
    while True:
        try:
            return do()
        except CatalogChanged:
            raise
        except StoreUnavailable:
            continue


@contextmanager
def at_each_transaction(engine: Engine, do: Callable[[], object]) -> Iterator[None]:
    """Does it before each transaction of the block."""

    def before(*_: object) -> None:
        do()

    event.listen(engine, "checkout", before)
    try:
        yield
    finally:
        event.remove(engine, "checkout", before)


@contextmanager
def changing_before_each_transaction(workers: Workers, other: Engine) -> Iterator[list[str]]:
    """Changes the other clinics before each transaction of the workers; yields the transactions begun."""
    begun: list[str] = []

    def change_rooms() -> None:
        begun.append("transaction")
        change(other, rooms=len(begun) % 3 + 1)

    with at_each_transaction(workers.engine, change_rooms):
        yield begun


def test_a_change_elsewhere_makes_no_batch_begin_again(workers: Workers, open_another: OpenAnother) -> None:
    first = workers.register(1)
    workers.ask("list_hospitals")
    other = open_another()
    work: list[Callable[[], object]] = [
        lambda: workers.register_many(5, first=10),
        lambda: workers.cancel(first),
        lambda: workers.register_many(5, "INT", first=20),
        lambda: workers.ask("clinic_queue", hospital="RSHS", clinic="GIG"),
        lambda: workers.ask("list_clinics", hospital=ELSEWHERE),
        lambda: calls(workers),
        lambda: workers.apply(workers.tick_for("RSHS", "INT")),
        lambda: does(workers, "set_rooms", rooms=4),
    ]
    for do in work:
        with changing_before_each_transaction(workers, other) as begun:
            do()
        assert begun == ["transaction"]
    is_whole(workers)


def test_work_goes_on_while_another_hospital_changes_all_the_time(
    workers: Workers, open_another: OpenAnother
) -> None:
    with changing_all_the_time(open_another()) as changed:
        assert changed.wait(60)
        for who in range(1, 16):
            assert as_a_worker_does(lambda who=who: workers.register(who)).number == who  # type: ignore[misc]
            seen = as_a_worker_does(lambda: workers.ask("clinic_queue", hospital="RSHS", clinic="GIG"))
            assert isinstance(seen, ClinicQueue)
            assert as_a_worker_does(lambda: calls(workers)) == who
    is_whole(workers)


def test_what_changes_here_counts_at_once(workers: Workers, open_another: OpenAnother) -> None:
    """A registrar that knows the clinic as open decides with what holds under its lock."""
    workers.register(1)
    other = open_another()
    far = workers.clock.now().replace(year=2027)
    change(other, "RSHS", state=ClinicState.CLOSED.value, forced_until=far)
    assert workers.refusal(registration(2)).code is ProblemCode.CLINIC_CLOSED
    change(other, "RSHS", state=ClinicState.SCHEDULE.value, forced_until=None)
    assert workers.register(3).number == 2
    change(other, "RSHS", retired=True)
    assert workers.refusal(registration(4)).code is ProblemCode.HOSPITAL_NOT_FOUND
    change(other, "RSHS", retired=False)
    assert workers.register(5).number == 3


def test_a_clinic_that_is_new_is_known_at_once(workers: Workers, open_another: OpenAnother) -> None:
    workers.register(1)
    other = workers_of(open_another(), hospital_table("RSHS", clinic_table("GIG"), clinic_table("NEW")))
    assert other is not None
    assert workers.register(2, clinic="NEW").number == 1


def test_more_changes_than_are_caught_up_with(workers: Workers, open_another: OpenAnother) -> None:
    workers.register(1)
    many = [clinic_table(f"C{place:04d}") for place in range(CHANGES_CAUGHT_UP_MAX + 50)]
    half = len(many) // 2
    tables = [hospital_table("RSHS", clinic_table("GIG", mode="desk"))]
    tables += [hospital_table("RSA", *many[:half]), hospital_table("RSB", *many[half:])]
    workers_of(open_another(), *tables)
    assert workers.register(2).number == 2
    assert workers.register(3, "RSB", many[-1]["code"]).number == 1


class Restless(CatalogCache):
    """A catalog that is never the one that was known."""

    def catch_up(self, *_: object) -> set[tuple[str, str]]:
        raise CatalogChanged


def test_what_does_not_end_is_tried_again_later(workers: Workers) -> None:
    """As where the database is away: no reply and no dead letter, the same batch comes again."""
    granted = workers.register(1)
    requests = [registration(2), cancellation(granted.ticket_code)]
    for handler, asked in (
        (workers.registrar, requests),
        (workers.status, [delivery("ticket_status", {"ticket_codes": [granted.ticket_code]})]),
    ):
        object.__setattr__(handler.handler, "catalog", Restless())
        with pytest.raises(StoreUnavailable, match="done again"):
            handler.handle(asked)


def test_the_cache_is_as_new_as_the_version_that_was_read(
    workers: Workers, open_another: OpenAnother
) -> None:
    cache = CatalogCache()
    with snapshot(workers.engine) as connection:
        cache.refresh(connection)
    change(open_another(), rooms=7)
    with snapshot(workers.engine, pipelined=True) as connection:
        changed = cache.catch_up(connection, read_version(connection)())
    assert changed == {(ELSEWHERE, "GIG"), (ELSEWHERE, "MAT")}
    with snapshot(workers.engine, pipelined=True) as connection:
        assert cache.catch_up(connection, read_version(connection)()) == set()
    found = cache.clinic(ELSEWHERE, "MAT")
    assert found is not None
    assert found.rooms == 7


def test_a_batch_that_names_a_changed_clinic_is_decided_once(
    workers: Workers, open_another: OpenAnother
) -> None:
    """The queue stays the same: what changed is taken over under its lock."""
    workers.register(1)
    change(open_another(), "RSHS", daily_quota=1)
    begun: list[str] = []
    with at_each_transaction(workers.engine, lambda: begun.append("transaction")):
        outcomes = workers.registrar.handle([registration(2), registration(3, clinic="INT")])
    a_problem(outcomes[0], ProblemCode.QUOTA_REACHED)
    assert a_ticket(outcomes[1]).number == 1
    assert begun == ["transaction"]


def test_a_desk_s_request_for_a_clinic_that_came_meanwhile(
    workers: Workers, open_another: OpenAnother
) -> None:
    calls_nobody = desk_request("set_rooms", "NEW", rooms=3)
    a_problem(workers.ticker.handle([calls_nobody])[0], ProblemCode.CLINIC_NOT_FOUND)
    workers_of(open_another(), hospital_table("RSHS", clinic_table("GIG"), clinic_table("NEW")))
    assert does(workers, "set_rooms", "NEW", rooms=3).clinic == "NEW"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_file_is_applied_to_what_a_desk_changed_meanwhile(
    workers: Workers, engine: Engine, open_another: OpenAnother
) -> None:
    """The desk holds its queue and waits for the catalog, which the file has locked: the queue has to be
    among those that were locked before it, or both wait for each other."""
    other = open_another()
    desk = Workers.on(other, workers.clock)
    catalog_of_the_file = catalog(hospital_table("RSHS", clinic_table("GIG", rooms=3), clinic_table("INT")))
    changed: list[object] = []

    def between(statement: str) -> None:
        if "FOR UPDATE" in statement and "catalog_version" in statement and not changed:
            changed.append(does(desk, "set_rooms", "INT", rooms=2))

    with noticed(engine, between):
        apply_catalog(engine, catalog_of_the_file, workers.clock.now(), retire_busy=True)

    assert changed
    with snapshot(engine) as connection:
        rows = connection.execute(select(clinics.c.code, clinics.c.rooms).filter_by(hospital="RSHS"))
        assert {row.code: row.rooms for row in rows} == {"GIG": 3, "INT": 1}
