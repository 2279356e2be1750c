"""The demonstration's patients: who comes when to which clinic, and what became of each.

Each registers with the `antrean` command itself, as a process of its own.
"""

import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

CLINICS = (
    ("RSHS", "GIG"),
    ("RSCM", "THT"),
    ("RSPN", "MAT"),
    ("RSWS", "THT"),
    ("RSJL", "MAT"),
    ("RSUDJ", "MAT"),
)
"""Hospital and clinic codes of the queues that the demonstration fills, in all three time zones."""

_CLOSED_CLINIC = ("RSCM", "JIW")  # opens in the afternoon only
_SLOW_CLINIC = ("RSWS", "THT")  # one room: its fourth patient still waits when the last of the forty comes

_PATIENTS_PER_CLINIC = 6
_AT_A_TIME = 2
_REGISTER_SECONDS_MAX = 30

_FIRST_NAMES = ("Siti", "Budi", "Dewi", "Agus", "Putri", "Wayan", "Made", "Andi", "Rina", "Yusuf", "Maria")
_LAST_NAMES = ("Aminah", "Santoso", "Lestari", "Wijaya", "Rahayu", "Saputra", "Hasanuddin", "Wenda", "Kogoya")
_REPLY_TIME = re.compile(r"^reply in ([\d.]+) s$", re.MULTILINE)


@dataclass(frozen=True)
class Patient:
    """Somebody who wants to register; comes `arrives_seconds` (real time) after the beginning."""

    hospital: str
    clinic: str
    medical_record_number: str
    name: str
    date_of_birth: str
    arrives_seconds: float = 0.0


@dataclass(frozen=True)
class Registration:
    """How a registration ended: with a ticket, or with a problem."""

    patient: Patient
    ticket: Mapping[str, Any] | None
    problem: Mapping[str, Any] | None
    reply_seconds: float | None


def invent_patients(over_seconds: float) -> list[Patient]:
    """Forty patients who come over a time of `over_seconds`. Four are to be refused: two find the clinic
    closed, one registers twice, and one gives somebody else's medical record number."""
    chance = random.Random(2026)  # noqa: S311 - the same patients every time
    places = list(CLINICS) * _PATIENTS_PER_CLINIC + [_CLOSED_CLINIC] * 2
    patients = [_invent(place, number, chance) for number, place in enumerate(places, start=1)]
    chance.shuffle(patients)
    *_, fourth, fifth, _ = (each for each in patients if (each.hospital, each.clinic) == _SLOW_CLINIC)
    patients += [fourth, replace(fifth, name="Orang Lain")]
    step = over_seconds / len(patients)
    return [replace(patient, arrives_seconds=step * turn) for turn, patient in enumerate(patients)]


def _invent(place: tuple[str, str], number: int, chance: random.Random) -> Patient:
    born = f"{chance.randint(1940, 2020)}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"
    name = f"{chance.choice(_FIRST_NAMES)} {chance.choice(_LAST_NAMES)}"
    return Patient(*place, f"{number:08d}", name, born)


class WaitingLine:
    """Lets patients register in the order of their arrival, a few at a time. A context manager."""

    def __init__(self, patients: Sequence[Patient], environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._to_come = sorted(patients, key=lambda patient: patient.arrives_seconds, reverse=True)
        self._began = time.monotonic()
        self._pool = ThreadPoolExecutor(_AT_A_TIME)
        self._under_way: list[Future[Registration]] = []

    def __enter__(self) -> "WaitingLine":
        return self

    def __exit__(self, *_error: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def admit(self) -> None:
        """Lets those register who have arrived by now."""
        elapsed = time.monotonic() - self._began
        while self._to_come and self._to_come[-1].arrives_seconds <= elapsed:
            patient = self._to_come.pop()
            self._under_way.append(self._pool.submit(_register, patient, self._environment))

    @property
    def all_done(self) -> bool:
        """Whether everybody has come and has an answer."""
        return not self._to_come and all(each.done() for each in self._under_way)

    def registrations(self) -> Iterator[Registration]:
        """Those that have ended so far. Raises what went wrong with one that could not be tried."""
        return (each.result() for each in self._under_way if each.done())


def _register(patient: Patient, environment: Mapping[str, str]) -> Registration:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "patient_cli", "register", patient.hospital, patient.clinic),
            *("--mrn", patient.medical_record_number),
            *("--name", patient.name),
            *("--dob", patient.date_of_birth),
            *("--json", "--verbose"),
        ],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_REGISTER_SECONDS_MAX,
        check=False,
    )
    timed = _REPLY_TIME.search(done.stderr)
    reply_seconds = float(timed[1]) if timed else None
    if done.returncode == 0:
        return Registration(patient, json.loads(done.stdout), None, reply_seconds)
    said = [line for line in done.stderr.splitlines() if line.startswith("{")]
    problem = json.loads(said[-1]) if said else {"code": f"exit_{done.returncode}"}
    return Registration(patient, None, problem, reply_seconds)
