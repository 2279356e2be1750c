"""Which generator injects which kind of fault."""

from collections.abc import Callable
from functools import partial

from tests.chaos.failpoints import POINTS
from tests.chaos.faults import broker, clients, clock, connections, database, messages, workers
from tests.chaos.faults.context import FaultContext
from tests.chaos.faults.steps import Note, NotSeen, Steps
from tests.chaos.plan import Fault
from tests.chaos.system import System

Inject = Callable[[FaultContext, Fault], Steps]

# By the part of the kind's name before the colon; where there is one, the part behind it is the role of the
# fault's target, or between whom a connection is.
_WORKERS: dict[str, Inject] = {
    **{f"kill_{point}": partial(workers.kill_at, point=point) for point in POINTS},
    "kill_at_random": workers.kill_at_random,
    **{
        f"zombie_{how}_{point}": partial(workers.zombie, point=point, cut=how == "cut")
        for how in ("timeout", "cut")
        for point in ("before_transaction", "before_commit")
    },
}
_CONNECTIONS: dict[str, Callable[[FaultContext, Fault, str], Steps]] = {
    "connection_cut": connections.cut,
    "connection_reset": connections.reset,
    "connection_delayed": connections.delayed,
    "connection_cut_after_bytes": connections.cut_after_bytes,
    "connection_half_open": connections.half_open,
}
_OTHERS: dict[str, Inject] = {
    "broker_kill": broker.kill,
    "broker_restart": broker.restart,
    "resource_alarm": broker.alarm,
    "database_restart": database.restart,
    "database_locked": database.lock_long,
    "database_locked_briefly": database.lock_briefly,
    "request_100_times": messages.request_many_times,
    "call_100_times": messages.call_many_times,
    "tick_told_twice": messages.tick_told_twice,
    "tick_replayed": messages.tick_replayed,
    "bad_tick": messages.bad_tick,
    "poison": messages.poison,
    "clients_reconnect": clients.reconnect,
    "clients_die": clients.die,
    "tap_killed": clients.kill_tap,
    "midnight": clock.over_midnight,
}

INJECTABLE = frozenset((*_WORKERS, *_CONNECTIONS, *_OTHERS))
"""The names of all kinds, up to the colon."""


class Injector:
    """Injects the faults of a plan into a system."""

    def __init__(self, system: System) -> None:
        self._context = FaultContext(system)

    def inject(self, fault: Fault) -> Steps:
        """See `tests.chaos.plan`; never raises."""
        try:
            yield from self._steps(fault)
        except NotSeen as error:
            yield Note("failed", str(error))
        except Exception as error:  # noqa: BLE001 - one fault that goes wrong must not end the run
            yield Note("failed", f"{type(error).__name__}: {error}")

    def close(self) -> None:
        """Ends what belongs to the injector; harmless where faults are under way."""
        self._context.close()

    def _steps(self, fault: Fault) -> Steps:
        name, _, of = fault.kind.partition(":")
        if name in _CONNECTIONS:
            return _CONNECTIONS[name](self._context, fault, of)
        return (_WORKERS.get(name) or _OTHERS[name])(self._context, fault)
