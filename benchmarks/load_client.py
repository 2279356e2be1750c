"""A lean client: sends requests and waits for their replies over direct reply-to, in a process of its own.

It shares its machine with what it measures, so all that can be is done before the first request leaves or
after the last reply is there: each request stands ready as the bytes of its frames, and replies are kept as
they came.
"""

import gc
import json
import multiprocessing
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice
from math import ceil, nan
from threading import Barrier, BrokenBarrierError

import pika
from pika.adapters.select_connection import IOLoop
from pika.channel import Channel
from pika.frame import Body, Header, Method
from pika.spec import Basic

from antrean_client.byte_stream import Stream
from antrean_client.connection import connection_parameters
from antrean_client.rpc import delivery_mode
from common.errors import MessagingError

Bodies = Sequence[bytes] | Callable[[int], Sequence[bytes]]
"""Bodies to be sent in turn, or what makes so many."""

_REPLY_TO = "amq.rabbitmq.reply-to"
_CHANNEL = 1
_HEARTBEAT_SECONDS = 60
_PATIENCE_SECONDS = 20  # without any reply, what is outstanding is given up
_READY_SECONDS_MAX = 120
_PAUSE_SECONDS_MIN = 0.001  # of an open loop: what falls due within it leaves together
_KEPT = frozenset({"ticket", "problem"})


class LoadFailed(MessagingError):
    """A load could not be carried to its end."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """Requests of one type (their routing key too), sent to `exchange` at `url`.

    With `count`, a closed loop: so many requests, `window` of them outstanding. With `rate`, an open loop:
    for `seconds`, at random moments, so many a second on average, whatever is outstanding.
    """

    url: str
    exchange: str
    type: str
    bodies: Bodies
    window: int = 128
    count: int = 0
    rate: float | None = None
    seconds: float = 0.0
    seed: int = 1


@dataclass(frozen=True, kw_only=True)
class LoadResult:
    """What came of a load. Latencies are in milliseconds and sorted; those of an open loop count from the
    moment a request was due, not from when it left. `tickets` are (hospital, clinic, number, ticket code).

    `not_taken` requests were refused or returned by the broker, `unanswered` ones had no reply in the end.
    """

    sent: int
    seconds: float
    cpu_seconds: float
    latencies_ms: list[float]
    replies: dict[str, int]
    problems: dict[str, int]
    tickets: list[tuple[str, str, int, str]]
    not_taken: int
    unanswered: int

    @property
    def per_second(self) -> float:
        """Answered requests a second."""
        return len(self.latencies_ms) / self.seconds if self.seconds else 0.0

    def percentile_ms(self, percent: float) -> float:
        """The latency that so many per cent of the answers did not exceed."""
        if not self.latencies_ms:
            return nan
        return self.latencies_ms[max(ceil(len(self.latencies_ms) * percent / 100) - 1, 0)]


def run_load(load: Load, at_start: Callable[[], object] = lambda: None) -> LoadResult:
    """`run_loads` for one."""
    return run_loads([load], at_start)[0]


def run_loads(loads: Sequence[Load], at_start: Callable[[], object] = lambda: None) -> list[LoadResult]:
    """Carries out all loads at once, each in a process of its own; blocks until all have ended.

    `at_start` is called when all are prepared, just before the first request leaves. Raises LoadFailed.
    """
    processes = multiprocessing.get_context("spawn")
    ready, go = (processes.Barrier(len(loads) + 1, timeout=_READY_SECONDS_MAX) for _ in range(2))
    with ProcessPoolExecutor(len(loads), processes, _in_load_process, (ready, go)) as executor:
        futures = [executor.submit(_run, load) for load in loads]
        try:
            ready.wait()
            at_start()
            go.wait()
        except BrokenBarrierError as error:
            failures = [failure for each in futures if (failure := each.exception()) is not None]
            told = [each for each in failures if not isinstance(each, BrokenBarrierError)]
            raise LoadFailed(f"A load client did not start: {(told or failures)[0]!r}") from error
        return [each.result() for each in futures]


_barriers: tuple[Barrier, Barrier]


def _in_load_process(ready: Barrier, go: Barrier) -> None:
    global _barriers  # noqa: PLW0603 - a barrier is handed to a process only at its start
    _barriers = ready, go


def _run(load: Load) -> LoadResult:
    ready, go = _barriers
    try:
        client = _Client(load)
        client.connect()
    except BaseException:
        ready.abort()
        raise
    ready.wait()
    go.wait()
    return client.run()


class _Client:
    """Sends the requests of one load, and keeps when each was due, and what came back."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._due_at = [] if load.rate is None else _random_moments(load.rate, load.seconds, load.seed)
        count = load.count if load.rate is None else len(self._due_at)
        self._frames = _frames(load, count)
        self._sent_at = [nan] * count
        self._latencies = [nan] * count
        self._types: Counter[str] = Counter()
        self._kept: list[tuple[str, bytes]] = []
        self._not_taken: set[int] = set()
        self._next = 0
        self._finished = 0
        self._watched = 0
        self._next_confirm = 1
        self._free_slots = 0
        self._fill_scheduled = False
        self._failure: BaseException | str | None = None
        self._loop = IOLoop()
        self._stream = Stream(self._loop)

    def connect(self) -> None:
        """Opens the channel; blocks until replies can come."""
        parameters = connection_parameters(self._load.url, "antrean load client", _HEARTBEAT_SECONDS)
        pika.SelectConnection(
            parameters,
            on_open_callback=self._connected,
            on_open_error_callback=self._gone,
            on_close_callback=self._gone,
            custom_ioloop=self._stream,
        )
        self._loop.start()
        self._raise_failure()

    def run(self) -> LoadResult:
        """Sends everything; blocks until all is answered, or nothing comes any more."""
        gc.collect()
        gc.freeze()
        gc.disable()
        used = time.process_time()
        self._started = self._progress_at = time.perf_counter()
        if self._load.rate is None:
            self._free_slots = self._load.window
            self._fill_window()
        else:
            self._sent_at = [self._started + each for each in self._due_at]
            self._send_due()
        self._loop.call_later(1, self._watch)
        if self._frames:
            self._loop.start()
        used = time.process_time() - used
        gc.enable()
        self._raise_failure()
        return self._result(used)

    # --- sending ----------------------------------------------------------------------------------------

    def _send_due(self) -> None:
        now = time.perf_counter()
        first = self._next
        upto = first
        while upto < len(self._frames) and self._sent_at[upto] <= now:
            upto += 1
        self._write(first, upto)
        if upto < len(self._frames):
            pause = max(self._sent_at[upto] - time.perf_counter(), _PAUSE_SECONDS_MIN)
            self._loop.call_later(pause, self._send_due)

    def _fill_window(self) -> None:
        self._fill_scheduled = False
        upto = min(self._next + self._free_slots, len(self._frames))
        self._free_slots = 0
        now = time.perf_counter()
        for index in range(self._next, upto):
            self._sent_at[index] = now
        self._write(self._next, upto)

    def _write(self, first: int, upto: int) -> None:
        if upto > first and self._stream.transport is not None:
            # What pika would do for each message by itself, and for each of its frames.
            self._stream.transport.write(b"".join(self._frames[first:upto]))
            self._next = upto

    # --- receiving --------------------------------------------------------------------------------------

    def _replied(
        self, _channel: Channel, _method: Basic.Deliver, properties: pika.BasicProperties, body: bytes
    ) -> None:
        index = int(properties.correlation_id or -1)
        if self._latencies[index] == self._latencies[index]:
            return  # a second reply to the same request
        self._latencies[index] = time.perf_counter() - self._sent_at[index]
        name = properties.type or ""
        self._types[name] += 1
        if name in _KEPT:
            self._kept.append((name, body))
        self._finish_one()

    def _confirmed(self, frame: Method[Basic.Ack | Basic.Nack]) -> None:
        confirm = frame.method
        if isinstance(confirm, Basic.Nack):
            upto = confirm.delivery_tag
            first = self._next_confirm if confirm.multiple else upto
            for tag in range(first, upto + 1):
                self._refused(tag - 1)
        self._next_confirm = max(self._next_confirm, confirm.delivery_tag + 1)

    def _refused(self, index: int) -> None:
        if index not in self._not_taken:
            self._not_taken.add(index)
            self._finish_one()

    def _finish_one(self) -> None:
        self._finished += 1
        if self._finished == len(self._frames):
            self._loop.stop()
        elif self._load.rate is None:
            self._free_slots += 1
            if not self._fill_scheduled:
                self._fill_scheduled = True
                self._loop.call_later(0, self._fill_window)  # after all replies of this turn

    def _watch(self) -> None:
        if self._finished != self._watched:
            self._watched, self._progress_at = self._finished, time.perf_counter()
        idle_since = max(self._progress_at, self._sent_at[-1] if self._load.rate is not None else 0.0)
        if time.perf_counter() - idle_since > _PATIENCE_SECONDS:
            self._loop.stop()
        else:
            self._loop.call_later(1, self._watch)

    # --- connecting -------------------------------------------------------------------------------------

    def _connected(self, connection: pika.connection.Connection) -> None:
        connection.channel(on_open_callback=self._opened)

    def _opened(self, channel: Channel) -> None:
        channel.add_on_close_callback(self._gone)
        channel.add_on_return_callback(
            lambda _channel, _method, properties, _body: self._refused(int(properties.correlation_id or -1))
        )
        channel.basic_consume(_REPLY_TO, self._replied, auto_ack=True)
        channel.confirm_delivery(self._confirmed, callback=lambda _ok: self._loop.stop())

    def _gone(self, _where: object, reason: BaseException | str) -> None:
        self._failure = reason
        self._loop.stop()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise LoadFailed(f"The load client lost its connection: {self._failure}.")

    # --- afterwards -------------------------------------------------------------------------------------

    def _result(self, cpu_seconds: float) -> LoadResult:
        ended = [
            sent_at + latency
            for sent_at, latency in zip(self._sent_at, self._latencies, strict=True)
            if latency == latency
        ]
        problems: Counter[str] = Counter()
        tickets = []
        for name, body in self._kept:
            reply = json.loads(body)
            if name == "problem":
                problems[reply["code"]] += 1
            else:
                tickets.append((reply["hospital"], reply["clinic"], reply["number"], reply["ticket_code"]))
        return LoadResult(
            sent=self._next,
            seconds=max(ended, default=self._started) - self._started,
            cpu_seconds=cpu_seconds,
            latencies_ms=sorted(each * 1000 for each in self._latencies if each == each),
            replies=dict(self._types),
            problems=dict(problems),
            tickets=tickets,
            not_taken=len(self._not_taken),
            unanswered=self._next - len(ended) - len(self._not_taken),
        )


def _random_moments(rate: float, seconds: float, seed: int) -> list[float]:
    """Moments of a Poisson process: people come of their own accord, not in step."""
    chance = random.Random(seed)  # noqa: S311 - keeps no secret
    moments: list[float] = []
    moment = chance.expovariate(rate)
    while moment < seconds:
        moments.append(moment)
        moment += chance.expovariate(rate)
    return moments


def _frames(load: Load, count: int) -> list[bytes]:
    """Every request as it travels: the frames of its publishing, its properties and its body."""
    bodies = load.bodies(count) if callable(load.bodies) else islice(cycle(load.bodies), count)
    publish = Method(_CHANNEL, Basic.Publish(exchange=load.exchange, routing_key=load.type, mandatory=True))
    method = publish.marshal()
    return [
        method
        + Header(_CHANNEL, len(body), _properties(load, index)).marshal()
        + Body(_CHANNEL, body).marshal()
        for index, body in enumerate(bodies)
    ]


def _properties(load: Load, index: int) -> pika.BasicProperties:
    return pika.BasicProperties(
        type=load.type,
        message_id=str(uuid.uuid4()),
        correlation_id=str(index),
        reply_to=_REPLY_TO,
        content_type="application/json",
        timestamp=int(time.time()),
        delivery_mode=delivery_mode(load.type),
    )
