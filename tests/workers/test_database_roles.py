"""The workers' roles on a real PostgreSQL: all that they do works, and nothing else does."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from admin_cli.database.roles import WRITES, make_roles, role_of
from common.domain.ticket_states import ACTIVE
from common.messaging.topology import DESK_EXCHANGE
from common.settings import Role, clock_environment
from common.storage.tables import metadata
from tests.broker import RunningBroker
from tests.database import opened, plain_url
from tests.deployment import HOSPITAL, MONDAY_MORNING, Deployment, Patient, deployed
from tests.forked import BIN
from tests.processes import bare_environment, ended, eventually
from tests.workers.requester import message, registration, requester

WORKERS: tuple[Role, ...] = ("registrar", "ticker", "status")
BROKEN = ("internal_error", "temporarily_unavailable")
NO_RIGHT = psycopg.errors.InsufficientPrivilege


def admin(url: str, directory: Path, *words: str, **settings: str) -> tuple[int, dict[str, Any]]:
    environment = bare_environment(directory) | {"ANTREAN_DATABASE_URL": url} | settings
    done = ended([str(BIN / "antrean-admin"), *words, "--json"], environment, directory)
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout or done.stderr)


def passwords(directory: Path, ending: str = "") -> dict[str, str]:
    """The password of each worker's role, one of them in a file."""
    file = directory / "status.password"
    file.write_text(f"status{ending}\n")
    file.chmod(0o600)
    return {
        "ANTREAN_DATABASE_PASSWORD_REGISTRAR": f"registrar{ending}",
        "ANTREAN_DATABASE_PASSWORD_TICKER": f"ticker{ending}",
        "ANTREAN_DATABASE_PASSWORD_STATUS_FILE": str(file),
    }


@pytest.fixture
def database(postgresql_url: str, tmp_path: Path) -> Iterator[str]:
    """A database whose roles were made by the command."""
    code, made = admin(postgresql_url, tmp_path, "migrate", "--roles", **passwords(tmp_path))
    assert code == 0
    assert {each["name"] for each in made["roles"]} == {role_of(each) for each in WORKERS}
    assert all(each["password"] for each in made["roles"])
    yield postgresql_url
    with psycopg.connect(plain_url(postgresql_url), autocommit=True) as connection:
        for worker in WORKERS:
            connection.execute(f"DROP OWNED BY {role_of(worker)}".encode())
            connection.execute(f"DROP ROLE {role_of(worker)}".encode())


def as_role(url: str, worker: str) -> str:
    parts = urlsplit(plain_url(url))
    where = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{role_of(worker)}:{worker}@{where}").geturl()


def test_operators_who_make_the_roles_at_once_wait_for_one_another(database: str) -> None:
    def make(number: int) -> int:
        with opened(database) as engine:
            return len(make_roles(engine, {"ticker": f"ticker-{number}"}))

    with ThreadPoolExecutor(4) as pool:
        assert [*pool.map(make, range(4))] == [len(WORKERS)] * 4


STORY: list[tuple[str, dict[str, Any]]] = [
    ("set_mode", {"mode": "desk"}),
    ("set_rooms", {"rooms": 2}),
    *(("call_next", {"room": room}) for room in (1, 2)),
    *((name, {"number": 1}) for name in ("recall", "start", "complete")),
    ("mark_no_show", {"number": 2}),
    ("reinstate", {"number": 2, "behind": 1}),
    ("call_next", {"room": 1}),
    ("undo", {"room": 1}),
    ("park", {"number": 3}),
    ("unpark", {"number": 3}),
    ("skip", {"number": 4}),
    ("set_priority", {"number": 5, "reason": "pregnancy"}),
    ("transfer", {"number": 6, "to_clinic": "C03"}),
    ("send", {"number": 7, "to_clinic": "C03", "returns": True}),
    ("correct", {"number": 8, "name": "Siti Aminah"}),
    ("desk_cancel", {"number": 8, "reason": "duplicate"}),
    ("call_ticket", {"number": 5, "room": 1, "reason": "emergency"}),
    *((name, {"number": 5}) for name in ("start", "complete")),
    ("away", {"room": 1, "reason": "meeting"}),
    ("back", {"room": 1}),
    *(
        (name, {})
        for name in ("desk_queue", "clinic_report", "estimate_accuracy", "close_clinic", "open_clinic")
    ),
]
"""A day of clinic C02, in which nine patients wait."""


def test_all_workers_do_their_work(broker: RunningBroker, database: str, tmp_path: Path) -> None:
    """A patient's and a desk's day, and what the clock does at its end and by night."""
    if not broker.has_roles:
        pytest.skip("this broker has one user for all")
    addresses = {worker: as_role(database, worker) for worker in WORKERS}
    with deployed(broker, database, tmp_path) as deployment:
        for worker, url in addresses.items():
            deployment.start_together({worker: 1}, ANTREAN_DATABASE_URL=url, ANTREAN_TICK_SECONDS="0.5")
        _patients_work_at(deployment)
        _desks_work_at(deployment)
        later = clock_environment(MONDAY_MORNING + timedelta(days=3), datetime.now(UTC), 1.0)
        settings = {"ANTREAN_PURGE_AFTER_DAYS": "1", "ANTREAN_PURGE_ACCESS_LOG_AFTER_DAYS": "1"}
        night = deployment.start("ticker", ANTREAN_DATABASE_URL=addresses["ticker"], **later)
        with psycopg.connect(plain_url(database), autocommit=True) as connection:
            # A purge that finds nothing to do yet looks again an hour later.
            active = "SELECT count(*) FROM tickets WHERE status = ANY(%s) AND service_date = '2026-11-23'"
            eventually(
                lambda: connection.execute(active, ([*ACTIVE],)).fetchone() == (0,),
                f"the day ends\n{night.output[-2000:]}",
            )
            assert night.stop() == 0
            night = deployment.start("ticker", ANTREAN_DATABASE_URL=addresses["ticker"], **later, **settings)
            for left in (
                "clinic_days WHERE purged_at IS NULL AND service_date = '2026-11-23'",
                "access_log",
                "mismatches",
                "refusals",
            ):
                counted = f"SELECT count(*) FROM {left}".encode()
                eventually(
                    lambda counted=counted: connection.execute(counted).fetchone() == (0,),  # type: ignore[misc]
                    f"nothing is left: {left}\n{night.output[-2000:]}",
                )
            for written in ("accuracy", "service_times"):
                assert connection.execute(f"SELECT count(*) FROM {written}".encode()).fetchone() != (0,)
        assert "does not let its user do this" not in deployment.logs()
        assert '"level": "error"' not in deployment.logs()


def _patients_work_at(deployment: Deployment) -> None:
    somebody = Patient()
    with requester(deployment) as patient:
        ticket = patient.call(registration("C01", somebody)).body
        stranger = patient.call(registration("C01", Patient(somebody.medical_record_number)))
        assert stranger.code == "medical_record_mismatch"
        assert patient.call(registration("TUTUP")).code == "clinic_closed"
        codes = {"ticket_codes": [ticket["ticket_code"]]}
        assert patient.call(message("ticket_status", codes)).name == "tickets"
        assert patient.call(message("cancel", {"ticket_code": ticket["ticket_code"]})).name == "ticket"
        for _ in range(9):
            assert patient.call(registration("C02")).name == "ticket"


def _desks_work_at(deployment: Deployment) -> None:
    done = 0
    with requester(deployment, deployment.urls["desk"]) as desk:
        for name, body in STORY:
            request = message(name, {**body, "hospital": HOSPITAL, "clinic": "C02"})
            answer = desk.call(replace(request, exchange=DESK_EXCHANGE))
            assert answer.name != "problem" or answer.code not in BROKEN, name
            done += answer.name != "problem"
    assert done > len(STORY) // 2, "most of it can be done"


def _attempts(table: str) -> dict[str, str]:
    column = next(iter(metadata.tables[table].columns)).name
    return {
        "INSERT": f"INSERT INTO {table} DEFAULT VALUES",
        "UPDATE": f"UPDATE {table} SET {column} = {column}",
        "DELETE": f"DELETE FROM {table}",
        "TRUNCATE": f"TRUNCATE {table} CASCADE",
        "DROP": f"DROP TABLE {table} CASCADE",
        "ALTER": f"ALTER TABLE {table} ADD COLUMN more integer",
        "TRIGGER": f"CREATE TRIGGER more BEFORE UPDATE ON {table} EXECUTE FUNCTION"
        " suppress_redundant_updates_trigger()",
    }


@pytest.mark.parametrize("worker", WORKERS)
def test_nothing_else_is_permitted(database: str, worker: str) -> None:
    """With each table, all that is not this worker's work; and the database as a whole."""
    whole = [
        "CREATE TABLE more (a integer)",
        "CREATE TEMPORARY TABLE more (a integer)",
        "CREATE SCHEMA more",
        "CREATE DATABASE more",
        "CREATE ROLE more",
        f"ALTER ROLE {urlsplit(database).username} PASSWORD 'x'",
        f"SET ROLE {urlsplit(database).username}",
        "UPDATE alembic_version SET version_num = '9999'",
        "DROP TABLE alembic_version",
        "COPY tickets TO PROGRAM 'cat'",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT passwd FROM pg_shadow",
        "ALTER SYSTEM SET fsync = off",
    ]
    with psycopg.connect(as_role(database, worker), autocommit=True) as connection:
        for statement in whole:
            assert _is_refused(connection, statement), statement
        for table in metadata.tables:
            permitted = WRITES[worker].get(table, "")
            for right, statement in _attempts(table).items():
                of_columns = right == "UPDATE" and "UPDATE (" in permitted
                if right not in permitted or of_columns:
                    assert _is_refused(connection, statement), statement


@pytest.mark.parametrize("worker", WORKERS)
def test_no_right_can_be_handed_on(database: str, worker: str) -> None:
    with psycopg.connect(as_role(database, worker), autocommit=True) as connection:
        for table in metadata.tables:
            _is_refused(connection, f"GRANT ALL ON {table} TO PUBLIC")  # or is done for no right at all
        of_public = (
            "SELECT FROM information_schema.table_privileges WHERE grantee = 'PUBLIC' AND table_name = %s"
        )
        for table in metadata.tables:
            assert connection.execute(of_public.encode(), [table]).fetchall() == []


def _is_refused(connection: psycopg.Connection[object], statement: str) -> bool:
    try:
        connection.execute(statement.encode())
    except NO_RIGHT:
        return True
    return False


@pytest.mark.parametrize("worker", WORKERS)
def test_the_journal_cannot_be_changed(database: str, worker: str) -> None:
    columns = [column.name for column in metadata.tables["journal"].columns]
    with psycopg.connect(as_role(database, worker), autocommit=True) as connection:
        for column in columns:
            refused = _is_refused(connection, f"UPDATE journal SET {column} = {column}")
            assert refused or (worker, column) == ("ticker", "cause_digest"), column
        assert _is_refused(connection, "DELETE FROM journal")
        assert _is_refused(connection, "TRUNCATE journal")


@pytest.mark.parametrize("table", ["registries", "registered_patients"])
def test_only_registrars_read_the_registry(database: str, table: str) -> None:
    for worker in WORKERS:
        with psycopg.connect(as_role(database, worker), autocommit=True) as connection:
            refused = _is_refused(connection, f"SELECT FROM {table}")
        assert refused == (worker != "registrar")


def test_it_may_be_repeated_and_takes_away_what_is_too_much(database: str, tmp_path: Path) -> None:
    owner = plain_url(database)
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("GRANT DELETE ON journal TO antrean_status")
    code, made = admin(database, tmp_path, "migrate", "--roles")
    assert code == 0
    assert not any(each["created"] or each["password"] for each in made["roles"])
    with psycopg.connect(as_role(database, "status"), autocommit=True) as connection:
        assert _is_refused(connection, "DELETE FROM journal"), "and the password is as it was"
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("ALTER ROLE antrean_status CREATEDB")
    code, problem = admin(database, tmp_path, "migrate", "--roles")
    assert code == 1
    assert "The role antrean_status can do more than its rights say" in str(problem["detail"])


def test_passwords_reach_the_server_as_hashes_alone(database: str, tmp_path: Path) -> None:
    with psycopg.connect(plain_url(database), autocommit=True) as connection:
        kept: dict[str, str] = dict(
            connection.execute("SELECT rolname, rolpassword FROM pg_authid").fetchall()
        )
    assert all(kept[role_of(each)].startswith("SCRAM-SHA-256$") for each in WORKERS)


def test_who_may_not_make_roles_is_told_so(database: str, tmp_path: Path) -> None:
    code, problem = admin(as_role(database, "ticker"), tmp_path, "migrate", "--roles")
    assert code == 1
    assert "run this as the owner of the database" in str(problem["detail"])


def test_sqlite_has_no_roles(sqlite_url: str, tmp_path: Path) -> None:
    code, problem = admin(sqlite_url, tmp_path, "migrate", "--roles")
    assert code == 1
    assert "SQLite knows no roles" in str(problem["detail"])
