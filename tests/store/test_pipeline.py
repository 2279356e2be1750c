"""On PostgreSQL, statements are sent before the answers to others have come."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, column, select, table, text
from sqlalchemy.exc import DataError

from common.errors import StoreUnavailable
from common.storage.bounded_connection import BoundedConnection
from common.storage.engine import push, snapshot, transaction
from common.storage.pipeline import Pipeline
from common.storage.prepared import Prepared
from tests.database import drop_database, new_database, opened
from tests.processes import eventually

one = Prepared(lambda _: text("SELECT 1").columns())
wrong = Prepared(lambda _: text("SELECT 1/0"))


@pytest.fixture
def postgresql(postgres: str) -> Iterator[Engine]:
    """An engine on the server's own database, in which these tests leave nothing."""
    with opened(postgres) as engine:
        yield engine


@pytest.fixture
def pipeline(postgresql: Engine) -> Iterator[Pipeline]:
    """Of a connection that is in no transaction."""
    with postgresql.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield _driver(connection).statements


def _driver(connection: Any) -> BoundedConnection:
    driver_connection = connection.connection.driver_connection
    assert isinstance(driver_connection, BoundedConnection)
    return driver_connection


def test_answers_belong_to_their_statements(pipeline: Pipeline) -> None:
    pipeline.begin()
    answers = [pipeline.send("SELECT $1::int", (number,)) for number in range(5)]
    assert [answers[place]() for place in (3, 0, 4, 1, 2)] == [[(3,)], [(0,)], [(4,)], [(1,)], [(2,)]]
    pipeline.end()
    assert not pipeline.is_open


def test_without_a_pipeline_each_answer_is_there_at_once(pipeline: Pipeline) -> None:
    assert pipeline.send("SELECT $1::int, $2::text", (1, None))() == [(1, None)]
    with pytest.raises(psycopg.errors.DivisionByZero):
        pipeline.send("SELECT 1/0", ())
    assert pipeline.send("SELECT 2", ())() == [(2,)]


def test_more_than_the_network_holds_goes_and_comes_at_once(pipeline: Pipeline) -> None:
    wide = "x" * 3_000_000
    pipeline.begin()
    answers = [pipeline.send("SELECT $1::text", (wide,)) for _ in range(4)]
    pipeline.end()
    assert [answer() for answer in answers] == [[(wide,)]] * 4


def test_the_server_begins_with_what_is_pushed(postgresql: Engine) -> None:
    """Before anybody waits for it."""
    with postgresql.connect().execution_options(isolation_level="AUTOCOMMIT") as other:
        took = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND granted")
        with transaction(postgresql, pipelined=True) as connection:
            Prepared(lambda _: text("SELECT pg_advisory_xact_lock(4711)"))(connection)
            push(connection)
            eventually(lambda: other.scalar(took) == 1, "the lock is taken")
        with transaction(postgresql) as connection:
            push(connection)  # where nothing waits to be sent


def test_the_first_error_is_everybodys(pipeline: Pipeline) -> None:
    pipeline.begin()
    before = pipeline.send("SELECT 1", ())
    pipeline.send("SELECT 1/0", ())
    after = pipeline.send("SELECT 2", ())
    assert before() == [(1,)]
    with pytest.raises(psycopg.errors.DivisionByZero):
        after()
    with pytest.raises(psycopg.errors.DivisionByZero):
        pipeline.end()


@pytest.mark.parametrize("in_pipeline", [False, True])
def test_statements_are_planned_anew_as_tables_fill(pipeline: Pipeline, *, in_pipeline: bool) -> None:
    """A plan that was made while a table was empty goes through all of it, and would be kept."""
    statement = "SELECT $1::int + 1"
    planned = (
        "SELECT sum(custom_plans + generic_plans)::int, count(*)::int"
        f" FROM pg_prepared_statements WHERE statement = '{statement}'"
    )
    executed_since = []
    for number in range(8 + 64 + 1):
        if in_pipeline:
            pipeline.begin()
        answer = pipeline.send(statement, (number,))
        if in_pipeline:
            pipeline.end()
        assert answer() == [(number + 1,)]
        [(executions, names)] = pipeline.send(planned, ())()
        assert names == 1, "what is replaced is forgotten"
        executed_since.append(executions)
    assert executed_since == [*range(1, 9), *range(1, 65), 1]


def test_what_could_not_be_prepared_is_prepared_the_next_time(pipeline: Pipeline) -> None:
    pipeline.begin()
    pipeline.send("SELECT 1/0", ())
    pipeline.send("SELECT 3", ())  # comes to nothing, as all after an error
    with pytest.raises(psycopg.errors.DivisionByZero):
        pipeline.end()
    assert pipeline.send("SELECT 3", ())() == [(3,)]
    with pytest.raises(psycopg.errors.UndefinedTable):
        pipeline.send("SELECT * FROM not_there_yet", ())
    pipeline.send("CREATE TEMPORARY TABLE not_there_yet (a int)", ())
    assert pipeline.send("SELECT * FROM not_there_yet", ())() == []


def test_an_error_that_nobody_waited_for_ends_the_transaction(postgresql: Engine) -> None:
    with pytest.raises(DataError), transaction(postgresql, pipelined=True) as connection:
        wrong(connection)
    with transaction(postgresql, pipelined=True) as connection:
        one(connection)


def test_an_exception_undoes_what_was_sent(postgresql: Engine) -> None:
    with postgresql.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        _driver(connection).execute("CREATE TEMPORARY TABLE kept (a int)")
    with pytest.raises(KeyError):
        _keep_and_fail(postgresql)
    with transaction(postgresql) as connection:
        assert connection.scalar(text("SELECT count(*) FROM kept")) == 0


def _keep_and_fail(engine: Engine) -> None:
    with transaction(engine, pipelined=True) as connection:
        Prepared(lambda _: text("INSERT INTO kept VALUES (1)"))(connection)
        raise KeyError


@pytest.mark.parametrize("pipelined", [True, False])
def test_a_server_that_does_not_answer_in_time_is_given_up(
    postgresql: Engine, monkeypatch: pytest.MonkeyPatch, *, pipelined: bool
) -> None:
    monkeypatch.setattr(BoundedConnection, "answer_seconds_max", 0.2)
    sleep = Prepared(lambda _: text("SELECT pg_sleep(3)"))
    with pytest.raises(StoreUnavailable), transaction(postgresql, pipelined=pipelined) as connection:
        sleep(connection)
    monkeypatch.undo()
    with transaction(postgresql, pipelined=pipelined) as connection:
        one(connection)


def test_a_connection_that_was_cut_is_replaced(postgresql: Engine) -> None:
    with pytest.raises(StoreUnavailable):
        _have_it_cut(postgresql)
    with transaction(postgresql, pipelined=True) as connection:
        one(connection)


def _have_it_cut(engine: Engine) -> None:
    with transaction(engine, pipelined=True) as connection:
        own = _driver(connection).info.backend_pid
        with psycopg.connect(_plain(engine)) as other:
            other.execute("SELECT pg_terminate_backend(%s)", (own,))
        one(connection)


def _plain(engine: Engine) -> str:
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


# --- connections that live and are of no use --------------------------------------------------------------


@pytest.fixture
def own_database(postgres: str) -> Iterator[Engine]:
    """A database with one table, which a test may alter."""
    url = new_database(postgres)
    try:
        with opened(url) as engine:
            with transaction(engine) as connection:
                connection.execute(text("CREATE TABLE things (number INTEGER)"))
            yield engine
    finally:
        drop_database(postgres, url)


_things = Prepared(lambda _: select(table("things", column("number")).c.number))


def _read_and_write(engine: Engine) -> None:
    with snapshot(engine) as connection:
        _things(connection)
    with transaction(engine) as connection:
        connection.execute(text("INSERT INTO things VALUES (1)"))


@pytest.mark.parametrize(
    ("disturbance", "code"),
    [
        ("DEALLOCATE ALL", "26000"),  # as when a pooler gives another server to the connection
        ("ALTER TABLE things ALTER number TYPE BIGINT", "0A000"),
        ("SET default_transaction_read_only = on", "25006"),  # as when a primary has become a standby
    ],
)
def test_a_connection_that_lives_and_is_of_no_use_is_opened_anew(
    own_database: Engine, disturbance: str, code: str
) -> None:
    _read_and_write(own_database)
    with own_database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(disturbance)
    with pytest.raises(StoreUnavailable, match=code):
        _read_and_write(own_database)
    _read_and_write(own_database)
