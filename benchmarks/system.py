"""The system under measurement: a broker and a database of its own, and the real workers as processes."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal, Self

import psycopg
from sqlalchemy import inspect

from benchmarks.accounting import cpu_seconds, resident_bytes, tree_cpu_seconds
from common.errors import BrokerUnavailable, MessagingError, StoreUnavailable
from common.messaging import topology
from common.settings import PREFIX, Role, Settings
from common.storage.engine import Engine, open_engine
from local_stack.child import Child, wait_until
from local_stack.install import find_postgresql
from local_stack.private_node import PrivateNode, find_server
from local_stack.private_postgres import PostgresServer

Database = Literal["postgresql", "sqlite"]

MODULES = {"registrar": "registrar_worker", "ticker": "ticker_worker", "status": "status_responder"}
QUEUES = {
    "registrar": topology.REGISTRAR_QUEUE,
    "ticker": topology.TICKER_QUEUE,
    "status": topology.STATUS_QUEUE,
}

_START_SECONDS_MAX = 60
_STOP_SECONDS_MAX = 20
_CATALOG_TABLES = frozenset({"hospitals", "clinics", "catalog_version", "alembic_version"})


class WorkerFailed(MessagingError):
    """A worker ended, or did not begin to consume."""


@dataclass(frozen=True)
class WorkerProcess:
    """A running worker of ours, or a program in its place."""

    role: Role
    child: Child
    pid: int

    def cpu_seconds(self) -> float:
        """Processor time since it started, user and system."""
        return cpu_seconds(self.pid)

    def rss_bytes(self) -> int:
        """The memory that it occupies now."""
        return resident_bytes(self.pid)


class BenchSystem:
    """Starts broker and database in `directory` (new, or empty) and ends them; a context manager.

    Both keep all their promises: the queues have their policies, PostgreSQL waits for its disk. Raises
    BrokerUnavailable and StoreUnavailable where they are not installed or do not start.
    """

    def __init__(self, directory: Path, database: Database = "postgresql") -> None:
        self.directory = directory.absolute()
        self.database = database
        for name in ("rabbitmq", "database", "logs"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o711)  # PostgreSQL runs as another user where we are root
        server = find_server()
        if server is None:
            raise BrokerUnavailable("There is no rabbitmq-server here: `make bench` installs one.")
        self._node = PrivateNode(self.directory / "rabbitmq", server)
        self.urls = self._node.urls
        self._postgres = self._new_postgres() if database == "postgresql" else None
        self.database_url = (
            self._postgres.url if self._postgres else f"sqlite:///{self.directory}/database/antrean.sqlite"
        )
        self._running: list[WorkerProcess] = []
        self._started = 0
        self._open = ExitStack()

    def _new_postgres(self) -> PostgresServer:
        binaries = find_postgresql()
        if binaries is None:
            raise StoreUnavailable("There is no PostgreSQL here: `make bench` installs one.")
        return PostgresServer(binaries, self.directory / "database", durable=True)

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            opened.callback(self._node.stop)
            self._node.start()
            if self._postgres is not None:
                opened.callback(self._postgres.stop)
                self._postgres.start()
            self.engine: Engine = open_engine(self.database_url)
            opened.callback(self.engine.dispose)
            self._administer("migrate")
            opened.callback(lambda: self.stop(self._running))
            self._open = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def apply(self, catalog: str) -> None:
        """Makes the catalog in this TOML that of the database, as operators do."""
        file = self.directory / "catalog.toml"
        file.write_text(catalog)
        self._administer("catalog", "apply", str(file))

    def _administer(self, *command: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "admin_cli", *command],
            env={**os.environ, "ANTREAN_DATABASE_URL": self.database_url},
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def start(
        self, role: Role, count: int = 1, *, program: Sequence[str] = (), **settings: str
    ) -> list[WorkerProcess]:
        """Starts so many workers with default settings but for `settings` (environment variables), and waits
        until they consume. `program` is a module, and its arguments, that takes the worker's place.

        Raises WorkerFailed.
        """
        started = [self.launch(role, program or [MODULES[role]], settings) for _ in range(count)]
        self._running += started
        here = sum(each.role == role for each in self._running)

        def all_consume() -> bool:
            consuming = topology.consumer_counts(self.urls["deploy"])[QUEUES[role]] == here
            return consuming or not all(each.child.alive() for each in started)

        if not wait_until(all_consume, _START_SECONDS_MAX) or not all(each.child.alive() for each in started):
            raise WorkerFailed(f"A worker does not consume: {started[0].child.last_words()}")
        return started

    def stop(self, workers: Iterable[WorkerProcess]) -> None:
        """Stops these workers in order."""
        ending = list(workers)
        for worker in ending:
            worker.child.ask_to_stop()
        for worker in ending:
            worker.child.stop(_STOP_SECONDS_MAX)
        self._running = [each for each in self._running if each not in ending]

    def server_cpu_seconds(self) -> dict[str, float]:
        """Processor time that `broker` and `database` have used since their start, each with all processes
        that belong to it. SQLite's is the workers' own: 0."""
        pid_files = {"broker": "rabbitmq/rabbitmq.pid", "database": "database/postgres.pid"}
        used = {}
        for name, pid_file in pid_files.items():
            path = self.directory / pid_file
            used[name] = tree_cpu_seconds(int(path.read_text())) if path.exists() else 0.0
        return used

    def purge(self) -> None:
        """Empties the queues, and every table but those of the catalog: each run starts from nothing."""
        topology.purge(self.urls["deploy"])
        names = [name for name in inspect(self.engine).get_table_names() if name not in _CATALOG_TABLES]
        if self._postgres is not None:
            with psycopg.connect(self._postgres.url, autocommit=True) as server:
                server.execute(f"TRUNCATE {', '.join(names)}".encode())
                server.execute("CHECKPOINT")  # so that no run pays for the one before
            return
        with closing(sqlite3.connect(self.engine.url.database or "", isolation_level=None)) as file:
            for name in names:
                file.execute(f"DELETE FROM {name}")  # noqa: S608 - names of our own tables
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def launch(self, role: Role, program: Sequence[str], settings: Mapping[str, str]) -> WorkerProcess:
        """Starts the module `program` as a worker without waiting until it consumes; `stop` ends it.

        Raises WorkerFailed.
        """
        # An empty variable is as good as none: nothing of the settings of whoever measures gets through.
        defaults = {f"{PREFIX}{each.name.upper()}": "" for each in fields(Settings)}
        addresses = {"ANTREAN_AMQP_URL": self.urls[role], "ANTREAN_DATABASE_URL": self.database_url}
        self._started += 1
        name = f"{role}-{self._started}"
        arguments = [sys.executable, "-m", *program]
        child = Child(name, arguments, {**defaults, **addresses, **settings}, self.directory / "logs")
        child.start()
        if child.pid is None:
            raise WorkerFailed(f"A worker ended at once: {child.last_words()}")
        return WorkerProcess(role, child, child.pid)
