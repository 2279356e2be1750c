"""Who of the staff looked at names of patients: the rows of the table `access_log`, read."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select

from common.storage.engine import snapshot
from common.storage.tables import access_log, hospitals


@dataclass(frozen=True, slots=True)
class Access:
    """Looks of one user at the names of one clinic within one minute: `looks` answers to `request`, of which
    the longest held so many `names`. The minute is told by the hospital's clock, of the zone `time_zone`."""

    minute: datetime
    time_zone: str
    username: str
    hospital: str
    clinic: str
    request: str
    looks: int
    names: int


def read_access_log(
    engine: Engine,
    *,
    username: str | None,
    hospital: str | None,
    clinic: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> tuple[list[Access], bool]:
    """The latest rows that match all that is given, at most `limit`, in the order of time; and whether there
    are earlier ones."""
    log = access_log.c
    wanted = select(access_log, hospitals.c.time_zone).join(
        hospitals, hospitals.c.code == log.hospital, isouter=True
    )
    for column, value in ((log.username, username), (log.hospital, hospital), (log.clinic, clinic)):
        if value is not None:
            wanted = wanted.where(column == value)
    if since is not None:
        wanted = wanted.where(log.minute >= since)
    if until is not None:
        wanted = wanted.where(log.minute < until)
    order = (log.minute.desc(), log.username, log.hospital, log.clinic, log.request)
    with snapshot(engine) as connection:
        rows = connection.execute(wanted.order_by(*order).limit(limit + 1)).all()
    found = [
        Access(
            row.minute.astimezone(ZoneInfo(row.time_zone or "UTC")),
            row.time_zone or "UTC",
            row.username,
            row.hospital,
            row.clinic,
            row.request,
            row.looks,
            row.names,
        )
        for row in rows[:limit]
    ]
    return found[::-1], len(rows) > limit
