"""Which schema a database has: checked by every process at its start, changed by `antrean-admin migrate`."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, column, inspect, select, table
from sqlalchemy.exc import DBAPIError, OperationalError

from common.errors import SchemaMismatch, StoreError, StoreUnavailable
from common.storage.engine import snapshot

HEAD = "0007"
"""The newest revision. A constant: workers need not load Alembic."""

NEWER = "The database has the newer schema {found}, and this Antrean knows {head}: install a newer Antrean."


def check_schema(engine: Engine) -> None:
    """Returns if the database has the schema of this program.

    Raises SchemaMismatch, saying which command helps, and StoreUnavailable.
    """
    with database_errors(), snapshot(engine) as connection:
        found = revision(connection)
    if found is None:
        raise SchemaMismatch("The database has no tables of Antrean yet. Run `antrean-admin migrate`.")
    if found > HEAD:
        raise SchemaMismatch(NEWER.format(found=found, head=HEAD))
    if found < HEAD:
        raise SchemaMismatch(
            f"The database has the older schema {found}, and this Antrean needs {HEAD}."
            " Run `antrean-admin migrate`."
        )


def revision(connection: Connection) -> str | None:
    """The schema's revision; None for a database without our tables."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(select(column("version_num")).select_from(table("alembic_version")))
    return found


@contextmanager
def database_errors() -> Iterator[None]:
    """Raises a StoreError with one sentence for what the database refuses: a file that is no database, a
    missing privilege."""
    try:
        yield
    except DBAPIError as error:
        kind = StoreUnavailable if isinstance(error, OperationalError) else StoreError
        raise kind(f"The database cannot be used: {str(error.orig).strip().splitlines()[0]}.") from error
