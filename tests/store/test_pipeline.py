"""On PostgreSQL, statements are sent before the results of others have arrived: by the fast path, and by the
public way."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest
from psycopg.pq import PipelineStatus, TransactionStatus
from sqlalchemy import Connection, Engine, column, select, table, text
from sqlalchemy.exc import DataError
from structlog.testing import capture_logs

from common.errors import StoreUnavailable
from common.storage import fast_psycopg
from common.storage.bounded_connection import BoundedConnection
from common.storage.engine import push, snapshot, transaction
from common.storage.prepared import Prepared
from tests.database import drop_database, new_database, opened
from tests.processes import eventually

one = Prepared(lambda _: text("SELECT 1").columns())
wrong = Prepared(lambda _: text("SELECT 1/0"))


@pytest.fixture(params=[True, False], ids=["fast", "public"])
def fast_path(request: pytest.FixtureRequest) -> bool:
    """Each way in turn."""
    taken: bool = request.param
    return taken


@pytest.fixture
def postgresql(postgres: str, *, fast_path: bool) -> Iterator[Engine]:
    """An engine on the server's own database, in which these tests leave nothing."""
    with opened(postgres, fast_path=fast_path) as engine:
        yield engine


@pytest.fixture
def connection(postgresql: Engine) -> Iterator[BoundedConnection]:
    """A connection that is in no transaction."""
    with postgresql.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield _driver(connection)


def _driver(connection: Any) -> BoundedConnection:
    driver_connection = connection.connection.driver_connection
    assert isinstance(driver_connection, BoundedConnection)
    return driver_connection


def _begin(connection: BoundedConnection, *, pipelined: bool = True) -> None:
    connection.before_transaction(pipelined=pipelined)
    connection.send("BEGIN", ())


def test_results_belong_to_their_statements(connection: BoundedConnection) -> None:
    _begin(connection)
    results = [connection.send("SELECT $1::int", (number,)) for number in range(5)]
    assert [results[place]() for place in (3, 0, 4, 1, 2)] == [[(3,)], [(0,)], [(4,)], [(1,)], [(2,)]]
    connection.commit()
    assert connection.info.transaction_status == TransactionStatus.IDLE
    assert connection.info.pipeline_status == PipelineStatus.OFF


def test_without_a_pipeline_each_result_is_there_at_once(connection: BoundedConnection) -> None:
    assert connection.send("SELECT $1::int, $2::text", (1, None))() == [(1, None)]
    with pytest.raises(psycopg.errors.DivisionByZero):
        connection.send("SELECT 1/0", ())
    assert connection.send("SELECT 2", ())() == [(2,)]


def test_results_are_there_after_the_commit(connection: BoundedConnection) -> None:
    _begin(connection)
    result = connection.send("SELECT 1", ())
    connection.commit()
    assert result() == [(1,)]


def test_more_than_the_network_holds_goes_and_comes_at_once(connection: BoundedConnection) -> None:
    wide = "x" * 3_000_000
    _begin(connection)
    results = [connection.send("SELECT $1::text", (wide,)) for _ in range(4)]
    connection.commit()
    assert [result() for result in results] == [[(wide,)]] * 4


def test_the_server_begins_with_what_is_pushed(postgresql: Engine) -> None:
    """Before its result is waited for."""
    with postgresql.connect().execution_options(isolation_level="AUTOCOMMIT") as other:
        took = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND granted")
        with transaction(postgresql, pipelined=True) as connection:
            Prepared(lambda _: text("SELECT pg_advisory_xact_lock(4711)"))(connection)
            push(connection)
            eventually(lambda: other.scalar(took) == 1, "the lock is taken")


def test_the_first_error_is_raised_and_ends_all(connection: BoundedConnection) -> None:
    _begin(connection)
    before = connection.send("SELECT 1", ())
    assert before() == [(1,)]
    with pytest.raises(psycopg.errors.DivisionByZero):
        _fail(connection)
    connection.rollback()
    assert connection.info.transaction_status == TransactionStatus.IDLE
    assert connection.send("SELECT 3", ())() == [(3,)]


def _fail(connection: BoundedConnection) -> None:
    connection.send("SELECT 1/0", ())
    connection.send("SELECT 2", ())
    connection.commit()


@pytest.mark.parametrize("pipelined", [False, True])
def test_statements_are_planned_again_as_tables_fill(
    connection: BoundedConnection, *, pipelined: bool
) -> None:
    """A plan that was made while a table was empty goes through all of it, and would be kept."""
    statement = "SELECT $1::int + 1"
    planned = (
        "SELECT sum(custom_plans + generic_plans)::int, count(*)::int"
        f" FROM pg_prepared_statements WHERE statement = '{statement}'"
    )
    executed_since = []
    for number in range(8 + 64 + 1):
        _begin(connection, pipelined=pipelined)
        result = connection.send(statement, (number,))
        connection.commit()
        assert result() == [(number + 1,)]
        [(executions, names)] = connection.execute(planned).fetchall()
        assert names == 1, "what is replaced is forgotten"
        executed_since.append(executions)
    assert executed_since == [*range(1, 9), *range(1, 65), 1]


def test_a_rollback_leaves_what_was_prepared_of_use(connection: BoundedConnection) -> None:
    connection.execute("CREATE TEMPORARY TABLE filled (a int)")
    connection.cursor().executemany("INSERT INTO filled VALUES (%s)", [(1,), (2,)])  # psycopg may prepare it
    for pipelined in (True, False, True):
        _begin(connection, pipelined=pipelined)
        assert connection.send("SELECT $1::int - 3", (4,))() == [(1,)]
        connection.rollback()
        assert connection.info.transaction_status == TransactionStatus.IDLE


def test_that_nothing_was_prepared_then_does_no_harm(connection: BoundedConnection) -> None:
    """After a rollback nothing is, and plans may be due."""
    for _ in range(3 * 8):
        _begin(connection)
        connection.send("SELECT $1::int - 1", (1,))
        connection.rollback()
    for _ in range(64 + 8):
        _begin(connection)
        connection.send("SELECT $1::int - 2", (1,))
        connection.commit()


def test_numbers_of_any_size_share_a_plan(connection: BoundedConnection) -> None:
    for number in (1, 40_000, 3_000_000_000):
        assert connection.send("SELECT $1::bigint - 1", (number,))() == [(number - 1,)]
    names = "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT $1::bigint - 1'"
    assert connection.execute(names.encode()).fetchall() == [(1,)]


def test_what_could_not_be_prepared_is_prepared_the_next_time(connection: BoundedConnection) -> None:
    _begin(connection)
    with pytest.raises(psycopg.errors.DivisionByZero):
        _fail(connection)
    connection.rollback()
    assert connection.send("SELECT 2", ())() == [(2,)]
    with pytest.raises(psycopg.errors.UndefinedTable):
        connection.send("SELECT * FROM not_there_yet", ())
    connection.send("CREATE TEMPORARY TABLE not_there_yet (a int)", ())
    assert connection.send("SELECT * FROM not_there_yet", ())() == []


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


def _one_by_one(connection: Connection, *statements: Prepared) -> None:
    for statement in statements:
        statement(connection)


@pytest.mark.parametrize(("pipelined", "waits"), [(True, True), (True, False), (False, False)])
def test_a_server_that_does_not_answer_in_time_is_given_up(
    postgresql: Engine, monkeypatch: pytest.MonkeyPatch, *, pipelined: bool, waits: bool
) -> None:
    monkeypatch.setattr(BoundedConnection, "answer_seconds_max", 0.2)
    sleep = Prepared(lambda _: text("SELECT pg_sleep(3)"))
    with pytest.raises(StoreUnavailable), transaction(postgresql, pipelined=pipelined) as connection:
        _one_by_one(connection, sleep, *[one] * waits)
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


# --- which way is taken, and that both give the same ------------------------------------------------------


_VALUES = (
    ("int", -(2**31)),
    ("bigint", 2**63 - 1),
    ("text", "Siti \u2028 \U0001f3e5 'x' \\ {}"),
    ("text", ""),
    ("text", None),
    ("int", None),
    ("boolean", True),
    ("bytea", bytes(range(256))),
    ("date", date(2026, 11, 30)),
    ("timestamptz", datetime(2026, 11, 30, 2, 45, 0, 123456, tzinfo=UTC)),
    ("text[]", '{"a","b c",NULL,""}'),
    ("double precision", 0.1),
)


def test_both_ways_give_the_same_values(postgres: str) -> None:
    statement = "SELECT " + ", ".join(f"${place}::{kind}" for place, (kind, _) in enumerate(_VALUES, 1))
    values = [value for _, value in _VALUES]
    with ExitStack() as stack:
        engines = [stack.enter_context(opened(postgres, fast_path=each)) for each in (True, False)]
        connections = [_driver(stack.enter_context(engine.connect())) for engine in engines]
        fast, public = (
            [connection.send(statement, values)() for _ in range(2)] for connection in connections
        )
    assert fast == public
    assert [*fast[0][0]] == [
        ["a", "b c", None, ""] if type(each) is str and each[:1] == "{" else each for each in values
    ]


def test_the_way_that_is_chosen_is_taken(connection: BoundedConnection, *, fast_path: bool) -> None:
    assert isinstance(connection, fast_psycopg.FastConnection) is fast_path


def test_without_what_the_fast_path_needs_the_public_way_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fast_psycopg.connection_class(fast_path=True) is fast_psycopg.FastConnection
    monkeypatch.delattr(psycopg.errors, "error_from_result")
    with capture_logs() as logs:
        assert fast_psycopg.connection_class(fast_path=True) is BoundedConnection
        assert fast_psycopg.connection_class(fast_path=False) is BoundedConnection
    assert [(each["event"], each["missing"]) for each in logs] == [
        ("no fast path", ["psycopg.errors.error_from_result"])
    ]


# --- connections that live and are of no use --------------------------------------------------------------


@pytest.fixture
def own_database(postgres: str, *, fast_path: bool) -> Iterator[Engine]:
    """A database with one table, which a test may alter."""
    url = new_database(postgres)
    try:
        with opened(url, fast_path=fast_path) as engine:
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
        # As when a pooler gives another server to the connection.
        ("DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$", "26000"),
        ("DO $$ BEGIN ALTER TABLE things ALTER number TYPE BIGINT; END $$", "0A000"),
        ("SET default_transaction_read_only = on", "25006"),  # as when a primary has become a standby
    ],
)
def test_a_connection_that_lives_and_is_of_no_use_is_replaced(
    own_database: Engine, disturbance: str, code: str
) -> None:
    _read_and_write(own_database)
    with own_database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(disturbance)
    with pytest.raises(StoreUnavailable, match=code):
        _read_and_write(own_database)
    _read_and_write(own_database)
