"""Faults of the clock: it jumps over midnight."""

from datetime import date, timedelta

from sqlalchemy import func, select

from common.storage.engine import snapshot
from common.storage.tables import clinic_days
from tests.builders import JAKARTA
from tests.chaos.faults.scene import GROUND, Scene
from tests.chaos.faults.steps import Note, Steps, Waiting, pause
from tests.chaos.plan import Fault
from tests.database import opened

_AFTER_MIDNIGHT = timedelta(seconds=30)
_LOOK_AGAIN_SECONDS = 0.5


def over_midnight(scene: Scene, fault: Fault) -> Steps:
    """The clock of all processes jumps to half a minute past the next midnight."""
    system = scene.system
    yield from scene.free(GROUND)
    with scene.claimed(GROUND):
        before = system.clock.now().astimezone(JAKARTA)
        midnight = before.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        seconds = (midnight + _AFTER_MIDNIGHT - before).total_seconds()
        system.jump_clock(seconds)
        while not (yield from _queues(scene, midnight.date())):
            yield from pause(_LOOK_AGAIN_SECONDS)
        yield Note("fired", f"the clock jumped to 00:00:30; there are queues of {midnight.date()}")
        while (yield from _queues(scene, before.date(), due=True)):
            yield from pause(_LOOK_AGAIN_SECONDS)
        yield Note("healed", f"every queue of {before.date()} was ended")


def _queues(scene: Scene, service_date: date, *, due: bool = False) -> Waiting[int]:
    """How many queues of that day there are; with `due`, of those in which something is still to happen."""
    counted = select(func.count()).select_from(clinic_days).where(clinic_days.c.service_date == service_date)
    if due:
        counted = counted.where(clinic_days.c.next_change_at.is_not(None))

    def count() -> int:
        with opened(scene.system.database_url) as engine, snapshot(engine) as connection:
            return int(connection.scalar(counted) or 0)

    return (yield from scene.persistently(count))
