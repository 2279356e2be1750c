"""How fast `antrean-events replay` writes what the stream of events holds, and with how much memory."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pika

from antrean_client.journal import JournalReader
from benchmarks.findings import Cell, Findings, Table, Target, middle, spread
from benchmarks.lab import Lab
from benchmarks.system import BenchSystem, WorkerFailed
from common.domain.event_names import EventName
from common.messages.events import CONTENT_TYPE, Event, encode_event
from common.messaging.topology import EVENTS_EXCHANGE
from local_stack.child import environment_with

_EVENTS = 100_000
_FEW = _EVENTS // 5
_QUEUES = 50
_DAY = date(2026, 11, 23)
_MORNING = datetime(2026, 11, 23, 1, tzinfo=UTC)
_PUBLISHED_SECONDS_MAX = 120
_MIB = 1024  # of the kilobytes in which Linux tells it


@dataclass(frozen=True)
class _Replay:
    """One run, from the start of its process to its end."""

    seconds: float
    cpu_seconds: float
    broker_cpu_seconds: float
    most_mib: float


def measure(lab: Lab) -> Findings:
    """Replays of a fifth of the events, and of all, to a file: memory must not grow with them."""
    count = lab.share(_EVENTS)
    with lab.own_system("sqlite") as system:
        lab.say(f"publishing {count:,} events")
        _publish(system, count)
        runs: dict[int, list[_Replay]] = {lab.share(_FEW): [], count: []}
        for _ in lab.rounds:
            for events, found in runs.items():
                lab.say(f"replay of {events:,} events")
                found.append(_replay(system, events))
    rates = [count / each.seconds for each in runs[count]]
    memory = [middle([each.most_mib for each in runs[events]]) for events in runs]
    rows: list[list[Cell]] = [
        [
            f"{events:,} events",
            middle([events / each.seconds for each in found]),
            spread([events / each.seconds for each in found]),
            middle([each.cpu_seconds / events * 1e6 for each in found]),
            middle([each.broker_cpu_seconds / events * 1e6 for each in found]),
            middle([each.most_mib for each in found]),
        ]
        for events, found in runs.items()
    ]
    columns = ["", "events/s", "range", "CPU µs each", "broker's CPU µs each", "most MiB"]
    targets = [
        Target("`antrean-events replay`, events/s", middle(rates), least=20_000, shown="{:,.0f}"),
        Target("memory of a replay of five times as many events, ratio", memory[1] / memory[0], most=1.1),
    ]
    return Findings(
        "replay", "Replay", targets, [Table("From process start to end, to a file", columns, rows)]
    )


def _replay(system: BenchSystem, events: int) -> _Replay:
    output = system.directory / "events.jsonl"
    output.unlink(missing_ok=True)
    words = [str(Path(sys.executable).with_name("antrean-events")), "replay", "--until", str(events)]
    variables = {"ANTREAN_AMQP_URL": system.urls["integrator"]}
    broker_before = system.server_cpu_seconds()["broker"]
    started = time.perf_counter()
    process = subprocess.Popen([*words, "-o", str(output)], env=environment_with(variables))
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode or sum(1 for _ in output.open("rb")) != events:
        raise WorkerFailed(f"antrean-events ended with {process.returncode}.")
    broker = system.server_cpu_seconds()["broker"] - broker_before
    return _Replay(seconds, used.ru_utime + used.ru_stime, broker, used.ru_maxrss / _MIB)


def _publish(system: BenchSystem, count: int) -> None:
    """Puts the events into the stream, and waits until all are there."""
    with pika.BlockingConnection(pika.URLParameters(system.urls["deploy"])) as connection:
        channel = connection.channel()
        for event in _events(count):
            properties = pika.BasicProperties(
                content_type=CONTENT_TYPE, type=event.name, message_id=event.id, delivery_mode=2
            )
            channel.basic_publish(EVENTS_EXCHANGE, event.routing_key, event.body, properties)
    until = time.monotonic() + _PUBLISHED_SECONDS_MAX
    reader = JournalReader(system.urls["integrator"], "first")
    try:
        while reader.measure() < count:
            if time.monotonic() > until:
                raise WorkerFailed("The stream has not got all events.")
    finally:
        reader.close()


def _events(count: int) -> Iterator[Event]:
    for at in range(count):
        clinic, sequence = f"C{at % _QUEUES:03d}", at // _QUEUES + 1
        number = f"{clinic}-{sequence:03d}"
        yield encode_event(
            event_id=str(uuid4()),
            name=EventName.TICKET_REGISTERED,
            hospital="RSHS",
            clinic=clinic,
            service_date=_DAY,
            time=_MORNING + timedelta(milliseconds=50 * at),
            sequence=sequence,
            subject=number,
            data={
                "number": sequence,
                "display_number": number,
                "status": "waiting",
                "lane": "regular",
                "room": None,
                "room_name": None,
                "waiting": sequence,
                "now_serving": None,
            },
        )
