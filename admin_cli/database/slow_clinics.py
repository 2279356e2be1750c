"""The clinics in which patients wait, and how long nothing has happened there. Nothing is changed.

The cost is bounded: each queue that is under way is one row and two look-ups by key, and the tickets that
wait are read of those clinics only that are shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, func, select, tuple_

from common.domain.catalog import Clinic
from common.domain.clinic_day import ClinicDay
from common.domain.ticket_states import TicketStatus
from common.storage.catalog import CatalogCache
from common.storage.engine import snapshot
from common.storage.overdue import due_at, under_way
from common.storage.queues import KEY_COLUMNS, key_columns, key_of
from common.storage.tables import clinic_days, in_states, tickets

CLINICS_SHOWN_MAX: Final = 100
"""Clinics of which a reading tells, the slowest first."""

_QUEUES_READ_MAX: Final = 20_000
"""Queues that are under way in a country of 1,000 hospitals."""


@dataclass(frozen=True, slots=True)
class SlowClinic:
    """A clinic in which so many wait: since when the first of them, when the last one was called (None:
    nobody yet), and how long its next change is overdue (zero where it is not)."""

    clinic: Clinic
    day: ClinicDay
    waiting: int
    oldest_since: datetime | None
    last_called_at: datetime | None
    overdue: timedelta


@dataclass(frozen=True, slots=True)
class ClinicReading:
    """The slowest clinics at the moment `now`, and how many there are of all: queues in which somebody waits,
    patients who wait in them, and queues whose next change is overdue."""

    now: datetime
    clinics: Sequence[SlowClinic]
    queues: int
    patients: int
    overdue: int


class ClinicReader:
    """Reads the slowest clinics of one database again and again. Raises StoreUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._catalog = CatalogCache()

    def read(self, now: datetime, grace: timedelta, hospital: str | None = None) -> ClinicReading:
        """The clinics of this hospital, or of all, as they are; what is late by less than `grace` is not."""
        with snapshot(self._engine) as connection:
            self._catalog.refresh(connection)
            found = [self._clinic(row, now, grace) for row in _queues(connection, now, hospital)]
            waiting = [each for each in found if each.waiting or each.overdue]
            slowest = sorted(waiting, key=_slowness, reverse=True)[:CLINICS_SHOWN_MAX]
            oldest = _oldest(connection, [each.day for each in slowest])
        shown = [
            SlowClinic(
                each.clinic,
                each.day,
                each.waiting,
                oldest.get(each.day),
                each.last_called_at,
                each.overdue,
            )
            for each in slowest
        ]
        return ClinicReading(
            now,
            shown,
            sum(each.waiting > 0 for each in found),
            sum(each.waiting for each in found),
            sum(bool(each.overdue) for each in found),
        )

    def _clinic(self, row: Any, now: datetime, grace: timedelta) -> SlowClinic:
        day = key_of(row)
        clinic = self._catalog.clinic_of(day)
        overdue = now - row.due if now - row.due > grace else timedelta()
        return SlowClinic(clinic, day, row.waiting, row.first_at, row.called_at, overdue)


def _slowness(clinic: SlowClinic) -> tuple[timedelta, float]:
    """Overdue ones first, then those in which for the longest time nobody was called."""
    since = clinic.last_called_at or clinic.oldest_since
    return (clinic.overdue, -since.timestamp() if since is not None else 0.0)


def _queues(connection: Connection, now: datetime, hospital: str | None) -> Sequence[Any]:
    """All queues that are under way, with when the number was called that was called last, and when the first
    number came."""
    last, first = tickets.alias("last"), tickets.alias("first")
    of_day = key_columns(clinic_days)
    due = due_at(connection, now)
    columns = (clinic_days.c.waiting, due.label("due"))
    found = (
        select(*of_day, *columns, last.c.called_at, first.c.registered_at.label("first_at"))
        .outerjoin(last, _is_number(last, clinic_days.c.now_serving))
        .outerjoin(first, _is_number(first, 1))
        .where(under_way())
        .order_by(due)
        .limit(_QUEUES_READ_MAX)
    )
    if hospital is not None:
        found = found.where(clinic_days.c.hospital == hospital)
    return connection.execute(found).all()


def _is_number(ticket: Any, number: Any) -> Any:
    same_day = [ticket.c[name] == clinic_days.c[name] for name in KEY_COLUMNS]
    return (same_day[0] & same_day[1] & same_day[2]) & (ticket.c.number == number)


def _oldest(connection: Connection, days: Sequence[ClinicDay]) -> dict[ClinicDay, datetime]:
    """Since when the first of those waits who wait in these queues."""
    if not days:
        return {}
    rows = connection.execute(
        select(*key_columns(tickets), func.min(tickets.c.waiting_since).label("since"))
        .where(in_states(tickets, {TicketStatus.WAITING}), tuple_(*key_columns(tickets)).in_(days))
        .group_by(*key_columns(tickets))
    )
    return {key_of(row): row.since for row in rows}
