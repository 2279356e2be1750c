"""One run of `antrean-admin purge`: turn after turn, each a short transaction, until nothing is due."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Final

from sqlalchemy import Connection, Engine

from admin_cli.database.long_statements import long_statements
from admin_cli.database.long_work import in_transaction
from common.domain.clinic_day import ClinicDay
from common.storage.engine import snapshot
from common.storage.purging import Due, Turn, count_due, first_day_kept, purge_access_log, purge_some

TICKETS_MAX: Final = 500
"""Tickets in one transaction: on SQLite, nobody registers while it lasts."""

_COUNT_SECONDS_MAX: Final = 600
"""Counting goes through all tickets concerned; on PostgreSQL it may take so long."""


@dataclass
class PurgeRun:
    """Purges tickets of service days that are over for more than `days`, and what the access log holds from
    before `looks_before` (None: nothing of it)."""

    engine: Engine
    now: datetime
    days: int
    looks_before: datetime | None
    _queues: set[ClinicDay] = field(default_factory=set, init=False)
    _tickets: int = field(default=0, init=False)
    _looks: int = field(default=0, init=False)

    @property
    def before(self) -> date:
        """Tickets of earlier service days are purged."""
        return first_day_kept(self.now, self.days)

    def turns(self) -> Iterator[Due]:
        """Purges, and gives after each transaction what was done by then. Raises StoreUnavailable, and
        StoreForbids; what was done stays."""
        behind: ClinicDay | None = None
        while True:
            turn = in_transaction(self.engine, partial(self._purge, behind))
            if turn is None:
                break
            behind = turn.day if turn.is_over else behind
            self._tickets += turn.tickets
            if turn.tickets:
                self._queues.add(turn.day)
            yield self._so_far()
        while self.looks_before is not None:
            removed = in_transaction(self.engine, partial(self._forget_looks, self.looks_before))
            self._looks += removed
            yield self._so_far()
            if removed < TICKETS_MAX:
                break

    def done(self) -> Due:
        """What was done, and what is left."""
        return self._so_far()._replace(left=self.count().left)

    def count(self) -> Due:
        """What there is to do."""
        with snapshot(self.engine) as connection, long_statements(connection, _COUNT_SECONDS_MAX):
            return count_due(connection, self.before, self.looks_before)

    def _purge(self, behind: ClinicDay | None, connection: Connection) -> Turn | None:
        return purge_some(connection, self.before, behind, TICKETS_MAX, self.now)

    def _forget_looks(self, before: datetime, connection: Connection) -> int:
        return purge_access_log(connection, before, TICKETS_MAX)

    def _so_far(self) -> Due:
        return Due(len(self._queues), self._tickets, 0, self._looks)
