"""Brings a database to the newest schema."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files

from sqlalchemy import Connection, Engine, inspect, text

from admin_cli.database.long_statements import long_statements
from common.errors import SchemaMismatch, StoreError
from common.storage.driver_errors import translated_errors
from common.storage.engine import transaction
from common.storage.schema import HEAD, NEWER, database_errors, revision
from common.storage.tables import metadata

_LOCK_SECONDS_MAX = 60
"""How long a migration waits for another to end."""

_STATEMENT_SECONDS_MAX = 3600
"""How long rewriting one large table may take."""

_LOCK_KEY = 0x416E7472
"""PostgreSQL's advisory lock of who changes tables or roles: "Antr"."""


def migrate(engine: Engine) -> tuple[str | None, str]:
    """Brings the database to the newest schema, in one transaction; the revisions before and after it.

    Before is None for an empty database. Several at once wait for one another, and the first does the work.
    Raises SchemaMismatch where the schema is newer or the tables are not ours, and StoreUnavailable.
    """
    with database_errors(), _exclusive_transaction(engine) as connection:
        found = revision(connection)
        if found == HEAD:
            return found, HEAD
        if found is not None and found > HEAD:
            raise SchemaMismatch(NEWER.format(found=found, head=HEAD))
        foreign = sorted(set(inspect(connection).get_table_names()) & set(metadata.tables))
        if found is None and foreign:
            raise SchemaMismatch(
                f"The database already has a table {foreign[0]!r} that no migration made."
                " Name an empty database in ANTREAN_DATABASE_URL."
            )
        _upgrade(connection)
    return found, HEAD


def wait_for_others(connection: Connection) -> None:
    """On PostgreSQL, waits until no other command changes what the database is made of; until this
    transaction ends, none will."""
    connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS_MAX}s'"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    with as_file(files("admin_cli.database.migrations")) as folder:
        config = Config()
        # Alembic reads options as configparser does, to which a percent sign is special.
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def _exclusive_transaction(engine: Engine) -> Iterator[Connection]:
    """A transaction that no other migration runs beside, with time enough to rewrite large tables."""
    if engine.dialect.name == "postgresql":
        with transaction(engine) as connection, long_statements(connection, _STATEMENT_SECONDS_MAX):
            wait_for_others(connection)
            yield connection
        return
    with translated_errors(), engine.connect() as connection:
        connection.detach()  # so that what is set here ends with this connection
        driver = connection.connection.dbapi_connection
        assert driver is not None
        driver.execute(f"PRAGMA busy_timeout = {_LOCK_SECONDS_MAX * 1000}")
        # A table is altered by writing a new one and dropping the old one, which others may refer to. SQLite
        # takes this only outside of a transaction; what the new tables refer to is checked at the end.
        driver.execute("PRAGMA foreign_keys = OFF")
        with connection.begin():
            yield connection
            if connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise StoreError(
                    "The migration would have left rows that refer to nothing; it was taken back."
                )
