"""Who of the staff looked at names of patients: written in the transaction that reads the names."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ClauseElement, Connection, FromClause, case, select, true
from sqlalchemy.dialects import postgresql

from common.storage.prepared import INTEGER, MOMENT, TEXT, Columns, Prepared
from common.storage.tables import access_log


class Look(NamedTuple):
    """An answer to `request` that shows so many names of one clinic's patients to a user."""

    username: str
    hospital: str
    clinic: str
    request: str
    names: int


_KEY: Columns = {"username": TEXT, "hospital": TEXT, "clinic": TEXT, "minute": MOMENT, "request": TEXT}
_LOOKS: Columns = {**_KEY, "looks": INTEGER, "names": INTEGER}


def _add(given: FromClause) -> ClauseElement:
    # Both databases write it alike; SQLite's parser wants a condition here.
    rows = select(*(given.c[name] for name in _LOOKS)).where(true())
    statement = postgresql.insert(access_log).from_select([*_LOOKS], rows)
    known, new = access_log.c, statement.excluded
    return statement.on_conflict_do_update(
        index_elements=[*_KEY],
        set_={
            "looks": known.looks + new.looks,
            "names": case((new.names > known.names, new.names), else_=known.names),
        },
    )


_record = Prepared(_add, _LOOKS)


def record_looks(connection: Connection, looks: Iterable[Look], now: datetime) -> None:
    """Records looks at the moment `now`, in one statement; none where there are none."""
    minute = now.replace(second=0, microsecond=0)
    found: dict[tuple[str, str, str, datetime, str], tuple[int, int]] = {}
    for look in looks:
        key = (look.username, look.hospital, look.clinic, minute, look.request)
        count, names = found.get(key, (0, 0))
        found[key] = (count + 1, max(names, look.names))
    if found:
        # All transactions write in this order, so that none deadlock.
        _record(connection, [(*key, *found[key]) for key in sorted(found)])
