"""Faults of the database: PostgreSQL ends at once; a SQLite file is locked by another process."""

import sqlite3
from contextlib import closing

from tests.chaos.database import PostgresDatabase, SqliteFile
from tests.chaos.faults.context import INFRASTRUCTURE, FaultContext, refuses
from tests.chaos.faults.steps import Note, Steps, pause, until
from tests.chaos.plan import Fault

_DOWN_SECONDS_MAX = 3.0
# Workers wait 5 s for a lock.
_LONG_LOCK_SECONDS_MIN = 6.0
_LONG_LOCK_SECONDS_SPREAD = 3.0
_BRIEF_LOCK_SECONDS_MIN = 0.5
_BRIEF_LOCK_SECONDS_SPREAD = 2.0


def restart(context: FaultContext, fault: Fault) -> Steps:
    """PostgreSQL stops "immediately", as if the power failed, and is started again."""
    database = context.system.database
    assert isinstance(database, PostgresDatabase)
    yield from context.free(INFRASTRUCTURE)
    with context.claimed(INFRASTRUCTURE):
        database.kill()
        yield from until(lambda: refuses(database.server.url), "the database's port refuses")
        yield Note("fired", "PostgreSQL was stopped at once; its port refused")
        yield from pause(fault.variety * _DOWN_SECONDS_MAX)
        database.server.launch()
        while not (yield from context.in_thread(database.server.answers)):
            yield from pause(0.2)
        yield Note("healed", "PostgreSQL answered again")


def lock_long(context: FaultContext, fault: Fault) -> Steps:
    """The file is locked for longer than a worker waits for it."""
    yield from _lock(context, _LONG_LOCK_SECONDS_MIN + fault.variety * _LONG_LOCK_SECONDS_SPREAD)


def lock_briefly(context: FaultContext, fault: Fault) -> Steps:
    """The file is locked for less long than a worker waits for it."""
    yield from _lock(context, _BRIEF_LOCK_SECONDS_MIN + fault.variety * _BRIEF_LOCK_SECONDS_SPREAD)


def _lock(context: FaultContext, seconds: float) -> Steps:
    database = context.system.database
    assert isinstance(database, SqliteFile)
    yield from context.free(INFRASTRUCTURE)
    with context.claimed(INFRASTRUCTURE):
        database.lock(seconds)
        yield from until(lambda: database.locked() and _refuses_to_write(database), "the file is locked")
        yield Note("fired", f"another process held the lock for {seconds:.1f} s; nobody else could write")
        yield from until(lambda: not database.locked(), "the lock is free again")
        yield Note("healed", "the lock was free again")


def _refuses_to_write(database: SqliteFile) -> bool:
    path = database.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        connection.execute("ROLLBACK")
    return False
