"""Two thousand patients look at their tickets on one antrean-web, while the staff call: `make web-load`.

Prints how soon each call is on the screen of its patient, and what the process needs for it.
"""

import asyncio
import json
import os
import statistics
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import httpx

from antrean_client.position import Position
from antrean_client.rpc_client import RpcClient
from antrean_client.subscriber import Subscriber
from common.messaging.topology import DESK_EXCHANGE
from tests.deployment import CLINICS, HOSPITAL, Deployment, Patient
from tests.processes import SECONDS_MAX
from tests.web.own_hospital import own_hospital
from tests.web.web_process import WebProcess, await_ready, start_web

STREAMS: Final = 2_000
CALLS: Final = 400
PAUSE_SECONDS: Final = 0.1
CLINICS_ASKED: Final = "20"
_AT_ONCE: Final = 40
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Screens:
    """The patients' browsers: when each has shown its call, and how many messages came."""

    def __init__(self, process: WebProcess) -> None:
        self._process = process
        self.opened = 0
        self.messages = 0
        self.bytes = 0
        self.called_at: dict[tuple[str, int], float] = {}

    async def watch(self, place: int, ticket: dict[str, Any]) -> None:
        """One of them, for ever."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._process.port)
        path = f"/api/v1/tickets/{ticket['ticket_code']}/events"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {address(place)}\r\n\r\n".encode())
        is_new = True
        while line := await reader.readline():
            self.bytes += len(line)
            if not line.startswith(b"data: {") or b'"ticket_code"' not in line:
                continue
            self.messages += 1
            if is_new:
                is_new = False
                self.opened += 1
            data = json.loads(line[6:])
            if data["status"] == "called":
                self.called_at.setdefault((data["clinic"], data["number"]), time.monotonic())


def address(place: int) -> str:
    """That of a patient."""
    return f"10.{place // 62_500}.{place // 250 % 250}.{place % 250 + 1}"


async def take_numbers(process: WebProcess, clinics: Sequence[str]) -> list[dict[str, Any]]:
    """As many tickets as there are streams, over the same interface."""
    free = asyncio.Semaphore(_AT_ONCE)

    async with httpx.AsyncClient(base_url=process.url, timeout=SECONDS_MAX) as http:

        async def take(place: int) -> dict[str, Any]:
            body = Patient().body(HOSPITAL, clinics[place % len(clinics)])
            headers = {"Idempotency-Key": str(uuid.uuid4()), "X-Forwarded-For": address(place)}
            async with free:
                http.cookies.clear()
                answer = await http.post("/api/v1/tickets", json=body, headers=headers)
            answer.raise_for_status()
            found: dict[str, Any] = answer.json()
            return found

        return await asyncio.gather(*(take(place) for place in range(STREAMS)))


class Calls:
    """The staff, who call; and when each call's event could be read of the stream of events."""

    def __init__(self, deployment: Deployment, clinics: Sequence[str]) -> None:
        self._deployment, self._clinics = deployment, clinics
        self.asked_at: dict[tuple[str, int], float] = {}
        self.event_at: dict[tuple[str, int], float] = {}

    def follow(self) -> None:
        """Notes events as they come; for a thread."""
        for batch in Subscriber(self._deployment.urls["board"], Position.now(), fills_gaps=False).batches():
            now = time.monotonic()
            for event in batch.events:
                if event.name == "ticket.called":
                    self.event_at.setdefault((event.queue.clinic, event.data["number"]), now)

    def call(self) -> None:
        """Calls in one clinic after the other; for a thread."""
        with RpcClient(self._deployment.urls["desk"], DESK_EXCHANGE) as desk:
            for count in range(CALLS):
                clinic = self._clinics[count % len(self._clinics)]
                asked_at = time.monotonic()
                body = {"hospital": HOSPITAL, "clinic": clinic, "room": 1}
                done = desk.ask("call_next", body, timeout_seconds=SECONDS_MAX)
                self.asked_at[clinic, done["ticket"]["number"]] = asked_at
                time.sleep(PAUSE_SECONDS)

    def take_over(self) -> None:
        """From now on the staff call, not the clock."""
        with RpcClient(self._deployment.urls["desk"], DESK_EXCHANGE) as desk:
            for clinic in self._clinics:
                body = {"hospital": HOSPITAL, "clinic": clinic, "mode": "desk"}
                desk.ask("set_mode", body, timeout_seconds=SECONDS_MAX)


def cpu_seconds(pid: int) -> float:
    """Of a process, until now."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def memory_mib(pid: int) -> float:
    """Of a process, now."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


async def measure(deployment: Deployment, clinics: Sequence[str]) -> int:
    """Prints what was seen; returns 1 where a call was not seen."""
    process = start_web(deployment, "web", ANTREAN_TRUSTED_PROXIES="127.0.0.1")
    await_ready(process)
    calls, screens = Calls(deployment, clinics), Screens(process)
    await asyncio.to_thread(calls.take_over)
    pid, idle = process.program.pid, memory_mib(process.program.pid)
    began_at = time.monotonic()
    tickets = await take_numbers(process, clinics)
    say(f"{STREAMS} tickets taken in {time.monotonic() - began_at:.1f} s")
    watching = [asyncio.create_task(screens.watch(*each)) for each in enumerate(tickets)]
    began_at = time.monotonic()
    while screens.opened < STREAMS:
        await asyncio.sleep(0.1)
    say(f"{STREAMS} streams opened in {time.monotonic() - began_at:.1f} s")
    threading.Thread(target=calls.follow, daemon=True).start()
    await asyncio.sleep(2)
    messages, used, began_at = screens.messages, cpu_seconds(pid), time.monotonic()
    await asyncio.to_thread(calls.call)
    await asyncio.sleep(2)
    seconds = time.monotonic() - began_at
    report(calls, screens)
    say(
        f"antrean-web: {(cpu_seconds(pid) - used) / seconds:.0%} of a processor, {memory_mib(pid):.0f} MiB "
        f"({idle:.0f} MiB before), {(screens.messages - messages) / seconds:.0f} messages a second"
    )
    quiet, began_at = cpu_seconds(pid), time.monotonic()
    await asyncio.sleep(20)
    say(f"without calls: {(cpu_seconds(pid) - quiet) / (time.monotonic() - began_at):.0%} of a processor")
    for each in watching:
        each.cancel()
    missed = calls.asked_at.keys() - screens.called_at.keys()
    say(f"{len(calls.asked_at)} calls, {len(missed)} not seen by their patient")
    return 1 if missed else 0


def report(calls: Calls, screens: Screens) -> None:
    """How soon calls were on the screens."""
    for what, since in (("from its event", calls.event_at), ("from the desk's request", calls.asked_at)):
        taken = [
            max(screens.called_at[call] - at, 0) * 1000
            for call, at in since.items()
            if call in screens.called_at and call in calls.asked_at
        ]
        cuts = statistics.quantiles(taken, n=100)
        times = f"p50 {cuts[49]:.0f} ms, p99 {cuts[98]:.0f} ms, most {max(taken):.0f} ms"
        say(f"a call on the screen, {what}: {times}")


def say(line: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(clinics: str = CLINICS_ASKED) -> int:
    """The exit code: 0 where every patient, of so many clinics, has seen the call."""
    with own_hospital() as deployment:
        return asyncio.run(measure(deployment, CLINICS[: int(clinics)]))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
