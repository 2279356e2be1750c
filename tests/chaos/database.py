"""The database of a run: a SQLite file that faults lock, or a PostgreSQL server that faults restart."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from common.errors import StoreUnavailable
from local_stack.install import find_postgresql
from local_stack.private_postgres import PostgresServer
from tests.database import new_database

EngineKind = Literal["sqlite", "postgresql"]

_START_SECONDS_MAX = 300
_POLL_SECONDS = 0.05
_LOCKER = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
connection.execute("ROLLBACK")
"""


class SqliteFile:
    """A SQLite file in `directory`."""

    kind: EngineKind = "sqlite"

    def __init__(self, directory: Path) -> None:
        self._path = directory / "antrean.sqlite"
        self.url = f"sqlite:///{self._path}"
        self._lockers: list[subprocess.Popen[str]] = []

    def start(self) -> None:
        """Does nothing: a file needs no server."""

    def stop(self) -> None:
        """Ends the processes that hold locks."""
        for locker in self._lockers:
            locker.kill()
            locker.communicate()

    def lock(self, seconds: float) -> None:
        """Another process takes the write lock and keeps it for `seconds`; returns when it has been taken."""
        arguments = [sys.executable, "-c", _LOCKER, str(self._path), repr(seconds)]
        locker = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        self._lockers.append(locker)
        assert locker.stdout is not None
        if locker.stdout.readline().strip() != "locked":
            raise sqlite3.OperationalError("the lock could not be taken")

    def locked(self) -> bool:
        """Whether the lock is held by another process of this run."""
        return any(locker.poll() is None for locker in self._lockers)


class PostgresDatabase:
    """A database on a server of its own in `directory`, which waits for its disk at every commit.

    Raises StoreUnavailable where no PostgreSQL is installed.
    """

    kind: EngineKind = "postgresql"

    def __init__(self, directory: Path, meanwhile: Callable[[], object]) -> None:
        binaries = find_postgresql()
        if binaries is None:
            raise StoreUnavailable("This needs an installed PostgreSQL, which it can end and start.")
        self.server = PostgresServer(binaries, directory, durable=True)
        self._meanwhile = meanwhile
        self.url = ""

    def start(self) -> None:
        """Starts the server and waits until it answers; raises StoreUnavailable."""
        self.server.launch()
        end = time.monotonic() + _START_SECONDS_MAX
        while not self.server.answers():
            if time.monotonic() > end:
                raise StoreUnavailable("PostgreSQL did not start.")
            self._meanwhile()
            time.sleep(_POLL_SECONDS)
        self.url = self.url or new_database(self.server.url)

    def kill(self) -> None:
        """PostgreSQL's immediate stop."""
        self.server.stop_at_once()

    def stop(self) -> None:
        """Stops in order."""
        self.server.stop()
