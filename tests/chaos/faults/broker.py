"""Faults of the broker: killed, restarted in order, told that memory is short."""

from tests.chaos.faults.scene import GROUND, Scene, refuses
from tests.chaos.faults.steps import Note, Steps, pause, until
from tests.chaos.plan import Fault

_DOWN_SECONDS_MAX = 3.0
_START_SECONDS_MAX = 90.0
_ALARM_SECONDS_MIN = 3.0
_ALARM_SECONDS_SPREAD = 4.0


def kill(scene: Scene, fault: Fault) -> Steps:
    """The broker is killed outright, and started again."""
    yield from scene.free(GROUND)
    with scene.claimed(GROUND):
        scene.system.broker.kill()
        yield from _down_and_up(scene, fault, "killed")


def restart(scene: Scene, fault: Fault) -> Steps:
    """The broker is stopped in order, and started again."""
    yield from scene.free(GROUND)
    with scene.claimed(GROUND):
        scene.system.broker.ask_to_stop()
        yield from until(scene.system.broker.stopped, "the broker stopped")
        yield from _down_and_up(scene, fault, "stopped")


def alarm(scene: Scene, fault: Fault) -> Steps:
    """The broker believes that its memory is short, and reads no more from connections that publish."""
    yield from scene.free(GROUND)
    with scene.claimed(GROUND):
        try:
            scene.system.broker.alarm(True)
            yield Note("fired", "the broker said that the memory alarm was raised")
            yield from pause(_ALARM_SECONDS_MIN + fault.variety * _ALARM_SECONDS_SPREAD)
        finally:
            scene.system.broker.alarm(False)
        yield Note("healed", "the broker said that the memory alarm was over")


def _down_and_up(scene: Scene, fault: Fault, how: str) -> Steps:
    broker = scene.system.broker
    yield from until(lambda: refuses(broker.urls["deploy"]), "the broker's port refuses")
    yield Note("fired", f"the broker was {how}; its port refused")
    yield from pause(fault.variety * _DOWN_SECONDS_MAX)
    broker.launch()
    while not (yield from scene.aside(broker.ready, _START_SECONDS_MAX)):
        if not broker.alive():
            broker.launch()
        yield from pause(0.2)
    yield from scene.all_work_again()
    yield Note("healed", "the broker ran again and the workers consumed")
