"""`make board-load`: how soon, and at what cost, one board process tells many browsers of each call.

A hospital at work on a broker of its own; calls are published as tickers do, one a second, and each browser
notes when it has it. Ends with exit code 1 where a browser lacks a call or has one twice.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4
from zoneinfo import ZoneInfo

from admin_cli.database.schema import migrate
from common.domain.event_names import EventName
from common.messages.events import Event, encode_event
from tests.broker import RunningBroker, private_node
from tests.database import opened
from tests.deployment import CLINICS, HOSPITAL, Deployment, deployed
from tests.journal_events import publish
from tests.web.web_process import await_ready, start_web

BROWSERS: Final = int(os.environ.get("BROWSERS", "2000"))
CALLS: Final = 60
ON_PAGE: Final = 5
"""Clinics on the page that all look at."""

FIRST: Final = 1_000
"""The first sequence of these calls; what workers say of the same clinics comes before it."""
SETTLED_SECONDS: Final = 5

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


def main() -> int:
    """Measures; the exit code."""
    with tempfile.TemporaryDirectory(prefix="antrean-board-load-") as name, private_node() as node:
        directory = Path(name)
        url = f"sqlite:///{directory}/antrean.sqlite"
        with opened(url) as engine:
            migrate(engine)
        broker = RunningBroker(node.urls, has_roles=True, has_policies=True, node=node)
        with deployed(broker, url, directory, starts_at=datetime.now(UTC)) as deployment:
            deployment.start_together({"registrar": 1, "ticker": 1, "status": 1})
            return measure(deployment)


def measure(deployment: Deployment) -> int:
    """One board process and all its browsers."""
    board = start_web(deployment, "board")
    await_ready(board)
    before = Used(board.program.pid)
    path = f"/{HOSPITAL}/{','.join(CLINICS[:ON_PAGE])}/stream"
    arguments = [sys.executable, "-m", "tests.web.board_crowd", str(board.port), path, str(BROWSERS)]
    started = time.monotonic()
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as crowd:
        assert crowd.stdin is not None
        assert crowd.stdout is not None
        assert crowd.stdout.readline() == "ready\n"
        connected = time.monotonic() - started
        met = Used(board.program.pid)
        call(deployment)
        told = Used(board.program.pid)
        crowd.stdin.write(f"{CALLS}\n")
        crowd.stdin.flush()
        found = json.loads(crowd.stdout.readline())
    delays = sorted(found["delays"])
    joining, telling = met.seconds - before.seconds, told.seconds - met.seconds
    print(f"{BROWSERS:,} browsers of one page with {ON_PAGE} clinics; {CALLS} calls, one a second")
    print(f"  connected, each with a snapshot: {connected:.1f} s, {joining:.1f} s of CPU")
    for share in (0.5, 0.99, 1.0):
        delay = delays[min(int(share * len(delays)), len(delays) - 1)]
        print(f"  from the event to a browser, p{100 * share:g}: {delay * 1000:.0f} ms")
    print(f"  CPU, with what is looked up after each call: {telling / CALLS * 1000:.0f} ms for each")
    print(f"    {telling / CALLS / BROWSERS * 1e6:.0f} us for each call and browser")
    print(f"  memory: {told.mebibytes:.0f} MiB, {before.mebibytes:.0f} MiB without browsers")
    print(f"  calls that a browser lacked: {found['missing']}; that one had twice: {found['twice']}")
    return 1 if found["missing"] or found["twice"] else 0


class Used:
    """What a process has used by now: seconds of CPU, and the memory that it holds."""

    def __init__(self, pid: int) -> None:
        times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        self.seconds = sum(map(int, times)) / _TICKS
        self.mebibytes = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES / 2**20


def call(deployment: Deployment) -> None:
    """Calls somebody each second, and tells by the room's name when."""
    publish(deployment.urls["ticker"], [called(clinic, FIRST - 1, "") for clinic in CLINICS[:ON_PAGE]])
    time.sleep(SETTLED_SECONDS)
    for number in range(CALLS):
        clinic, turn = CLINICS[number % ON_PAGE], number // ON_PAGE
        publish(deployment.urls["ticker"], [called(clinic, FIRST + turn, f"{time.time():.6f}")])
        time.sleep(1)


def called(clinic: str, sequence: int, room_name: str) -> Event:
    """A call of the number that is its sequence."""
    shown, now = f"{clinic}-{sequence}", datetime.now(UTC)
    data = {"number": sequence, "display_number": shown, "status": "called", "lane": "regular", "room": 1}
    return encode_event(
        event_id=str(uuid4()),
        name=EventName.TICKET_CALLED,
        hospital=HOSPITAL,
        clinic=clinic,
        service_date=now.astimezone(ZoneInfo("Asia/Jakarta")).date(),
        time=now,
        sequence=sequence,
        subject=shown,
        data={**data, "room_name": room_name, "waiting": 3, "now_serving": shown},
    )


if __name__ == "__main__":
    sys.exit(main())
