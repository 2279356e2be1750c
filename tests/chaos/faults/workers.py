"""Faults of workers: killed at a failpoint or at random; frozen until another worker does their work."""

from pathlib import Path

from tests.chaos.failpoints import Point
from tests.chaos.faults.context import FaultContext, consumer_links
from tests.chaos.faults.steps import NEVER_SECONDS, Note, NotSeen, Steps, Waiting, pause, seen, until
from tests.chaos.plan import Fault
from tests.chaos.workers import ChaosWorker

_FIRE_SECONDS_MAX = 25.0
_WORKERS_TRIED = 3  # on an idle machine, one of these reaches the point
_REDONE_SECONDS = 2.0  # for other workers to process the redeliveries before the frozen one resumes


def kill_at(context: FaultContext, fault: Fault, point: Point) -> Steps:
    """A worker kills itself when it next reaches `point`."""
    tried: list[str] = []
    while True:
        yield from _not_too_many(tried, point)
        worker = yield from context.healthy_worker(fault, {*tried})
        with context.claimed(worker.name):
            pid = worker.pid
            worker.arm(point, "kill")
            if not (yield from _fires(worker)):
                tried.append(worker.name)
                continue
            yield from until(lambda worker=worker, pid=pid: worker.pid != pid, f"{worker.name} died")  # type: ignore[misc]
            yield Note("fired", f"{worker.name} died at {point}")
            yield from context.works_again(worker)
            yield Note("healed", f"{worker.name} consumes again")
            return


def kill_at_random(context: FaultContext, fault: Fault) -> Steps:
    """A worker is killed, wherever it is."""
    worker = yield from context.healthy_worker(fault, set())
    with context.claimed(worker.name):
        yield from pause(fault.variety)
        pid = worker.pid
        worker.kill()
        yield from until(lambda: worker.pid != pid, f"{worker.name} died")
        yield Note("fired", f"{worker.name} died")
        yield from context.works_again(worker)
        yield Note("healed", f"{worker.name} consumes again")


def zombie(context: FaultContext, fault: Fault, point: Point, *, cut: bool) -> Steps:
    """A worker freezes at `point` until the broker closes its connections and redelivers its messages.

    The broker does so after missed heartbeats or, with `cut`, because the connection ends.
    """
    tried: list[str] = []
    while True:
        yield from _not_too_many(tried, point)
        worker = yield from context.healthy_worker(fault, {*tried})
        with context.claimed(worker.name):
            worker.arm(point, "freeze")
            if not (yield from _fires(worker)):
                tried.append(worker.name)
                continue
            try:
                yield from _until_given_up(worker, cut=cut)
                yield from pause(_REDONE_SECONDS)
                yield Note("fired", f"{worker.name} froze at {point}, and the broker took its messages back")
            finally:
                worker.thaw()
            yield from context.works_again(worker)
            yield Note("healed", f"{worker.name} woke and consumes again")
            return


def _not_too_many(tried: list[str], point: Point) -> Steps:
    """Notes where many workers were tried that did not reach `point`; raises NotSeen where all were."""
    if len(tried) == _WORKERS_TRIED:
        yield Note("late", f"none of {', '.join(tried)} reached {point} within {_FIRE_SECONDS_MAX:g} s")
    if len(tried) * _FIRE_SECONDS_MAX >= NEVER_SECONDS:
        raise NotSeen(f"{', '.join(sorted({*tried}))} never reached {point}")


def _fires(worker: ChaosWorker) -> Waiting[bool]:
    """Whether what was armed is reached in time; it is disarmed then or not armed any more."""
    if not (yield from seen(worker.fired, _FIRE_SECONDS_MAX)):
        worker.disarm()
    return worker.fired()


def _until_given_up(worker: ChaosWorker, *, cut: bool) -> Waiting[None]:
    """Waits until the worker's connections to the broker have ended on the broker's side."""
    pid = worker.pid
    yield from until(lambda: _is_stopped(pid), f"{worker.name} stands still")
    links = worker.broker_proxy.links
    if cut:
        for link in links:
            link.cut()
    what = f"the broker ended the connections of {worker.name}"
    yield from until(
        lambda: not consumer_links(worker) and all(link.is_cut or link.server_has_closed for link in links),
        what,
    )


def _is_stopped(pid: int | None) -> bool:
    """Whether the process exists and is stopped by a signal."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] == "T"
