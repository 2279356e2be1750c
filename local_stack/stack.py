"""The whole system on this machine: broker, database, workers and web pages, started and stopped in order."""

import fcntl
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from antrean_client.connection import user_of
from common.clock import Clock, ScaledClock
from common.domain.staff import Duty
from common.errors import AntreanError, BrokerUnavailable
from common.messaging.topology import LOOK_UP_QUEUES, REGISTRATION_QUEUES, TICKER_QUEUE, consumer_counts
from common.settings import REGISTRY_ROLES, STACK_FILE, Role, Settings, clock_environment
from common.trusted_files import is_only_ours
from local_stack.bilingual import both, say
from local_stack.broker import Broker, choose_broker
from local_stack.child import Child, environment_with, stop_leftovers, wait_until
from local_stack.files import open_private, write_private
from local_stack.staff import MANAGER, STAFF, let_serve
from local_stack.supervisor import STOP_SECONDS_MAX, Supervisor
from local_stack.web_pages import PROGRAMS, WebPages

WORKERS: Mapping[str, int] = {"registrar": 2, "ticker": 2, "status": 2}
"""How many of each worker `antrean-stack up` and `demo` run."""

SAMPLE_CATALOG = Path(__file__).with_name("sample_catalog.toml")

_PROGRAMS = {"registrar": "registrar_worker", "ticker": "ticker_worker", "status": "status_responder"}
_QUEUES = {"registrar": REGISTRATION_QUEUES, "ticker": (TICKER_QUEUE,), "status": LOOK_UP_QUEUES}
_DATABASE_ROLES = {*_PROGRAMS, "deploy"}
_TRIAL_FILE = "trial.db"
_REGISTRY_KEY_FILE = "registry.key"
_WEB_SECRET_FILE = "web.secret"
_WORKERS_START_SECONDS_MAX = 120
_ADMIN_SECONDS_MAX = 120


class StackError(AntreanError):
    """The local stack cannot be started."""


class Stack:
    """A local stack that keeps everything in `directory`; a context manager that starts and stops it.

    `settings` are those given by hand (`load_settings(None)`): a broker or database they name is used instead
    of our own. `variables` are added to the environment of every process, a clock's for example. `management`
    asks for a broker that `antrean-admin doctor` can look into; it may take longer to stop. A `trial` begins
    with an empty database, which the next one throws away.
    Use it from one thread, and call `tend` a few times a second.
    """

    def __init__(
        self,
        settings: Settings,
        directory: Path,
        variables: Mapping[str, str] | None = None,
        *,
        management: bool = False,
        trial: bool = False,
    ) -> None:
        self.directory = directory.absolute()
        file = _TRIAL_FILE if trial else "antrean.db"
        self.database_url = settings.database_url or f"sqlite:///{self.directory / file}"
        self._trial = trial
        self._settings = settings
        self._management = management
        self._variables = dict(variables or {})
        self._workers_dir = self.directory / "workers"
        self._state_file = self.directory / STACK_FILE
        self._registry_key_file = settings.registry_key_file or self.directory / _REGISTRY_KEY_FILE
        self._web_secret_file = settings.web_secret_file or self.directory / _WEB_SECRET_FILE
        self._pages: WebPages | None = None
        self._supervisor = Supervisor()
        self._broker: Broker | None = None
        self._lock: IO[str] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def clock(self) -> Clock:
        """The time in this stack."""
        return Settings.read(self._variables).clock() if self._variables else self._settings.clock()

    @property
    def broker(self) -> Broker:
        """The broker of a started stack."""
        if self._broker is None:
            raise StackError("The local stack has not been started.")
        return self._broker

    @property
    def pages(self) -> WebPages:
        """The web pages of a stack whose workers have been started."""
        if self._pages is None:
            raise StackError("The local stack has no web pages yet.")
        return self._pages

    def start(self) -> None:
        """Starts the broker and brings database and catalog up; workers come with `start_workers`.

        Raises StackError where another stack runs in this directory, and BrokerUnavailable.
        """
        self._take_directory()
        if self._trial:
            for left in self.directory.glob(f"{_TRIAL_FILE}*"):
                left.unlink()
        self._make_secrets()
        self._broker = choose_broker(self._settings, self.directory, management=self._management)
        say("Preparing {broker}", broker=self._broker.description)
        self._broker.start()
        self._administer("migrate")
        self._administer("catalog", "apply", str(SAMPLE_CATALOG), "--if-empty")
        let_serve(self.database_url, self._staff())
        state = {
            "pid": os.getpid(),
            "amqp_urls": dict(self._broker.urls),
            "staff": dict(self._broker.staff),
            "management_url": self._broker.management_url,
            "database_url": self.database_url,
            "clock": self._clock_variables(),
            "registry_key_file": str(self._registry_key_file),
        }
        write_private(self._state_file, json.dumps(state))

    def environment(self, role: Role) -> dict[str, str]:
        """The whole environment of a process that plays `role` in this stack."""
        database = {"ANTREAN_DATABASE_URL": self.database_url} if role in _DATABASE_ROLES else {}
        return environment_with(self._given(role) | database)

    def start_workers(self, counts: Mapping[str, int] = WORKERS) -> None:
        """Starts so many of each worker (`registrar`, `ticker`, `status`) and one of each web process, and
        waits until they work.

        Raises StackError, with what it said last, where one ends at once or does not begin in two minutes.
        """
        for_workers = {"ANTREAN_DATABASE_URL": self.database_url, "ANTREAN_METRICS_PORT": "0"}
        for role, count in counts.items():
            for number in range(1, count + 1):
                self._start(f"{role}-{number}", _PROGRAMS[role], self._given(role) | for_workers)
        self._pages = WebPages(self._settings)
        for role, module in PROGRAMS.items():
            self._start(role, module, self._given(role) | self._pages.environment())

        def works() -> bool:
            return self._consuming(counts) and self.pages.are_ready()

        wait_until(lambda: works() or bool(self._supervisor.first_dead()), _WORKERS_START_SECONDS_MAX)
        if (dead := self._supervisor.first_dead()) is not None:
            raise StackError(f"{dead.name}: {dead.last_words()}")
        if not works():
            raise StackError(
                both("The workers did not begin to work; {logs} says why.", logs=self._workers_dir)
            )

    def tend(self) -> list[Child]:
        """Starts again what died and returns the workers among it; blocks while a broker of ours starts."""
        if not self.broker.alive():
            say("RabbitMQ died; starting it again.")
            self.broker.start()
        return self._supervisor.tend()

    def stop(self) -> None:
        """Stops workers, then broker. Stopping again, or before all was started, is harmless."""
        if self._lock is None:
            return
        try:
            self._state_file.unlink(missing_ok=True)
            self._supervisor.stop()
            if self._broker is not None:
                self._broker.stop()
        except BaseException:
            self.kill()  # interrupted while stopping: leave nothing behind
            raise
        finally:
            self._lock.close()
            self._lock = None

    def kill(self) -> None:
        """Ends every process of the stack at once; safe in a signal handler."""
        self._supervisor.kill()
        if self._broker is not None:
            self._broker.kill()
        self._state_file.unlink(missing_ok=True)

    def _take_directory(self) -> None:
        for folder in (self.directory, self._workers_dir):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not is_only_ours(folder.stat()):
                # Passwords, addresses and the numbers of processes to stop are read from files there.
                raise StackError(
                    both(
                        "Other users can write in {folder}, or it is not yours: set ANTREAN_STACK_DIR to"
                        " another one.",
                        folder=folder,
                    )
                )
        lock = os.fdopen(open_private(str(self.directory / "stack.lock"), os.O_WRONLY | os.O_CREAT), "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.close()
            raise StackError(
                both(
                    "Antrean already runs in {folder}: stop it there first, with Ctrl-C.",
                    folder=self.directory,
                )
            ) from error
        self._lock = lock
        # The lock is ours, so a stack that wrote this file, or whose children still run, was killed.
        self._state_file.unlink(missing_ok=True)
        for folder in (self._workers_dir, *sorted(self.directory.glob("rabbitmq*"))):
            if left := stop_leftovers(folder, STOP_SECONDS_MAX):
                names = ", ".join(left)
                say("Stopped what an earlier run left: {names}", names=names)

    def _start(self, name: str, module: str, environment: Mapping[str, str]) -> None:
        arguments = [sys.executable, "-m", module]
        self._supervisor.start(Child(name, arguments, environment, self._workers_dir))

    def _make_secrets(self) -> None:
        """They outlive the stack: registries are of no use without their key, and what browsers remember is
        sealed with the secret of the web."""
        given = self._settings
        for secret, file in (
            (given.registry_key, self._registry_key_file),
            (given.web_secret, self._web_secret_file),
        ):
            if secret is None and not file.exists():
                write_private(file, secrets.token_hex(32))

    def _given(self, role: str) -> dict[str, str]:
        given = self._variables | {"ANTREAN_AMQP_URL": self.broker.urls[role]}
        if role in REGISTRY_ROLES and self._settings.registry_key is None:
            given["ANTREAN_REGISTRY_KEY_FILE"] = str(self._registry_key_file)
        if role == "web" and self._settings.web_secret is None:
            given["ANTREAN_WEB_SECRET_FILE"] = str(self._web_secret_file)
        return given

    def _staff(self) -> Mapping[str, Duty]:
        """Who may work at the desks: of a broker that the user names, its one user, as manager."""
        if self.broker.staff:
            return STAFF
        user = user_of(self.broker.urls["desk"])
        return {user: STAFF[MANAGER]} if user else {}

    def _clock_variables(self) -> dict[str, str]:
        """The clock of every process here; empty where it is the machine's own."""
        clock = self.clock
        if not isinstance(clock, ScaledClock):
            return {}
        return clock_environment(clock.starts_at, clock.started_at, clock.speed)

    def _administer(self, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "admin_cli", *arguments],
            env=self.environment("deploy"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_ADMIN_SECONDS_MAX,
            check=False,
        )
        if done.returncode != 0:
            raise StackError(done.stderr.strip() or f"antrean-admin {arguments[0]}: exit {done.returncode}.")

    def _consuming(self, counts: Mapping[str, int]) -> bool:
        try:
            consumers = consumer_counts(self.broker.urls["deploy"])
        except BrokerUnavailable:
            return False
        return all(consumers[queue] >= count for role, count in counts.items() for queue in _QUEUES[role])
