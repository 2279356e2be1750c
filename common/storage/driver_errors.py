"""What an error of a driver means for its connection, and for the caller."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from common.errors import StoreConflict, StoreContended, StoreError, StoreForbids, StoreUnavailable
from common.storage.sqlite_file import is_of_no_use_after

_SQLSTATES = frozenset(
    {
        "25006",  # read-only: after a failover, the address may lead to the new primary
        "26000",  # what was prepared is missing: a pooler has another server behind it now
        "42P05",  # or has what somebody else prepared
    }
)
"""SQLSTATEs after which a connection to PostgreSQL is of no use, though it lives: another one is opened."""

_PLAN_OUTDATED = "RevalidateCachedQuery"
"""Where PostgreSQL says that a table was altered, and what was prepared before does not fit it any more."""

_NO_RIGHT: Final = "42501"
"""The SQLSTATE where the database's user lacks a right."""

_LOST: Final = "Others changed the same rows of the database at that moment ({code}), and this was taken back"
_LOCKED: Final = "Others kept rows of the database locked for too long ({code}), and this was taken back"
_ENDED: Final = (
    "The database ended a statement that took too long, or that somebody cancelled ({code}), and this was"
    " taken back"
)

_CONTENDED: Final = {
    "40001": _LOST,
    "40P01": _LOST,
    "55P03": _LOCKED,
    "57014": _ENDED,
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_BUSY_SNAPSHOT": _LOST,
    "SQLITE_LOCKED": _LOCKED,
}
"""The beginnings of sentences about a database that answers and has too much to do at once.

Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

_LOST_IN_CATALOG: Final = frozenset({"simple_heap_update", "simple_heap_delete"})
"""Where PostgreSQL says the same, as an internal error, of those who grant rights or alter a role at once."""

_FULL: Final = "The database has no room left on its disk ({code}): make room there."
_READ_ONLY: Final = "The database takes no changes ({code}): name one in ANTREAN_DATABASE_URL that does."
_NO_FILE: Final = (
    "The file of the database cannot be used ({code}); check ANTREAN_DATABASE_URL, who may read and write the"
    " file, and its disk."
)
_SILENT: Final = (
    "The database does not answer ({code}); check that it runs and that ANTREAN_DATABASE_URL is right."
)

_UNAVAILABLE: Final = {"53100": _FULL, "SQLITE_FULL": _FULL, "25006": _READ_ONLY}
"""Sentences about a database that answers and does not do what it is to do."""


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raises a StoreError for what a driver raises in the block, unless a statement is wrong: to try that
    again would not help."""
    try:
        yield
    except PoolTimeoutError as error:
        raise StoreUnavailable(_SILENT.format(code="all connections in use")) from error
    except IntegrityError as error:
        raise StoreConflict("Another transaction wrote the same thing first: try again.") from error
    except DBAPIError as error:
        meant = _meant(error)
        if meant is None:
            raise
        raise meant from error


def _meant(error: DBAPIError) -> StoreError | None:
    if getattr(error.orig, "is_refusal", False):
        return StoreUnavailable(f"The database {error.orig}.")
    code = _error_code(error)
    beginning = _LOST if _source_function(error.orig) in _LOST_IN_CATALOG else _CONTENDED.get(code)
    if beginning is not None:
        return StoreContended(f"{beginning.format(code=code)}: try again.")
    if code == _NO_RIGHT:
        advice = "grant it the rights that docs/operations.md names"
        return StoreForbids(f"The database does not let its user do this; {advice}.")
    if is_of_no_use_after(error.orig):
        # Of the file its text holds no values.
        return StoreUnavailable(_NO_FILE.format(code=f"{code}: {error.orig}"))
    may_pass = isinstance(error, OperationalError | InterfaceError) and code != "SQLITE_ERROR"
    if may_pass or error.connection_invalidated:
        return StoreUnavailable(_UNAVAILABLE.get(code, _SILENT).format(code=code))
    return None


def _source_function(error: BaseException | None) -> str | None:
    """Where in PostgreSQL it was raised."""
    return getattr(getattr(error, "diag", None), "source_function", None)


def _error_code(error: DBAPIError) -> str:
    """The driver's own code, such as SQLITE_BUSY or the SQLSTATE 57P01. Its text could hold values."""
    code = getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None)
    return str(code or type(error.orig).__name__)


def ends_connection(error: BaseException | None) -> bool:
    """Whether the connection on which a driver raised `error` is of no use any more, though it lives."""
    if getattr(error, "sqlstate", None) in _SQLSTATES or _source_function(error) == _PLAN_OUTDATED:
        return True
    return is_of_no_use_after(error)


def raise_translated(connection: Connection, statement: str, error: Exception) -> NoReturn:
    """Raises what SQLAlchemy would for a statement of its own: its class for the driver's error. Where the
    connection is lost or of no use, no connection that was opened before is used again."""
    dialect = connection.dialect
    driver_connection = connection.connection.dbapi_connection
    lost = ends_connection(error) or (
        driver_connection is not None and dialect.is_disconnect(error, driver_connection, None)  # type: ignore[arg-type]
    )
    translated = DBAPIError.instance(
        statement,
        None,
        error,
        dialect.loaded_dbapi.Error,
        connection_invalidated=lost,
        dialect=dialect,
    )
    if lost:
        connection.invalidate(error)
        connection.engine.dispose()
    raise translated from error
