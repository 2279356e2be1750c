"""A database that goes away: nothing is half done, and the same requests can be handed in again."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text

from common.errors import StoreUnavailable
from common.storage.engine import transaction
from tests.builders import registration
from tests.database import opened
from tests.store.statements import noticed
from tests.store.workers import Workers, a_ticket, day_rows, journal_rows, ticket_rows, workers_of


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_after_a_lost_connection_the_same_requests_are_done_on_a_new_one(
    engine: Engine, open_another: Callable[[], Engine]
) -> None:
    workers = workers_of(engine)
    known = registration(1)
    ticket = workers.ticket(known)
    with open_another().begin() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend'"
            )
        )
    requests = [known, registration(2)]
    with pytest.raises(StoreUnavailable):
        workers.registrar.handle(requests)
    first, second = workers.registrar.handle(requests)
    assert a_ticket(first).ticket_code == ticket.ticket_code
    assert a_ticket(second).number == 2


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_that_became_a_standby_is_left_and_tried_anew(engine: Engine) -> None:
    workers = workers_of(engine)
    workers.ticket(registration(1))
    with engine.connect() as connection:
        connection.execute(text("SET default_transaction_read_only = on"))
        connection.commit()
    with pytest.raises(StoreUnavailable, match="25006"):
        workers.registrar.handle([registration(2)])
    (outcome,) = workers.registrar.handle([registration(2)])
    assert a_ticket(outcome).number == 2


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_frozen_worker_does_not_keep_its_locks(
    engine: Engine, open_another: Callable[[], Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("common.storage.engine.IDLE_SECONDS_MAX", 1)
    frozen = open_another()
    workers = workers_of(engine)
    workers.ticket(registration(1))

    def freeze_and_wake() -> None:
        with transaction(frozen) as connection:
            connection.execute(text("SELECT * FROM clinic_days FOR UPDATE"))
            assert workers.ticket(registration(2)).number == 2
            connection.execute(text("SELECT 1"))

    with pytest.raises(StoreUnavailable):
        freeze_and_wake()


def test_without_a_database_every_worker_says_so_in_one_sentence(workers: Workers) -> None:
    on_sqlite = workers.engine.dialect.name == "sqlite"
    with opened(
        "sqlite:////nowhere/antrean.sqlite" if on_sqlite else "postgresql://antrean@127.0.0.1:1/antrean"
    ) as nowhere:
        stranded = Workers.on(nowhere, workers.clock)
        for attempt in (
            lambda: stranded.register(1),
            lambda: stranded.ask("list_hospitals"),
            lambda: stranded.emitter.emit(),
            lambda: stranded.apply(stranded.tick_for()),
        ):
            with pytest.raises(StoreUnavailable, match=r"^[^\n]+\.$"):
                attempt()


@pytest.mark.parametrize("table", ["tickets", "journal"])
def test_what_fails_in_the_middle_of_a_batch_leaves_nothing_behind(workers: Workers, table: str) -> None:
    before = (day_rows(workers.engine), journal_rows(workers.engine))

    def fail(statement: str) -> None:
        if statement.startswith(f"INSERT INTO {table}"):
            raise RuntimeError("struck by lightning")

    requests = [registration(1), registration(2)]
    with noticed(workers.engine, fail), pytest.raises(RuntimeError, match="lightning"):
        workers.registrar.handle(requests)
    assert ticket_rows(workers.engine) == []
    assert (day_rows(workers.engine), journal_rows(workers.engine)) == before
    assert [a_ticket(outcome).number for outcome in workers.registrar.handle(requests)] == [1, 2]
