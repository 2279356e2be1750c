"""Faults of clients: hundreds that reconnect at once, and some that die before their reply."""

import json
import time
from pathlib import Path

from tests.chaos.client import Confirmed, SocketConnection
from tests.chaos.crowd import DONE_FILE, READY_FILE, STAMPEDE_FILE
from tests.chaos.faults.context import FaultContext
from tests.chaos.faults.steps import Note, NotSeen, Steps, Waiting, until
from tests.chaos.plan import Fault
from tests.chaos.system import ROOMS

_CLIENTS = 500
_CROWD_SECONDS_MAX = 120.0
_DYING = 20
_CONNECT_SECONDS_MAX = 60.0
_CONFIRM_SECONDS_MAX = 30.0


def reconnect(context: FaultContext, fault: Fault) -> Steps:
    """500 clients register, lose their connections at once and reconnect at once."""
    system = context.system
    control = system.directory / "control"
    arguments = ["--url", system.urls["patient"], "--hospital", system.hospital]
    arguments += ["--clinics", ",".join(ROOMS), "--clients", str(_CLIENTS), "--seed", fault.id.strip("f")]
    for name in (READY_FILE, STAMPEDE_FILE, DONE_FILE):
        (control / name).unlink(missing_ok=True)
    crowd = system.program("crowd", "tests.chaos.crowd", str(system.directory), *arguments)
    try:
        yield from _told(control / READY_FILE)
        (control / STAMPEDE_FILE).touch()
        told = yield from _told(control / DONE_FILE)
    finally:
        if crowd.exit_code is None:
            crowd.ask_to_stop()
    if told["aborted"] < _CLIENTS / 2:
        raise NotSeen(f"only {told['aborted']} clients had a connection to lose")
    yield Note("fired", f"{told['aborted']} clients lost their connections and came back at once")
    yield from until(lambda: crowd.exit_code is not None, "the crowd has left")
    yield Note("healed", f"{told['answered']} clients were answered")


def die(context: FaultContext, fault: Fault) -> Steps:
    """Clients die before their replies arrive."""
    died, confirmed = yield from context.with_retries(lambda: _send_and_die(context, fault))
    yield Note("fired", f"{died} clients died before their replies, {confirmed} of them after the confirm")
    yield Note("healed", "nothing is left to be undone")


def kill_tap(context: FaultContext, fault: Fault) -> Steps:
    """`antrean-events tail --state` is killed as its file grows, and started again."""
    tap = context.system.tap
    yield from until(tap.grows, "antrean-events writes events")
    yield Note("fired", f"antrean-events was killed with {tap.kill()} bytes in its file")
    yield from until(tap.grows, "antrean-events writes events again")
    yield Note("healed", "antrean-events goes on")


def _told(path: Path) -> Waiting[dict[str, int]]:
    """What the crowd has written to `path`."""
    yield from until(path.exists, f"the crowd writes {path.name}", _CROWD_SECONDS_MAX)
    told: dict[str, int] = json.loads(path.read_text())
    return told


def _send_and_die(context: FaultContext, fault: Fault) -> tuple[int, int]:
    """How many died, half of them with the last byte of their request, half with its confirm; blocks."""
    system = context.system
    confirmed = 0
    connections = [
        SocketConnection(system.patient_url, f"dying-{number}", _CONNECT_SECONDS_MAX)
        for number in range(_DYING)
    ]
    for number, connection in enumerate(connections):
        request = context.registration(fault)
        operation = context.history.invoke(f"dying-{number}", request)
        try:
            connection.send(request, operation.id)
            give_up_at = time.monotonic() + _CONFIRM_SECONDS_MAX
            while number % 2 and not operation.is_confirmed and time.monotonic() < give_up_at:
                if any(
                    isinstance(incoming, Confirmed) and incoming.taken
                    for incoming in connection.receive(give_up_at)
                ):
                    operation.confirmed()
            operation.unknown("died")
        except OSError:
            operation.unknown("no_reply")
            raise
        finally:
            connection.abort()
        confirmed += operation.is_confirmed
    return len(connections), confirmed
