"""A chaos run from beginning to end: the system, its clients, the faults of a plan, and the evidence."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from admin_cli.database.integrity import check_integrity
from common.errors import BrokerUnavailable
from common.messaging.topology import DESK_REGISTRAR_QUEUE, QUARANTINES
from common.storage.engine import snapshot
from tests.chaos.database import EngineKind
from tests.chaos.faults import Injector, Steps
from tests.chaos.faults.steps import NEVER_SECONDS
from tests.chaos.history import JsonLines
from tests.chaos.plan import Fault, Plan, make_plan
from tests.chaos.readers import read_dead_letters, read_stream
from tests.chaos.staff import DESK_LANES, DESK_ROOMS
from tests.chaos.staff import ROLES as STAFF
from tests.chaos.system import CLOSED_CLINIC, QUEUES, QUOTAS, ROOMS, SMALL_CLINIC, System
from tests.database import opened
from tests.deployment import personal_data_in, ticket_codes_in
from tests.processes import Program

_TURN_SECONDS = 0.05
# Beyond these, what is waited for is late; beyond NEVER_SECONDS it is wrong.
_DRAIN_SECONDS_MAX = 30.0
_CLIENT_START_SECONDS_MAX = 30.0
_CLIENT_END_SECONDS_MAX = 60.0
_CHECKER_SECONDS_MAX = 1_800
_HEALING_SECONDS_MAX = 3 * NEVER_SECONDS  # every fault has limits of its own


@dataclass(frozen=True)
class Options:
    """What a run is. `registrations_per_second` is the rate of all patients together, and
    `desk_actions_per_second` that of each desk; `server` is the script that starts a RabbitMQ, None for the
    installed one."""

    seed: int
    duration_seconds: float
    engine_kind: EngineKind
    server: Path | None = None
    registrations_per_second: float = 11.0
    desk_actions_per_second: float = 1.0


class Verdict(Enum):
    """What a run shows, as it is printed."""

    CLEAN = "clean"
    VIOLATED = "NOT CLEAN"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True)
class Outcome:
    """How a run ended. `failures` are what is wrong beside what the checker found, and `late` is what took
    longer than on a machine of its own, a sentence each."""

    checker_exit_code: int
    checker_said: str
    failures: list[str]
    late: list[str]

    @property
    def verdict(self) -> Verdict:
        """A violation is one whatever else was late."""
        if self.failures or self.checker_exit_code not in (0, 3):
            return Verdict.VIOLATED
        return Verdict.INCONCLUSIVE if self.late or self.checker_exit_code else Verdict.CLEAN


def run(options: Options, directory: Path, say: Callable[[str], None]) -> Outcome:
    """Runs in `directory`, which holds all evidence afterwards; `say` is told what happens."""
    started_at = time.time()
    plan = make_plan(options.seed, options.duration_seconds, options.engine_kind)
    (directory / "plan.json").write_text(json.dumps(plan.as_json(), indent=1))
    say("starting broker, database and workers")
    with System(directory, options.engine_kind, options.server) as system:
        about = {
            "seed": options.seed,
            "duration": options.duration_seconds,
            "database_url": system.database_url,
            "rabbitmq_version": system.broker.version(),
            "started_at": started_at,
            "hospital": system.hospital,
            "quotas": QUOTAS,
            "lanes": DESK_LANES,
            "never_closed": [*ROOMS, SMALL_CLINIC],
            "staff": {user: {"role": role, "clinics": clinics} for user, (role, clinics) in STAFF.items()},
        }
        say(f"RabbitMQ {about['rabbitmq_version']}, {options.engine_kind}: {len(plan.faults)} faults planned")
        chaos = _Run(system, options, plan, say)
        about |= chaos.go() | {"clock_jumps": system.clock_jumps, "finished_at": time.time()}
        (directory / "run.json").write_text(json.dumps(about, indent=1))
        say("checking")
        arguments = [sys.executable, "-m", "tests.chaos.checker", str(directory)]
        checked = subprocess.run(
            arguments, capture_output=True, text=True, timeout=_CHECKER_SECONDS_MAX, check=False
        )
        found = _inconsistencies(system.database_url)
    failures = chaos.failures + found + _personal_data_in_logs(directory)
    return Outcome(checked.returncode, checked.stdout + checked.stderr, failures, chaos.late)


class _Run:
    """The part of a run in which the system runs."""

    def __init__(self, system: System, options: Options, plan: Plan, say: Callable[[str], None]) -> None:
        self.failures: list[str] = []
        self.late: list[str] = []
        self._system = system
        self._options = options
        self._plan = plan
        self._say = say
        self._control = system.directory / "control"
        self._notes = JsonLines(system.directory / "faults.jsonl")
        (system.directory / "poison.jsonl").touch()  # none may be planted

    def go(self) -> dict[str, Any]:
        """Everything from the first client to the last reading; returns what `run.json` is to say of it."""
        system = self._system
        subscriber = self._client("subscriber", "--url", system.urls["deploy"])
        self._wait((self._control / "subscribed").exists, _CLIENT_START_SECONDS_MAX, "subscribed")
        system.tap.keep_running()
        patients = self._client(
            "patients",
            *(
                "--url",
                system.patient_url,
                "--hospital",
                system.hospital,
                "--clinics",
                ",".join([*ROOMS, *DESK_ROOMS]),
            ),
            *("--closed", CLOSED_CLINIC, "--small", SMALL_CLINIC, "--seed", str(self._options.seed)),
            *("--rate", str(self._options.registrations_per_second)),
        )
        desks = self._client(
            "desks",
            *("--urls", str(system.desk_urls_file), "--hospital", system.hospital),
            *("--seed", str(self._options.seed), "--rate", str(self._options.desk_actions_per_second)),
        )
        self._inject_all()
        healed_at = self._heal()
        self._say("all faults are over: waiting for the queues")
        drained = self._wait(self._drained, _DRAIN_SECONDS_MAX, "the queues drained")
        drained_at = time.time() if drained else None
        self._say("sending the requests of unknown outcome again")
        (self._control / "settle").touch()
        self._end(patients)
        self._end(desks)
        tapped_until = system.clock.now()
        system.tap.stop()
        self._wait(system.tap.is_at_end, _CLIENT_END_SECONDS_MAX, "antrean-events replay ended")
        system.stop_workers()
        subscriber.ask_to_stop()
        self._end(subscriber)
        read_stream(system.urls["deploy"], system.directory / "stream.jsonl")
        read_dead_letters(system.urls["deploy"], system.directory / "dead.jsonl")
        self.failures += system.tap.disagreements(system.directory / "stream.jsonl", tapped_until)
        return {"healed_at": healed_at, "drained_at": drained_at}

    def _client(self, name: str, *arguments: str) -> Program:
        return self._system.program(name, f"tests.chaos.{name}", str(self._system.directory), *arguments)

    # --- faults -----------------------------------------------------------------------------------------

    def _inject_all(self) -> None:
        """Injects each fault at its time, and steps the started ones until all have ended."""
        injector = Injector(self._system)
        began_at = time.monotonic()
        waiting = list(self._plan.faults)
        under_way: dict[str, tuple[Fault, Steps]] = {}
        last = began_at + self._options.duration_seconds + _HEALING_SECONDS_MAX
        while waiting or under_way or time.monotonic() < began_at + self._options.duration_seconds:
            elapsed = time.monotonic() - began_at
            while waiting and waiting[0].starts_after <= elapsed:
                fault = waiting.pop(0)
                self._note(fault, "injected", fault.target or "")
                under_way[fault.id] = fault, injector.inject(fault)
            for fault, steps in list(under_way.values()):
                if not self._go_on(fault, steps):
                    del under_way[fault.id]
            if time.monotonic() > last:
                self.failures.append(f"faults never ended: {', '.join(under_way)}")
                break
            self._system.tend()
            self._system.tap.keep_running()
            time.sleep(_TURN_SECONDS)
        injector.close()

    def _go_on(self, fault: Fault, steps: Steps) -> bool:
        """Runs one step of a fault; returns whether there are more."""
        try:
            note = next(steps)
        except StopIteration:
            return False
        if note is not None:
            self._note(fault, note.phase, note.detail)
        return True

    def _note(self, fault: Fault, phase: str, detail: str) -> None:
        line = {"id": fault.id, "kind": fault.kind, "phase": phase, "at": time.time(), "detail": detail}
        self._notes.write(line)
        self._say(f"{fault.id} {fault.kind}: {phase} {detail}")

    def _heal(self) -> float:
        """Tells the clients to send no new requests; all faults are healed by now."""
        self._notes.close()
        (self._control / "quiet").touch()
        return time.time()

    # --- waiting ----------------------------------------------------------------------------------------

    def _wait(self, condition: Callable[[], bool], seconds_max: float, what: str) -> bool:
        """Waits for `condition` while the supervisor keeps running. Longer than `seconds_max` is late; longer
        than NEVER_SECONDS is a failure."""
        began_at = time.monotonic()
        while not (holds := condition()) and time.monotonic() < began_at + NEVER_SECONDS:
            self._system.tend()
            time.sleep(_TURN_SECONDS)
        seconds = time.monotonic() - began_at
        if not holds:
            self.failures.append(f"Not within {NEVER_SECONDS:g} s: {what}.")
        elif seconds > seconds_max:
            self.late.append(f"{what}: after {seconds:.0f} s instead of {seconds_max:g} s")
        return holds

    def _drained(self) -> bool:
        """Whether no queue of the workers holds anything, be it ready or unacknowledged."""
        try:
            found = self._system.broker.queues()
        except BrokerUnavailable:
            return False  # it did not answer in time
        return not any(
            found[queue][column]
            for queue in (*QUEUES.values(), DESK_REGISTRAR_QUEUE, *QUARANTINES)
            for column in ("messages_ready", "messages_unacknowledged")
        )

    def _end(self, program: Program) -> None:
        what = f"{program.name} ended"
        ended = self._wait(lambda: program.exit_code is not None, _CLIENT_END_SECONDS_MAX, what)
        if ended and program.exit_code != 0:
            self.failures.append(f"{program.name} ended with {program.exit_code}: {program.output[-500:]}")


def _inconsistencies(database_url: str) -> list[str]:
    """What `antrean-admin check-integrity` objects to: the product's own word, beside the checker's."""
    with opened(database_url) as engine, snapshot(engine) as connection:
        return [f"check-integrity: {finding}" for finding in check_integrity(connection).findings]


def _personal_data_in_logs(directory: Path) -> list[str]:
    """Patients' data, and what opens their tickets, in what any process has written."""
    histories = "".join(path.read_text() for path in directory.glob("history-*.jsonl"))
    codes = set(re.findall(r'"ticket_code": "([^"]+)"', histories))
    failures = []
    for path in sorted((directory / "logs").glob("*.log")):
        text = path.read_text(errors="replace")
        if found := personal_data_in(text) + ticket_codes_in(text, codes):
            failures.append(f"{path.name} holds personal data, such as {found[0]}")
    return failures
