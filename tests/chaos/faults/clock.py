"""Faults of the clock: it jumps to the end of the day, at which all queues go over to the next one."""

from datetime import date, timedelta

from sqlalchemy import func, or_, select

from common.storage.engine import snapshot
from common.storage.tables import clinic_days
from tests.builders import JAKARTA
from tests.chaos.faults.context import INFRASTRUCTURE, FaultContext
from tests.chaos.faults.steps import Note, Steps, Waiting, pause
from tests.chaos.plan import Fault
from tests.database import opened

_BEFORE_MIDNIGHT = timedelta(seconds=12)
"""Time in which rooms fill and patients wait, after all who waited were served in the jump."""

_LOOK_AGAIN_SECONDS = 0.5


def over_midnight(context: FaultContext, fault: Fault) -> Steps:
    """The clock of all processes jumps to the last seconds of the day."""
    system = context.system
    yield from context.free(INFRASTRUCTURE)
    with context.claimed(INFRASTRUCTURE):
        before = system.clock.now().astimezone(JAKARTA)
        midnight = before.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        seconds = (midnight - _BEFORE_MIDNIGHT - before).total_seconds()
        if seconds > 0:
            system.jump_clock(seconds)
        while not (yield from _queues(context, midnight.date())):
            yield from pause(_LOOK_AGAIN_SECONDS)
        yield Note("fired", f"the day has ended; there are queues of {midnight.date()}")
        while (yield from _queues(context, before.date(), unended=True)):
            yield from pause(_LOOK_AGAIN_SECONDS)
        yield Note("healed", f"nobody waits in a queue of {before.date()}")


def _queues(context: FaultContext, service_date: date, *, unended: bool = False) -> Waiting[int]:
    """How many queues of that day there are; with `unended`, of those whose patients still wait."""
    counted = select(func.count()).select_from(clinic_days).where(clinic_days.c.service_date == service_date)
    if unended:
        is_open = clinic_days.c.ending.is_(None) & clinic_days.c.next_change_at.is_not(None)
        counted = counted.where(or_(is_open, clinic_days.c.waiting > 0))

    def count() -> int:
        with opened(context.system.database_url) as engine, snapshot(engine) as connection:
            return int(connection.scalar(counted) or 0)

    return (yield from context.with_retries(count))
