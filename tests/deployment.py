"""Antrean at work for a test: a database with a catalog, and workers as processes on a real broker."""

import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker, NackError

from admin_cli.catalog_file import Catalog
from admin_cli.database.catalog_changes import apply_catalog
from antrean_client.connection import connection_parameters, user_of
from common.domain.event_names import EventName
from common.domain.opening_hours import WEEKDAYS
from common.messaging import topology
from common.settings import Role, clock_environment
from tests.broker import RunningBroker
from tests.builders import catalog as catalog_of
from tests.builders import clinic_table, hospital_table
from tests.database import opened
from tests.hostile_text import obeyed_in
from tests.processes import SECONDS_MAX, Program, bare_environment, eventually
from tests.staff import let_serve

MONDAY_MORNING = datetime.fromisoformat("2026-11-23T10:00:00+07:00")
"""Where the clock of a deployment starts, unless a test says otherwise."""

MODULES = {"registrar": "registrar_worker", "ticker": "ticker_worker", "status": "status_responder"}
QUEUES = {
    "registrar": topology.REGISTRAR_QUEUE,
    "ticker": topology.TICKER_QUEUE,
    "status": topology.STATUS_QUEUE,
}

HOSPITAL = "RSUJI"
CLINICS = tuple(f"C{number:02d}" for number in range(1, 31))
"""Clinics that are always open, for a test each, so that nobody stands in another test's queue."""

CLOSED_CLINIC = "TUTUP"
EVENING_CLINIC = "MALAM"
"""Open until midnight."""

SMALL_CLINIC = "KUOTA"
SMALL_QUOTA = 2


def open_catalog() -> Catalog:
    """One hospital with `CLINICS`, one room and ten minutes each, and clinics that refuse."""
    always = {day: ["00:00-24:00"] for day in WEEKDAYS}
    clinics = [
        *(clinic_table(code, hours=always) for code in CLINICS),
        clinic_table(CLOSED_CLINIC, hours={"sun": ["08:00-12:00"]}),
        clinic_table(EVENING_CLINIC, hours={day: ["08:00-24:00"] for day in WEEKDAYS}),
        clinic_table(SMALL_CLINIC, hours=always, daily_quota=SMALL_QUOTA),
    ]
    return catalog_of(hospital_table(HOSPITAL, *clinics))


TICKET_FIELDS = {
    "ticket_code",
    "number",
    "display_number",
    "hospital",
    "hospital_name",
    "clinic",
    "clinic_name",
    "service_date",
    "status",
    "lane",
    "people_ahead",
    "now_serving",
    "estimated_wait_seconds",
    "estimated_call_at",
    "earliest_call_at",
    "latest_call_at",
    "day_may_end_first",
    "registered_at",
    "called_at",
    "recalled_at",
    "room",
    "room_name",
    "transferred_to",
    "cancelled_by",
    "cancel_reason",
    "current_code",
    "absences",
    "zone",
}
"""What a ticket holds, wherever one is shown; alone, its `visit`, too."""

_LETTERS = str.maketrans("0123456789-_", "abcdefghijkl")


@dataclass(frozen=True)
class Patient:
    """Somebody with data that nobody else has, so that they are found wherever they leaked."""

    medical_record_number: str = field(default_factory=lambda: f"RM{secrets.token_hex(6).upper()}")
    name: str = field(default_factory=lambda: f"Wulandari {secrets.token_urlsafe(9).translate(_LETTERS)}")
    date_of_birth: date = date(1953, 7, 19)

    def body(self, hospital: str, clinic: str) -> dict[str, Any]:
        """The body of this patient's registration."""
        return {
            "hospital": hospital,
            "clinic": clinic,
            "medical_record_number": self.medical_record_number,
            "name": self.name,
            "date_of_birth": self.date_of_birth.isoformat(),
        }


_PERSONAL = re.compile(r"Wulandari|RM[0-9A-F]{12}|1953-07(?:-19)?|(?:19-)?07-1953")
# By itself: within a UUID, three groups of digits look like it.
_TICKET_CODE = re.compile(r"(?<![\w-])(?:[0-9A-HJKMNP-TV-Z]{4}-){2}[0-9A-HJKMNP-TV-Z]{4}(?![\w-])")


def personal_data_in(text: str) -> list[str]:
    """What `text` says of any `Patient`."""
    return sorted(set(_PERSONAL.findall(text)))


def ticket_codes_in(text: str, ticket_codes: set[str]) -> list[str]:
    """What in `text` opens a ticket: one of these codes, in either form, or what looks like one."""
    known = {form for code in ticket_codes for form in (code, code.replace("-", "")) if form in text}
    return sorted(set(_TICKET_CODE.findall(text)) | known)


@dataclass
class Deployment:
    """Workers are started with `start`, and none is left when the deployment ends.

    No worker's log may hold personal data, a code of `ticket_codes` or what a terminal obeys: this is checked
    at the end.
    """

    directory: Path
    urls: Mapping[str, str]
    database_url: str
    variables: Mapping[str, str]
    programs: list[Program] = field(default_factory=list)
    ticket_codes: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)
    """What operators' commands have said on standard error."""

    def environment(self, role: Role, **settings: str) -> dict[str, str]:
        """The whole environment of a process that plays `role`."""
        addresses = {"ANTREAN_AMQP_URL": self.urls[role], "ANTREAN_DATABASE_URL": self.database_url}
        return bare_environment(self.directory) | addresses | {**self.variables} | settings

    def start(self, role: Role, module: str = "", **settings: str) -> Program:
        """Starts one more worker, or `module` in its place; does not wait for it."""
        name = f"{role}-{len(self.programs) + 1}"
        environment = self.environment(role, **settings)
        program = Program.module(name, module or MODULES[role], environment, self.directory)
        self.programs.append(program)
        return program

    def start_consuming(self, role: Role, count: int = 1, **settings: str) -> list[Program]:
        """Starts so many more of a worker, and waits until they consume."""
        self.start_together({role: count}, **settings)
        return self.programs[-count:]

    def start_together(self, counts: Mapping[Role, int], **settings: str) -> None:
        """Starts so many more of each worker, all at once, and waits until all that run consume."""
        for role, count in counts.items():
            for _ in range(count):
                self.start(role, **settings)
        for role in counts:
            names = [program.name for program in self.programs if program.exit_code is None]
            self.await_consumers(QUEUES[role], sum(name.startswith(f"{role}-") for name in names))

    def await_consumers(self, queue: str, count: int) -> None:
        """Waits until `queue` has exactly so many consumers."""

        def reached() -> bool:
            return self.consumers(queue) == count

        eventually(reached, f"{queue} has {count} consumers\n{self.logs()[-3000:]}")

    def consumers(self, queue: str) -> int:
        """How many consume `queue`; 0 where there is no such queue."""
        try:
            with self.channel() as channel:
                return int(channel.queue_declare(queue, passive=True).method.consumer_count)
        except ChannelClosedByBroker:
            return 0

    def ready(self, queue: str) -> int:
        """How many messages of `queue` nobody has been given."""
        with self.channel() as channel:
            return int(channel.queue_declare(queue, passive=True).method.message_count)

    def unsettled(self, *queues: str) -> list[str]:
        """Takes everything out of the workers' queues, and of `queues`; returns what each message is.

        Ticks do not count. Its ticker published a tick as it stopped, or a tick arrived while the consumer
        was being cancelled, and went back: it is a signal, which comes again.
        """
        found = []
        with self.channel() as channel:
            for queue in (*QUEUES.values(), topology.DESK_REGISTRAR_QUEUE, *queues):
                while True:
                    method, properties, _ = channel.basic_get(queue, auto_ack=True)
                    if method is None or properties is None:
                        break
                    if properties.type != EventName.CLINIC_TICK:
                        found.append(f"{queue}: {properties.type}, redelivered: {method.redelivered}")
        return found

    @contextmanager
    def channel(self) -> Iterator[BlockingChannel]:
        """A channel of the user who may declare and read everything of Antrean."""
        with connected(self.urls["deploy"]) as connection:
            yield connection.channel()

    def logs(self) -> str:
        """What all programs have printed by now."""
        return "".join(f"--- {program.name}\n{program.output}" for program in self.programs)

    def stop(self, *, but: Role | None = None) -> None:
        """Stops every program in order, the frozen ones at once; those of one role may go on."""
        programs = [each for each in self.programs if not each.name.startswith(f"{but}-")]
        for program in programs:
            if program.exit_code is None:
                program.thaw()
                program.ask_to_stop()
        for program in programs:
            program.ends()


@contextmanager
def deployed(
    broker: RunningBroker,
    database_url: str,
    directory: Path,
    *,
    urls: Mapping[str, str] | None = None,
    catalog: Catalog | None = None,
    starts_at: datetime = MONDAY_MORNING,
    speed: float = 1.0,
) -> Iterator[Deployment]:
    """A deployment on a database with the newest schema, whose clock starts at `starts_at`; no worker yet."""
    broker.purge()
    with opened(database_url) as engine:
        apply_catalog(engine, catalog or open_catalog(), starts_at)
        let_serve(engine, user_of((urls or broker.urls)["desk"]) or "")
    clock = clock_environment(starts_at, datetime.now(UTC), speed)
    variables = {
        **clock,
        "ANTREAN_LOG_LEVEL": "debug",
        "ANTREAN_HEARTBEAT_SECONDS": "30",
        "ANTREAN_FAST_PATH": os.environ.get("ANTREAN_TEST_FAST_PATH", ""),
    }
    deployment = Deployment(directory, urls or broker.urls, database_url, variables)
    try:
        yield deployment
        logs = deployment.logs()
        assert not personal_data_in(logs), "a worker's log holds personal data"
        assert not ticket_codes_in(logs, deployment.ticket_codes), "a worker's log holds ticket codes"
        assert not obeyed_in(logs), "a worker's log holds what a terminal obeys"
    finally:
        deployment.stop()
        broker.purge()


@contextmanager
def at_work(
    broker: RunningBroker, migrated: Path, directory: Path, catalog: Catalog | None = None
) -> Iterator[Deployment]:
    """A deployment on a copy of the SQLite file `migrated`, with one worker of each kind."""
    database = shutil.copyfile(migrated, directory / "antrean.sqlite")
    with deployed(broker, f"sqlite:///{database}", directory, catalog=catalog) as deployment:
        deployment.start_together({"registrar": 1, "ticker": 1, "status": 1})
        yield deployment


@contextmanager
def full_queue(deployment: Deployment) -> Iterator[None]:
    """The registrars' queue is full while the block runs; it is empty before and after.

    It is declared with its limit as arguments, which works on a broker without policies too.
    """
    arguments = {"x-queue-type": "quorum", "x-max-length": 1, "x-overflow": "reject-publish"}
    queue = topology.REGISTRAR_QUEUE
    try:
        with deployment.channel() as channel:
            channel.queue_delete(queue)
            channel.queue_declare(queue, durable=True, arguments=arguments)
            for routing_key in ("register", "cancel"):
                channel.queue_bind(queue, topology.PATIENT_EXCHANGE, routing_key)
        with connected(deployment.urls["patient"]) as connection:
            filling = connection.channel()
            filling.confirm_delivery()

            def refused() -> bool:
                try:
                    filling.basic_publish(topology.PATIENT_EXCHANGE, "register", b"{}")
                except NackError:
                    return True
                return False

            # A quorum queue takes a few more than its limit, until word has come round.
            eventually(refused, "the queue refuses")
        yield
    finally:
        with deployment.channel() as channel:
            channel.queue_delete(queue)
        topology.deploy(deployment.urls["deploy"])


@contextmanager
def connected(url: str) -> Iterator[pika.BlockingConnection]:
    """A connection without heartbeats, which nobody would answer while a test waits for something else."""
    parameters = connection_parameters(url, "tests", heartbeat_seconds=0)
    parameters.socket_timeout = parameters.stack_timeout = SECONDS_MAX
    connection = pika.BlockingConnection(parameters)
    try:
        yield connection
    finally:
        if connection.is_open:
            connection.close()
