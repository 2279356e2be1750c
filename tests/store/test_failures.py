"""What a database refuses is said as it is, in one sentence with what to do; what may be done again, is."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import Connection, Engine, insert, text

from admin_cli.database.long_work import in_transaction
from admin_cli.failures import admin_failure
from common.errors import StoreContended, StoreError, StoreUnavailable
from common.exit_codes import ExitCode
from common.storage.engine import open_engine, transaction
from common.storage.prepared import Prepared
from common.storage.tables import access_log
from common.words.texts import Texts
from tests.builders import in_bandung
from tests.processes import SECONDS_MAX, eventually

ON_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

REVOKE = text("REVOKE ALL ON tickets FROM PUBLIC")
WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")

LOOK = {
    "username": "siti",
    "hospital": "RSHS",
    "clinic": "GIG",
    "request": "desk_queue",
    "minute": in_bandung("09:00"),
    "looks": 1,
    "names": 1,
}


@ON_POSTGRESQL
@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        ("40P01", StoreContended, "Others changed the same rows .*: try again"),
        ("40001", StoreContended, "Others changed the same rows .*: try again"),
        ("55P03", StoreContended, "Others kept rows of the database locked .*: try again"),
        ("57014", StoreContended, "The database ended a statement .*: try again"),
        ("53100", StoreUnavailable, "no room left on its disk .*: make room"),
        ("25006", StoreUnavailable, "takes no changes .*ANTREAN_DATABASE_URL"),
        ("57P01", StoreUnavailable, "does not answer .*ANTREAN_DATABASE_URL"),
    ],
)
@pytest.mark.parametrize("pipelined", [False, True])
def test_what_postgresql_says_is_told_in_one_sentence(
    engine: Engine, code: str, kind: type[StoreError], said: str, *, pipelined: bool
) -> None:
    says = Prepared(lambda _: text(f"DO $$ BEGIN RAISE SQLSTATE '{code}'; END $$"))
    with pytest.raises(StoreError) as told, transaction(engine, pipelined=pipelined) as connection:
        says(connection)
    assert type(told.value) is kind
    assert re.fullmatch(rf"[^.\n]*{said}[^.\n]*\.", str(told.value))
    assert f"({code})" in str(told.value)


@ON_POSTGRESQL
def test_who_loses_a_deadlock_may_try_again(engine: Engine, open_another: Callable[[], Engine]) -> None:
    both_hold_one = Barrier(2)

    def take(given: tuple[Engine, int, int]) -> bool:
        engine, *keys = given
        lock = text("SELECT pg_advisory_xact_lock(:key)")
        try:
            with transaction(engine) as connection:
                connection.execute(lock, {"key": keys[0]})
                both_hold_one.wait(SECONDS_MAX)
                connection.execute(lock, {"key": keys[1]})
        except StoreContended:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(take, ((engine, 1, 2), (open_another(), 2, 1)))) == 1


@ON_POSTGRESQL
def test_who_changes_the_same_rights_as_another_may_try_again(
    engine: Engine, open_another: Callable[[], Engine]
) -> None:
    def change(engine: Engine) -> None:
        with transaction(engine) as connection:
            connection.execute(REVOKE)

    with ThreadPoolExecutor(1) as pool:
        with transaction(engine) as connection:
            connection.execute(REVOKE)
            other = pool.submit(change, open_another())
            eventually(lambda: bool(connection.scalar(WAITING)), "the other waits")
        with pytest.raises(StoreContended, match=r"changed the same rows .* \(XX000\)"):
            other.result()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_finds_sqlite_locked_may_try_again(engine: Engine, database_url: str) -> None:
    impatient = open_engine(database_url, statement_seconds_max=0)
    try:
        with (
            transaction(engine),
            pytest.raises(StoreContended, match=r"locked for too long \(SQLITE_BUSY\)") as told,
            transaction(impatient),
        ):
            pass
    finally:
        impatient.dispose()
    failure = admin_failure(told.value, Texts("en"))
    assert failure is not None
    assert (failure.exit_code, failure.sentence) == (ExitCode.NO_REPLY, str(told.value))


@pytest.mark.parametrize(("in_the_way", "is_done"), [(4, True), (5, False)])
def test_a_transaction_of_a_long_work_is_done_again_a_few_times(
    engine: Engine, in_the_way: int, *, is_done: bool
) -> None:
    attempts = 0

    def step(connection: Connection) -> str:
        nonlocal attempts
        attempts += 1
        connection.execute(insert(access_log).values(LOOK))
        if attempts <= in_the_way:
            raise StoreContended("Others were at the same rows.")
        return "done"

    if is_done:
        assert in_transaction(engine, step) == "done"
    else:
        with pytest.raises(StoreContended):
            in_transaction(engine, step)
    assert attempts == 5
    with engine.connect() as connection:
        assert len(connection.execute(access_log.select()).all()) == is_done
