"""What a ticker purges while it emits ticks: a little at a time, and hardly anything but at night."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from common.clock import Clock
from common.domain.clinic_day import ClinicDay
from common.errors import StoreError
from common.storage.engine import Engine, transaction
from common.storage.purging import first_day_kept, purge_access_log, purge_some

TICKETS_MAX: Final = 200
"""Tickets that one turn purges at most, and rows of the access log: their ticks wait for it."""

REST: Final = timedelta(hours=1)
"""Between two looks for what is due, once there was nothing, or the database refused. It becomes due when a
service day ends somewhere, so that a purge begins in the hour after that."""

_log = structlog.get_logger()


@dataclass
class NightlyPurge:
    """Purges the tickets of service days that are over for more than `after_days`, and what is older than
    `looks_after_days` in the access log; None: nothing.

    Of several tickers each takes a queue that no other has.
    """

    engine: Engine
    clock: Clock
    after_days: int | None = None
    looks_after_days: int | None = None
    _behind: ClinicDay | None = field(default=None, init=False)
    _rests_until: datetime | None = field(default=None, init=False)

    def take_turn(self) -> None:
        """Purges the next few, in one short transaction. A failure of the database is logged."""
        now = self.clock.now()
        if self._rests_until is not None and now < self._rests_until:
            return
        try:
            has_more = self._purge(now)
        except StoreError as error:
            _log.warning("purge put off", reason=str(error))
            has_more = False
        if not has_more:
            self._behind, self._rests_until = None, now + REST

    def _purge(self, now: datetime) -> bool:
        """Whether there may be more to do."""
        with transaction(self.engine) as connection:
            if self.after_days is not None:
                before = first_day_kept(now, self.after_days)
                turn = purge_some(connection, before, self._behind, TICKETS_MAX, now)
                if turn is not None:
                    self._behind = turn.day if turn.is_over else self._behind
                    return True
            if self.looks_after_days is None:
                return False
            older = now - timedelta(days=self.looks_after_days)
            return purge_access_log(connection, older, TICKETS_MAX) == TICKETS_MAX
