"""The database engine: how connections are opened, bounded and closed, and what their failures mean."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, Dialect, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError, NoSuchModuleError

from common.errors import SettingsError, unusable_address
from common.storage.driver_errors import ends_connection, translated_errors
from common.storage.prepared import Prepared
from common.storage.sqlite_file import SqliteFile

__all__ = ["Connection", "Engine", "open_engine", "snapshot", "transaction"]

STATEMENT_SECONDS_MAX = 5
"""No statement, and no wait for a lock, may take longer: a worker that blocks loses its heartbeats."""

IDLE_SECONDS_MAX = 15
"""PostgreSQL ends a transaction that asks nothing for so long: a frozen worker must not keep its locks."""

CONNECT_SECONDS_MAX = 3

_ROWS_BY_KEY = (
    "-c random_page_cost=1.1 -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off"
    " -c plan_cache_mode=force_generic_plan"
)
"""A worker looks up few rows by their keys. A plan that scans a whole table would be right only while the
table is empty; none is worth compiling, and none is better for the size of its batch, though PostgreSQL would
plan each small batch again."""

_FILE = "antrean_file"
"""In a pooled SQLite connection's `info`: which file it was opened on."""

_begin_deferred = Prepared(lambda _: text("BEGIN"))
# Said each time: a database or a role may have another level by default, under which a lock that was waited
# for ends in an error.
_begin = Prepared(lambda _: text("BEGIN ISOLATION LEVEL READ COMMITTED"))
_begin_snapshot = Prepared(lambda _: text("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"))
_begin_immediate = Prepared(lambda _: text("BEGIN IMMEDIATE"))


def open_engine(
    database_url: str | Callable[[], str],
    *,
    fast_path: bool = True,
    statement_seconds_max: int = STATEMENT_SECONDS_MAX,
) -> Engine:
    """An engine for `sqlite:///FILE` or `postgresql://...`. Nothing is connected yet. `fast_path` is whether
    it may be used on PostgreSQL (see `fast_psycopg`). An address that can change is asked for at each
    connection to PostgreSQL: its password may be another one by then, or its user. There no statement takes
    longer than `statement_seconds_max`, and on SQLite no wait for a lock.

    Raises SettingsError where the address cannot be used.
    """
    current = database_url if callable(database_url) else lambda: database_url
    try:
        url = make_url(current())
        if url.get_backend_name() == "sqlite":
            return _open_sqlite(url, statement_seconds_max)
        return _open_postgresql(url, current, statement_seconds_max, fast_path=fast_path)
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        example = "sqlite:////path/to/file, postgresql://user:password@host/database"
        raise unusable_address("ANTREAN_DATABASE_URL", example) from error


@contextmanager
def transaction(engine: Engine, *, pipelined: bool = False) -> Iterator[Connection]:
    """One transaction that may write: committed at the end of the block, rolled back on an exception.

    Where it is `pipelined`, only `Prepared` statements may be executed in it. Those that are sent before a
    result is fetched share a round trip, on which a small transaction spends its time; with the commit, too,
    if their results are fetched after the block.

    On SQLite it takes the write lock at once. Raises StoreUnavailable where the database does not answer, and
    StoreContended, which is one, where a lock is not had in time or the transaction lost to another: nothing
    was committed then, or, where the answer to the commit itself was lost, it is found by its request ids
    when it is tried again. Raises StoreConflict where a constraint was violated, and StoreForbids where the
    database's user lacks a right; nothing was committed then.
    """
    with translated_errors(), _begun(engine, pipelined=pipelined) as connection:
        yield connection


@contextmanager
def snapshot(engine: Engine, *, pipelined: bool = False) -> Iterator[Connection]:
    """One read-only transaction that sees one moment of the database, and may be `pipelined` as others;
    raises StoreUnavailable."""
    with translated_errors(), _begun(engine, pipelined=pipelined, read_only=True) as connection:
        yield connection


def push(connection: Connection) -> None:
    """Lets the database begin with what a pipelined transaction has sent, while its caller does other things;
    never waits. On SQLite it is done already."""
    driver_connection: Any = connection.connection.driver_connection
    if not isinstance(driver_connection, sqlite3.Connection):
        driver_connection.push()


def ask(engine: Engine) -> None:
    """Asks the database for something small; raises StoreUnavailable where it does not answer."""
    with snapshot(engine) as connection:
        connection.execute(text("SELECT version_num FROM alembic_version")).all()


@contextmanager
def _begun(engine: Engine, **how: bool) -> Iterator[Connection]:
    # What begins it on the database, below, is told how by the connection's options.
    with engine.connect().execution_options(**how) as connection, connection.begin():
        yield connection


def _open_sqlite(url: URL, lock_seconds_max: int) -> Engine:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise ValueError("an in-memory database cannot be shared, and a file is named by its path")
    file = SqliteFile(Path(url.database))
    engine = create_engine(url, connect_args={"timeout": lock_seconds_max})

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, record: Any, _arguments: Any, options: Any) -> sqlite3.Connection:
        record.info[_FILE] = file.identity()
        connection = file.connect(**options)
        # Where there was none before, this has made it.
        record.info[_FILE] = record.info[_FILE] or file.identity()
        return connection

    @event.listens_for(engine, "checkout")
    def stay_with_the_file(_connection: Any, record: Any, _proxy: Any) -> None:
        # What is written to a file that was replaced is lost.
        if record.info[_FILE] != file.identity():
            raise DisconnectionError("the file was replaced")

    event.listen(engine, "handle_error", _give_up_connection)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get("read_only")
        (_begin_deferred if read_only else _begin_immediate)(connection)

    return engine


def _open_postgresql(
    url: URL, current: Callable[[], str], statement_seconds_max: int, *, fast_path: bool
) -> Engine:
    # Imported here: what runs on SQLite need not load psycopg.
    from psycopg import OperationalError as NotConnected

    from common.storage.bounded_connection import BoundedConnection
    from common.storage.fast_psycopg import connection_class
    from common.storage.refused_connections import ConnectionRefused, refusal_in

    opened_as = connection_class(fast_path=fast_path)
    milliseconds = statement_seconds_max * 1000
    bounds = {
        "connect_timeout": CONNECT_SECONDS_MAX,
        "tcp_user_timeout": 2 * milliseconds,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "application_name": "antrean",
        "options": f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds}"
        f" -c idle_in_transaction_session_timeout={IDLE_SECONDS_MAX * 1000}"
        " -c timezone=UTC -c synchronous_commit=on"
        f" {_ROWS_BY_KEY}",
    }
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=2,
        max_overflow=0,
        pool_timeout=CONNECT_SECONDS_MAX,
        pool_pre_ping=False,
        use_native_hstore=False,
        connect_args=bounds,
    )

    event.listen(engine, "handle_error", _give_up_connection)

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Dialect, _record: Any, arguments: Any, options: Any) -> BoundedConnection:
        try:
            now = dialect.create_connect_args(make_url(current()))[1]
            return opened_as.open(*arguments, **{**options, **now, **bounds})
        except (SettingsError, ArgumentError) as error:
            raise ConnectionRefused(f"is not connected to: {str(error).rstrip('.')}") from error
        except NotConnected as error:
            raise refusal_in(error) from error

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("isolation_level") == "AUTOCOMMIT":
            return
        driver_connection = connection.connection.driver_connection
        assert isinstance(driver_connection, BoundedConnection)
        driver_connection.before_transaction(pipelined=options.get("pipelined", False))
        (_begin_snapshot if options.get("read_only") else _begin)(connection)

    return engine


def _give_up_connection(context: ExceptionContext) -> None:
    if ends_connection(context.original_exception):
        context.is_disconnect = True
