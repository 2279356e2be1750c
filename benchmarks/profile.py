"""Where a registrar's processor time goes, by part of its work."""

import json
import os
import signal
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from benchmarks.catalogs import open_clinics, places
from benchmarks.contenders import register
from benchmarks.findings import Cell, Findings, Table
from benchmarks.lab import CLINICS, Lab

_WINDOW = 128
_WARM_UP_REQUESTS = 1000
_REQUESTS = 20_000
_PLACES_SHOWN = 15

# The first that a place begins with says which part it is of.
_PARTS = {
    "common/storage/": "SQL: begin, commit, connection",
    "common/messaging/worker.py:Worker.run readable": "read from the broker",
    "common/messaging/worker.py:Worker.run writable": "write to the broker",
    "common/messaging/worker.py": "loop and batches",
    "common/messaging/publisher.py": "publish and take confirms",
    "common/messaging/frames.py": "publish and take confirms",
    "common/messaging/reply_address.py": "publish and take confirms",
    "common/messaging/": "decode deliveries",
    "common/events.py": "encode events",
    "common/messages.py:encode_reply": "write replies",
    "common/messages.py": "validate requests",
    "common/requests.py": "validate requests",
    "common/ticket_replies.py": "write replies",
    "common/domain/ticket_codes.py": "decide",
    "common/domain/": "opening hours and estimate",
    "registrar_worker/handler.py:_read": "validate requests",
    "registrar_worker/": "decide",
}
_REST = "the rest"


def measure(lab: Lab) -> Findings:
    """A registrar under a full load, sampled."""
    system = lab.shared_system("postgresql")
    everywhere = places(open_clinics(CLINICS))
    file = system.directory / "samples.json"
    lab.say("profile of a registrar")
    workers = system.start("registrar", program=["benchmarks.sampled", "registrar_worker", str(file)])
    try:
        register(system, workers, everywhere, window=_WINDOW, requests=_WARM_UP_REQUESTS)
        os.kill(workers[0].pid, signal.SIGUSR1)
        requests = lab.share(_REQUESTS)
        measured = register(system, workers, everywhere, window=_WINDOW, requests=requests)
    finally:
        system.stop(workers)
    return _findings(json.loads(file.read_text()), measured.cpu_per_thousand("worker"))


def _findings(counts: Mapping[str, int], cpu_seconds: float) -> Findings:
    total = sum(counts.values())
    parts: Counter[str] = Counter()
    for place, count in counts.items():
        parts[_part(place)] += count
    title = f"A registrar's CPU: {cpu_seconds:.3f} s for 1,000 registrations ({total:,} samples)"
    tables = [
        Table(title, ["part", "%", "ms for 1,000"], _rows(parts.most_common(), total, cpu_seconds)),
        Table(
            "The places where most of it is spent",
            ["place", "%", "ms for 1,000"],
            _rows(Counter(counts).most_common(_PLACES_SHOWN), total, cpu_seconds),
        ),
    ]
    return Findings("profile", "Where a registrar's CPU goes", tables=tables)


def _rows(counts: list[tuple[str, int]], total: int, cpu_seconds: float) -> list[list[Cell]]:
    return [[name, 100 * count / total, 1000 * cpu_seconds * count / total] for name, count in counts]


def _part(place: str) -> str:
    if place.startswith("SQL "):
        file, _, function = place.partition(":")
        return f"SQL: {Path(file).stem}.{function}"
    return next((part for beginning, part in _PARTS.items() if place.startswith(beginning)), _REST)
