"""What an error of a driver means for its connection, and for the caller."""

from typing import NoReturn

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

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


def ends_connection(error: BaseException | None) -> bool:
    """Whether the connection on which a driver raised `error` is of no use any more, though it lives."""
    sqlstate, diagnostics = getattr(error, "sqlstate", None), getattr(error, "diag", None)
    if sqlstate in _SQLSTATES or getattr(diagnostics, "source_function", None) == _PLAN_OUTDATED:
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
