"""Faults of the broker: killed, restarted in order, under a memory alarm."""

from tests.chaos.faults.context import INFRASTRUCTURE, FaultContext, refuses
from tests.chaos.faults.steps import Note, Steps, pause, until
from tests.chaos.plan import Fault

_DOWN_SECONDS_MAX = 3.0
_START_SECONDS_MAX = 90.0
_ALARM_SECONDS_MIN = 3.0
_ALARM_SECONDS_SPREAD = 4.0


def kill(context: FaultContext, fault: Fault) -> Steps:
    """The broker is killed outright, and started again."""
    yield from context.free(INFRASTRUCTURE)
    with context.claimed(INFRASTRUCTURE):
        context.system.broker.kill()
        yield from _down_and_up(context, fault, "killed")


def restart(context: FaultContext, fault: Fault) -> Steps:
    """The broker is stopped in order, and started again."""
    yield from context.free(INFRASTRUCTURE)
    with context.claimed(INFRASTRUCTURE):
        context.system.broker.ask_to_stop()
        yield from until(context.system.broker.stopped, "the broker stopped")
        yield from _down_and_up(context, fault, "stopped")


def alarm(context: FaultContext, fault: Fault) -> Steps:
    """The broker raises its memory alarm, and stops reading from publishing connections."""
    yield from context.free(INFRASTRUCTURE)
    with context.claimed(INFRASTRUCTURE):
        try:
            context.system.broker.alarm(True)
            yield Note("fired", "the broker said that the memory alarm was raised")
            yield from pause(_ALARM_SECONDS_MIN + fault.variety * _ALARM_SECONDS_SPREAD)
        finally:
            context.system.broker.alarm(False)
        yield Note("healed", "the broker said that the memory alarm was over")


def _down_and_up(context: FaultContext, fault: Fault, how: str) -> Steps:
    broker = context.system.broker
    yield from until(lambda: refuses(broker.urls["deploy"]), "the broker's port refuses")
    yield Note("fired", f"the broker was {how}; its port refused")
    yield from pause(fault.variety * _DOWN_SECONDS_MAX)
    broker.launch()
    while not (yield from context.in_thread(broker.ready, _START_SECONDS_MAX)):
        if not broker.alive():
            broker.launch()
        yield from pause(0.2)
    yield from context.all_work_again()
    yield Note("healed", "the broker ran again and the workers consumed")
