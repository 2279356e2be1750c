"""Faults of messages: one request many times, repeated and old ticks, and poison."""

import json
import time
from collections.abc import Callable
from datetime import timedelta

from tests.chaos import planted
from tests.chaos.faults.context import FaultContext, clinic, consumer_links, consumes
from tests.chaos.faults.steps import NEVER_SECONDS, Note, NotSeen, Steps, Waiting, late, pause, until
from tests.chaos.history import Request
from tests.chaos.plan import Fault
from tests.chaos.readers import read_dead_letters
from tests.chaos.staff import CALLERS

_COPIES = 100
_BOTH_SECONDS_MAX = 120.0
_TICK_AGE = timedelta(hours=1)
_DEAD_SECONDS_MAX = 240.0
_LOOK_AGAIN_SECONDS = 1.0


def request_many_times(context: FaultContext, fault: Fault) -> Steps:
    """One registration is published 100 times, over several connections, at once."""
    return _many_times(context, context.registration(fault), context.system.patient_url)


def call_many_times(context: FaultContext, fault: Fault) -> Steps:
    """One call of the next patient is published 100 times, over several connections, at once."""
    seat = CALLERS[int(fault.variety * len(CALLERS))]
    request = context.call_next(seat)
    return _many_times(context, request, context.system.desk_urls[seat.user], seat.user)


def _many_times(context: FaultContext, request: Request, amqp_url: str, user: str | None = None) -> Steps:
    def publish() -> planted.Copies:
        copies = planted.publish_copies(amqp_url, context.history, request, copies=_COPIES, user=user)
        if copies.confirmed < _COPIES / 2:
            raise ConnectionError(f"only {copies.confirmed} copies were confirmed")
        return copies

    copies = yield from context.with_retries(publish)
    seen = f"{copies.sent} copies sent, {copies.confirmed} confirmed, {copies.answered} answered"
    yield Note("fired", seen)
    yield Note("healed", f"the answers named {copies.tickets} ticket(s)")


def tick_told_twice(context: FaultContext, fault: Fault) -> Steps:
    """The queue of the tickers gets the same tick twice in a row, one for each of them."""
    system = context.system

    tickers = [worker for worker in system.workers.values() if worker.role == "ticker"]
    yield from until(lambda: all(map(consumes, tickers)), "both tickers consume", _BOTH_SECONDS_MAX)
    links = [link for worker in tickers for link in consumer_links(worker)]
    before = [link.to_client.bytes_passed for link in links]

    def publish() -> int:
        tick = planted.synthetic_tick(system.hospital, clinic(fault), system.clock)
        return _all_confirmed(planted.publish_ticks(system.urls["ticker"], [tick, tick]), 2)

    count = yield from context.with_retries(publish)
    yield from until(
        lambda: all(link.to_client.bytes_passed > passed for link, passed in zip(links, before, strict=True)),
        "both tickers were given something",
    )
    yield Note("fired", f"one tick was taken {count} times, and both tickers were given ticks")
    yield Note("healed", "nothing is left to be undone")


def tick_replayed(context: FaultContext, fault: Fault) -> Steps:
    """A tick that was applied before comes again, and as if it were an hour old."""
    system = context.system
    tick = yield from context.with_retries(lambda: planted.capture_tick(system.urls["deploy"]))
    yield from pause(2 * fault.variety)

    def publish() -> int:
        replayed = planted.aged(tick, system.clock.now(), _TICK_AGE)
        return _all_confirmed(planted.publish_ticks(system.urls["ticker"], [replayed]), 1)

    yield from context.with_retries(publish)
    yield Note("fired", f"a tick of {tick.clinic} was taken again, an hour old")
    yield Note("healed", "nothing is left to be undone")


def bad_tick(context: FaultContext, fault: Fault) -> Steps:
    """An unreadable tick: it becomes a dead letter, and its neighbours in the batch do not."""
    system = context.system
    before = _bad_ticks(context)

    def publish() -> int:
        taken = planted.plant_bad_tick(
            system.urls["ticker"], system.directory, system.hospital, clinic(fault)
        )
        return _all_confirmed(taken, 1)

    yield from context.with_retries(publish)
    yield from _until_dead(context, lambda dead: bool(dead & _bad_ticks(context) - before))
    yield Note("fired", "it became a dead letter")
    yield Note("healed", "nothing is left to be undone")


def poison(context: FaultContext, fault: Fault) -> Steps:
    """A request that kills each worker that takes it, until it reaches its delivery limit."""
    system = context.system
    planted_ones: list[Request] = []
    registrars = [name for name in system.workers if name.startswith("registrar")]

    def deaths() -> int:
        return sum(system.deaths[name] for name in registrars)

    for name in registrars:
        yield from context.free(name)
    before = deaths()

    def plant() -> int:
        planted_ones.append(context.registration(fault))
        taken = planted.plant_poison(
            system.urls["patient"], system.directory, context.history, planted_ones[-1]
        )
        return _all_confirmed(taken, 1)

    with context.claimed(*registrars):
        yield from context.with_retries(plant)
        yield from until(lambda: deaths() > before, "a registrar died of poison")
        wanted = planted_ones[-1].request_id
        yield from _until_dead(context, lambda dead: wanted in dead)
        yield Note("fired", f"registrars died {deaths() - before} times, then it became a dead letter")
        for name in registrars:
            yield from context.works_again(system.workers[name])
        yield Note("healed", "the registrars consume again")


def _bad_ticks(context: FaultContext) -> set[str]:
    """The message ids of the bad ticks that were planted until now."""
    path = context.system.directory / "poison.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    planted_ones = [json.loads(line) for line in lines]
    return {each["message_id"] for each in planted_ones if each["kind"] == planted.NOT_A_TICK}


def _all_confirmed(count: int, wanted: int) -> int:
    if count < wanted:
        raise ConnectionError(f"{count} of {wanted} messages were confirmed")
    return count


def _until_dead(context: FaultContext, condition: Callable[[set[str]], bool]) -> Waiting[None]:
    """Waits until the message ids of all dead letters are as they should be."""
    began_at = time.monotonic()
    while not condition((yield from _dead(context))):
        if time.monotonic() > began_at + NEVER_SECONDS:
            raise NotSeen(f"not within {NEVER_SECONDS:g} s: it became a dead letter")
        yield from pause(_LOOK_AGAIN_SECONDS)
    if (seconds := time.monotonic() - began_at) > _DEAD_SECONDS_MAX:
        yield late("it became a dead letter", seconds, _DEAD_SECONDS_MAX)


def _dead(context: FaultContext) -> Waiting[set[str]]:
    """The message ids of all dead letters."""
    path = context.system.directory / "control" / "dead.jsonl"

    def read() -> set[str]:
        path.unlink(missing_ok=True)
        read_dead_letters(context.system.urls["deploy"], path)
        return {json.loads(line)["message_id"] for line in path.read_text().splitlines()}

    return (yield from context.with_retries(read))
