"""Which schema a database has: checked by every process at its start, changed only by `migrate`."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files

from sqlalchemy import Connection, Engine, column, inspect, select, table, text
from sqlalchemy.exc import DBAPIError, OperationalError

from common.errors import SchemaMismatch, StoreError, StoreUnavailable
from common.storage.engine import snapshot, transaction
from common.storage.long_statements import long_statements
from common.storage.tables import metadata

HEAD = "0003"
"""The newest revision. A constant, because asking Alembic would take half of a worker's time to start."""

_LOCK_SECONDS_MAX = 60
"""How long a migration waits for another to end."""

_STATEMENT_SECONDS_MAX = 3600
"""How long rewriting one large table may take."""

_LOCK_KEY = 0x416E7472
"""PostgreSQL's advisory lock that a migration holds: "Antr"."""

_NEWER = "The database has the newer schema {found}, and this Antrean knows {head}: install a newer Antrean."


def check_schema(engine: Engine) -> None:
    """Returns if the database has the schema of this program.

    Raises SchemaMismatch, saying which command helps, and StoreUnavailable.
    """
    with _told_in_a_sentence(), snapshot(engine) as connection:
        found = _revision(connection)
    if found is None:
        raise SchemaMismatch("The database has no tables of Antrean yet. Run `antrean-admin migrate`.")
    if found > HEAD:
        raise SchemaMismatch(_NEWER.format(found=found, head=HEAD))
    if found < HEAD:
        raise SchemaMismatch(
            f"The database has the older schema {found}, and this Antrean needs {HEAD}."
            " Run `antrean-admin migrate`."
        )


def migrate(engine: Engine) -> tuple[str | None, str]:
    """Brings the database to the newest schema, in one transaction; the revisions before and after it.

    Before is None for an empty database. Several at once wait for one another, and the first does the work.
    Raises SchemaMismatch where the schema is newer or the tables are not ours, and StoreUnavailable.
    """
    with _told_in_a_sentence(), _exclusive_transaction(engine) as connection:
        found = _revision(connection)
        if found == HEAD:
            return found, HEAD
        if found is not None and found > HEAD:
            raise SchemaMismatch(_NEWER.format(found=found, head=HEAD))
        foreign = sorted(set(inspect(connection).get_table_names()) & set(metadata.tables))
        if found is None and foreign:
            raise SchemaMismatch(
                f"The database already has a table {foreign[0]!r} that no migration made."
                " Name an empty database in ANTREAN_DATABASE_URL."
            )
        _upgrade(connection)
    return found, HEAD


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(
        select(column("version_num")).select_from(table("alembic_version"))
    )
    return revision


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    with as_file(files("common.storage.migrations")) as folder:
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
            connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS_MAX}s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
            yield connection
        return
    with engine.connect() as connection:
        connection.detach()  # so that what is set here ends with this connection
        driver = connection.connection.dbapi_connection
        assert driver is not None
        driver.execute(f"PRAGMA busy_timeout = {_LOCK_SECONDS_MAX * 1000}")
        # A table is altered by writing it anew and dropping the old one, which others may refer to. SQLite
        # takes this only outside of a transaction; what the new tables refer to is checked at the end.
        driver.execute("PRAGMA foreign_keys = OFF")
        with connection.begin():
            yield connection
            if connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise StoreError(
                    "The migration would have left rows that refer to nothing; it was taken back."
                )


@contextmanager
def _told_in_a_sentence() -> Iterator[None]:
    """What the database refuses (a file that is none, a missing privilege) as a StoreError."""
    try:
        yield
    except DBAPIError as error:
        kind = StoreUnavailable if isinstance(error, OperationalError) else StoreError
        raise kind(f"The database cannot be used: {str(error.orig).strip().splitlines()[0]}.") from error
