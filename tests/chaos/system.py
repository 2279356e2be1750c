"""The system of a chaos run: real broker, database and workers, connected through TCP proxies."""

import json
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

from admin_cli.database.catalog_changes import apply_catalog
from admin_cli.database.schema import migrate
from common.domain.opening_hours import WEEKDAYS
from common.errors import BrokerUnavailable
from common.messaging import topology
from local_stack.child import wait_until
from local_stack.files import write_private
from local_stack.private_node import find_server
from local_stack.stack import StackError
from local_stack.supervisor import Supervisor
from tests.builders import catalog, clinic_table, hospital_table
from tests.chaos.broker import ChaosBroker
from tests.chaos.clock import OffsetClock
from tests.chaos.database import EngineKind, PostgresDatabase, SqliteFile
from tests.chaos.plan import WORKERS
from tests.chaos.staff import DESK_LANES, DESK_ROOMS, ROLES
from tests.chaos.tap import Tap
from tests.chaos.workers import ChaosWorker
from tests.database import opened
from tests.processes import Program, bare_environment
from tests.staff import duty, let_serve
from tests.tcp_proxy import TcpProxy

HOSPITAL = "RSUJI"
ROOMS = {"C01": 4, "C02": 6, "C03": 8, "C04": 12, "C05": 16, "C06": 20}
"""The clinics that the clock moves, always open, and their rooms: together about a call per second."""

CLOSED_CLINIC = "TUTUP"
SMALL_CLINIC = "KUOTA"
QUOTAS = {**dict.fromkeys([*ROOMS, *DESK_ROOMS], 10_000), CLOSED_CLINIC: 100, SMALL_CLINIC: 20}
HEARTBEAT_SECONDS = 5
TICK_SECONDS = 1

USERS = {"registrar": "registrar", "ticker": "ticker", "responder": "status"}
"""The user of the broker that each worker is."""

QUEUES = {
    "registrar": topology.REGISTRAR_QUEUE,
    "ticker": topology.TICKER_QUEUE,
    "responder": topology.STATUS_QUEUE,
}

_SAMPLE_SECONDS = 1.0
_WORKERS_START_SECONDS_MAX = 300


class System:
    """Starts everything in `directory` (new, or empty) and ends it; a context manager for the main thread.

    `urls` are the broker's own addresses by role; patients connect to `patient_url`, and each of the staff to
    theirs of `desk_urls`. Raises BrokerUnavailable and StoreUnavailable where broker or database are not
    installed or do not start, and StackError where the workers do not.
    """

    def __init__(self, directory: Path, engine_kind: EngineKind, server: Path | None = None) -> None:
        self.directory = directory.absolute()
        self.engine_kind = engine_kind
        self.hospital = HOSPITAL
        for name in ("control", "logs", "rabbitmq", "database"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o711)  # PostgreSQL runs as another user where we are root
        self.clock = OffsetClock.set_in(self.directory / "control")
        server = server or find_server()
        if server is None:
            raise BrokerUnavailable("This needs an installed rabbitmq-server, which it can kill and start.")
        self.broker = ChaosBroker(self.directory / "rabbitmq", server, self.tend)
        self.urls = self.broker.urls
        self.database: SqliteFile | PostgresDatabase = (
            SqliteFile(self.directory / "database")
            if engine_kind == "sqlite"
            else PostgresDatabase(self.directory / "database", self.tend)
        )
        self.tap = Tap(self)
        self.workers: dict[str, ChaosWorker] = {}
        self.deaths: Counter[str] = Counter()
        self.clock_jumps: list[dict[str, float]] = []
        self._programs: list[Program] = []
        self._supervisor = Supervisor()
        self._memory = (self.directory / "memory.jsonl").open("a")
        self._sample_at = 0.0
        self._open = ExitStack()

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def database_url(self) -> str:
        """The database's own address."""
        return self.database.url

    def tend(self) -> None:
        """Restarts dead workers, and once a second writes the memory of each."""
        self.deaths.update(child.name for child in self._supervisor.tend())
        if time.monotonic() < self._sample_at:
            return
        self._sample_at = time.monotonic() + _SAMPLE_SECONDS
        for worker in self.workers.values():
            if (occupied := worker.resident_bytes()) is not None:
                sample = {"at": time.time(), "worker": worker.name, "pid": worker.pid, "rss_bytes": occupied}
                self._memory.write(json.dumps(sample) + "\n")

    def jump_clock(self, seconds: float) -> None:
        """Puts the clock of the run forward, for all its processes."""
        self.clock_jumps.append({"at": time.time(), "seconds": seconds})
        self.clock.jump(seconds)

    def consuming(self) -> bool:
        """Whether every worker consumes its queue."""
        try:
            consumers = topology.consumer_counts(self.urls["deploy"])
        except BrokerUnavailable:
            return False
        return all(consumers[QUEUES[role]] == len(names) for role, names in WORKERS.items())

    def program(self, name: str, module: str, *arguments: str, **settings: str) -> Program:
        """Starts a client of the run, `python -m MODULE`; it is not supervised, and ends with the system."""
        logs = self.directory / "logs"
        environment = bare_environment(logs) | settings
        started = Program(name, [sys.executable, "-m", module, *arguments], environment, logs)
        self._programs.append(started)
        return started

    def stop(self) -> None:
        """Stops workers, then broker and database, in order; harmless where all is stopped."""
        for program in self._programs:
            program.kill()
        self.stop_workers()
        self.broker.stop()
        self.database.stop()
        self._open.close()
        self._memory.close()

    def stop_workers(self) -> None:
        """Stops the workers in order; broker and database go on."""
        for worker in self.workers.values():
            worker.thaw()
        self._supervisor.stop()

    def _start(self) -> None:
        self.broker.start()
        self.database.start()
        always = {day: ["00:00-24:00"] for day in WEEKDAYS}
        clinics = [
            *(_clinic(code, hours=always, rooms=rooms) for code, rooms in ROOMS.items()),
            *(_desk_clinic(code, hours=always) for code in DESK_ROOMS),
            _clinic(CLOSED_CLINIC, hours={"sun": ["08:00-12:00"]}),
            _clinic(SMALL_CLINIC, hours=always),
        ]
        with opened(self.database_url) as engine:
            migrate(engine)
            apply_catalog(engine, catalog(hospital_table(HOSPITAL, *clinics)), self.clock.now())
            for user, (role, served) in ROLES.items():
                let_serve(engine, user, duty(role, HOSPITAL, *served))
        self.client_proxy = self._proxy(self.urls["patient"])
        self.patient_url = self.client_proxy.url(self.urls["patient"])
        self.desk_urls = self._staff_urls()
        write_private(self.desk_urls_file, json.dumps(self.desk_urls))
        for role, names in WORKERS.items():
            for name in names:
                self._start_worker(name, role)
        if not wait_until(self.consuming, _WORKERS_START_SECONDS_MAX):
            raise StackError(f"The workers did not begin to consume; {self.directory / 'logs'} says why.")

    def _start_worker(self, name: str, role: str) -> None:
        amqp_url = self.urls[USERS[role]]
        broker_proxy = self._proxy(amqp_url)
        database_proxy = self._proxy(self.database_url) if self.engine_kind == "postgresql" else None
        database_url = self.database_url if database_proxy is None else database_proxy.url(self.database_url)
        variables = {
            "ANTREAN_AMQP_URL": broker_proxy.url(amqp_url),
            "ANTREAN_DATABASE_URL": database_url,
            "ANTREAN_HEARTBEAT_SECONDS": str(HEARTBEAT_SECONDS),
            "ANTREAN_LOG_LEVEL": "debug",
            "ANTREAN_TICK_SECONDS": str(TICK_SECONDS),
        }
        worker = ChaosWorker(name, variables, self.directory, broker_proxy, database_proxy)
        self.workers[name] = worker
        self._supervisor.start(worker.child)

    @property
    def desk_urls_file(self) -> Path:
        """Holds `desk_urls`."""
        return self.directory / "control" / "desk_urls.json"

    def _staff_urls(self) -> dict[str, str]:
        """By the user, as the patients' address: through the proxy."""
        parts = urlsplit(self.patient_url)
        place = parts.netloc.rpartition("@")[2]
        passwords = self.broker.staff
        return {
            user: urlunsplit(parts._replace(netloc=f"{user}:{passwords[user]}@{place}")) for user in ROLES
        }

    def _proxy(self, url: str) -> TcpProxy:
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        way = TcpProxy(parts.hostname, parts.port)
        self._open.callback(way.close)
        return way


def _desk_clinic(code: str, **changes: object) -> dict[str, object]:
    lanes = [{"lane": lane, "ratio": ratio} for lane, ratio in DESK_LANES[code].items()]
    return _clinic(code, rooms=DESK_ROOMS[code], mode="desk", lanes=lanes, **changes)


def _clinic(code: str, **changes: object) -> dict[str, object]:
    return clinic_table(code, mean_service_minutes=1.0, daily_quota=QUOTAS[code], **changes)
