"""Hundreds of clients at once, as one process: `python -m tests.chaos.crowd DIRECTORY --url ... --seed ...`.

All connect, and when they have, the file `control/crowd.ready` is written. When `control/stampede` appears,
each registers. Before all replies have arrived, all connections are aborted at once; then all clients
reconnect at once and repeat their unanswered requests with the same id. When every client has its reply,
`control/crowd.done` is written, and the process ends.
"""

import argparse
import asyncio
import json
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from antrean_client.rpc import RESEND_SECONDS
from common.clock import Clock
from common.messaging.topology import PATIENT_EXCHANGE
from local_stack.files import write_private
from tests.chaos.actors import SETTLE_FILE
from tests.chaos.client import HEARTBEAT_SECONDS, Address, AmqpConnection, Confirmed, request_message
from tests.chaos.clock import OffsetClock
from tests.chaos.history import History, Operation, Request
from tests.chaos.registrations import registration

READY_FILE = "crowd.ready"
STAMPEDE_FILE = "stampede"
DONE_FILE = "crowd.done"

_POLL_SECONDS = 0.1
_MAINTENANCE_SECONDS = 1.0
_GREETING_SECONDS_MAX = 60.0
_UNDER_WAY_SECONDS_MAX = 2.0
_BACKOFF_SECONDS = 0.2
_BACKOFF_SECONDS_MAX = 5.0
_ABORT = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends RST


@dataclass(frozen=True)
class Crowd:
    """What its members have in common."""

    address: Address
    history: History
    clock: Clock
    random: Random
    settle_file: Path


class Member(asyncio.Protocol):
    """One client, which reconnects until it has its reply; all members share one thread."""

    def __init__(self, name: str, crowd: Crowd) -> None:
        self.name = name
        self.request: Request | None = None
        self.is_answered = False
        self.times_ready = 0
        self._crowd = crowd
        self._transport: asyncio.Transport | None = None
        self._amqp: AmqpConnection | None = None
        self._operation: Operation | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._is_closing = False
        self._failures = 0
        self._since = 0.0  # when it connected, or sent last
        self._beat_at = 0.0

    @property
    def is_ready(self) -> bool:
        """Whether it can send."""
        return self._amqp is not None and self._amqp.is_ready

    @property
    def is_confirmed(self) -> bool:
        """Whether the broker has confirmed its request on this connection."""
        return self._operation is not None and self._operation.is_confirmed

    def connect(self) -> None:
        """Starts to connect."""
        self._connecting = asyncio.get_running_loop().create_task(self._connect())

    def register(self, request: Request) -> None:
        """Sends a request as soon as it can, until it is answered."""
        self.request = request
        self._send()

    def abort(self) -> None:
        """Resets the connection and reconnects at once."""
        if self._operation is not None:
            self._operation.unknown("died")
        self._failures = -1  # the first attempt is made without a delay
        if self._transport is not None:
            peer: socket.socket = self._transport.get_extra_info("socket")
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
            self._transport.abort()

    def close(self) -> None:
        """Closes the connection and does not reconnect."""
        self._is_closing = True
        if self._amqp is not None:
            self._amqp.close()
            self._flush()

    def maintain(self, now: float) -> None:
        """Repeats an unanswered request, and aborts a connection that does not open in time."""
        if self._amqp is None or self._transport is None:
            return
        if not self._amqp.is_ready:
            if now - self._since > _GREETING_SECONDS_MAX:
                self._transport.abort()
        elif now - self._since > RESEND_SECONDS and not self.is_answered:
            self._send()
        elif now - self._beat_at > HEARTBEAT_SECONDS / 3:
            self._beat_at = now
            self._amqp.heartbeat()
            self._flush()

    async def _connect(self) -> None:
        address = self._crowd.address
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_GREETING_SECONDS_MAX):
                await loop.create_connection(lambda: self, address.host, address.port)
        except OSError:  # a TimeoutError is one
            self._reconnect_later()

    def _reconnect_later(self) -> None:
        self._failures += 1
        longest = min(_BACKOFF_SECONDS * 2**self._failures, _BACKOFF_SECONDS_MAX) if self._failures else 0.0
        asyncio.get_running_loop().call_later(self._crowd.random.uniform(0, longest), self.connect)

    # --- what asyncio calls -----------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._amqp = AmqpConnection(self._crowd.address, self.name)
        self._since = self._beat_at = time.monotonic()
        self._flush()

    def data_received(self, data: bytes) -> None:
        assert self._amqp is not None
        assert self._transport is not None
        was_ready = self._amqp.is_ready
        for incoming in self._amqp.feed(data):
            if self._operation is None or incoming.correlation_id != self._operation.id:
                continue
            if isinstance(incoming, Confirmed):
                self._confirmed(incoming)
            else:
                self._operation.answered(incoming.name, incoming.body)
                self.is_answered = True
        if self._amqp.has_ended:
            self._transport.abort()
        elif self._amqp.is_ready and not was_ready:
            self._failures = 0
            self.times_ready += 1
            self._send()
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = self._amqp = None
        if self._operation is not None:
            self._operation.unknown("no_reply")
            self._operation = None
        if not self._is_closing:
            self._reconnect_later()

    # --- what it sends ----------------------------------------------------------------------------------

    def _confirmed(self, incoming: Confirmed) -> None:
        assert self._operation is not None
        if incoming.taken:
            self._operation.confirmed()
        elif not self._operation.is_confirmed:
            self._operation.unknown("not_taken")
            self._operation = None  # sent again later, as another operation

    def _send(self) -> None:
        if self.request is None or self.is_answered or not self.is_ready:
            return
        assert self._amqp is not None
        if self._operation is None:
            settling = self._crowd.settle_file.exists()
            self._operation = self._crowd.history.invoke(self.name, self.request, settling=settling)
        message = request_message(self.request, self._operation.id)
        self._amqp.publish(PATIENT_EXCHANGE, self.request.name, *message)
        self._since = time.monotonic()
        self._flush()

    def _flush(self) -> None:
        if self._amqp is not None and self._transport is not None:
            self._transport.write(self._amqp.outgoing())


async def stampede(members: Sequence[Member], new_request: Callable[[], Request], control: Path) -> None:
    """Connects all members; after the signal they register, abort and reconnect until all are answered."""
    maintenance = asyncio.get_running_loop().create_task(_maintain(members))
    for member in members:
        member.connect()
    await _until(lambda: all(member.is_ready for member in members))
    write_private(control / READY_FILE, json.dumps({"connected": len(members)}))
    await _until((control / STAMPEDE_FILE).exists)
    for member in members:
        member.register(new_request())
    with suppress(TimeoutError):  # they abort at the latest after this time
        async with asyncio.timeout(_UNDER_WAY_SECONDS_MAX):
            half = len(members) // 2
            await _until(lambda: sum(each.is_confirmed or each.is_answered for each in members) >= half, 0.0)
    seen = {"aborted": sum(member.is_ready for member in members)}
    seen["unanswered_at_abort"] = sum(not member.is_answered for member in members)
    times_ready = {member: member.times_ready for member in members}
    for member in members:
        member.abort()
    await _until(lambda: all(each.times_ready > times_ready[each] and each.is_answered for each in members))
    seen["reconnected"] = seen["answered"] = len(members)
    write_private(control / DONE_FILE, json.dumps(seen))
    maintenance.cancel()
    for member in members:
        member.close()
    await asyncio.sleep(_MAINTENANCE_SECONDS)  # for the closing handshakes


async def _maintain(members: Sequence[Member]) -> None:
    while True:
        await asyncio.sleep(_MAINTENANCE_SECONDS)
        for member in members:
            member.maintain(time.monotonic())


async def _until(condition: Callable[[], bool], every_seconds: float = _POLL_SECONDS) -> None:
    while not condition():
        await asyncio.sleep(every_seconds)


def main() -> None:
    """Reads the command line and runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--url", required=True, help="where the broker is, for a patient")
    parser.add_argument("--hospital", required=True)
    parser.add_argument("--clinics", required=True, help="those that are always open, with commas")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--clients", type=int, default=500)
    options = parser.parse_args()
    control: Path = options.directory / "control"
    for name in (READY_FILE, STAMPEDE_FILE, DONE_FILE):
        (control / name).unlink(missing_ok=True)
    clock = OffsetClock(control)
    random = Random(f"{options.seed}-crowd")
    history = History(options.directory, "crowd", clock)
    crowd = Crowd(Address.of(options.url), history, clock, random, control / SETTLE_FILE)
    members = [Member(f"crowd-{number:04d}", crowd) for number in range(options.clients)]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    clinics = options.clinics.split(",")
    asyncio.run(
        stampede(
            members,
            lambda: registration(options.hospital, random.choice(clinics), clock, random),
            control,
        )
    )


if __name__ == "__main__":
    main()
