"""PostgreSQL's roles for the workers: each may do what its statements do, and nothing else."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Engine, text

from admin_cli.database.schema import wait_for_others
from common.errors import StoreError, StoreForbids
from common.storage.engine import transaction
from common.storage.tables import metadata

_PREFIX: Final = "antrean_"

WRITES: Final[Mapping[str, Mapping[str, str]]] = {
    "registrar": {
        "access_log": "INSERT, UPDATE",
        "clinic_days": "INSERT, UPDATE",
        "journal": "INSERT",
        "mismatches": "INSERT, UPDATE",
        "refusals": "INSERT",
        "tickets": "INSERT, UPDATE",
    },
    "ticker": {
        "access_log": "DELETE",  # what is purged
        "accuracy": "INSERT, UPDATE",
        "catalog_version": "UPDATE",
        "clinic_days": "INSERT, UPDATE",
        "clinics": "UPDATE",  # what the desk sets
        "journal": "INSERT, UPDATE (cause_digest)",  # whose patient is purged; events never change
        "mismatches": "DELETE",
        "refusals": "INSERT, DELETE",
        "service_times": "INSERT, UPDATE",
        "tickets": "INSERT, UPDATE",
    },
    "status": {"access_log": "INSERT, UPDATE"},
}
"""By the worker: what it may do with a table beside reading it."""

_UNREAD: Final[Mapping[str, frozenset[str]]] = {
    "registrar": frozenset({"accuracy"}),
    "ticker": frozenset({"registries", "registered_patients"}),
    "status": frozenset({"registries", "registered_patients", "refusals", "mismatches"}),
}
"""By the worker: the tables that it may not even read."""

_SCHEMA_TABLE: Final = "alembic_version"

_TOO_MUCH: Final = text(
    "SELECT rolname FROM pg_roles WHERE rolname = :role AND (rolsuper OR rolcreaterole OR rolcreatedb OR"
    " rolreplication OR rolbypassrls OR EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid) OR"
    " EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid))"
)


class MadeRole(NamedTuple):
    """What became of a worker's role: `password` says whether it was set now."""

    name: str
    created: bool
    password: bool


def role_of(worker: str) -> str:
    """The name of a worker's role, such as `antrean_status`."""
    return f"{_PREFIX}{worker}"


def make_roles(engine: Engine, passwords: Mapping[str, str]) -> list[MadeRole]:
    """Makes the workers' roles where they are missing, sets the passwords that are given by worker, and gives
    each exactly its rights, in one transaction; may be repeated while workers run. Several at once wait for
    one another.

    The engine's user owns the tables. Raises StoreError where that is no PostgreSQL, where a role can do more
    than its rights say, and where this user may not make roles; and StoreUnavailable.
    """
    if engine.dialect.name != "postgresql":
        raise StoreError("SQLite knows no roles: who may write its file may write all. Leave out --roles.")
    try:
        with transaction(engine) as connection:
            wait_for_others(connection)
            connection.execute(text("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
            database = connection.execute(text("SELECT quote_ident(current_database())")).scalar_one()
            connection.exec_driver_sql(f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC")
            return [_made(connection, worker, passwords.get(worker)) for worker in WRITES]
    except StoreForbids as error:
        raise StoreError(
            "This user may not make roles, or does not own the tables: run this as the owner of the database,"
            " with CREATEROLE."
        ) from error


def _made(connection: Connection, worker: str, password: str | None) -> MadeRole:
    name = role_of(worker)
    known = connection.execute(text("SELECT FROM pg_roles WHERE rolname = :role"), {"role": name}).first()
    if known is None:
        connection.execute(text(f"CREATE ROLE {name} LOGIN"))
    elif connection.execute(_TOO_MUCH, {"role": name}).first():
        raise StoreError(
            f"The role {name} can do more than its rights say: it is a superuser or the like, a member of"
            " another role, or owns something. Take that from it, or drop it."
        )
    if password is not None:
        _set_password(connection, name, password)
    _grant(connection, worker)
    return MadeRole(name, known is None, password is not None)


def _set_password(connection: Connection, name: str, password: str) -> None:
    """Sends what the server keeps, so that neither it nor its log sees the password."""
    driver: Any = connection.connection.driver_connection
    kept = driver.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
    connection.exec_driver_sql(f"ALTER ROLE {name} LOGIN PASSWORD '{kept}'")


def _grant(connection: Connection, worker: str) -> None:
    name = role_of(worker)
    for each in (*metadata.tables, _SCHEMA_TABLE):
        connection.execute(text(f"REVOKE ALL ON {each} FROM {name}"))
    connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {name}"))
    read = [_SCHEMA_TABLE, *(each for each in metadata.tables if each not in _UNREAD[worker])]
    connection.execute(text(f"GRANT SELECT ON {', '.join(read)} TO {name}"))
    for table, rights in WRITES[worker].items():
        connection.execute(text(f"GRANT {rights} ON {table} TO {name}"))
