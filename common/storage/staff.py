"""The staff in the database: rows that take the catalog's versions, so that caches learn of both at once."""

import json
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Select, Text, bindparam, cast, select
from sqlalchemy.dialects import postgresql

from common.domain.staff import Duty, StaffMember, StaffRole
from common.storage.prepared import INTEGER, Prepared
from common.storage.tables import staff

STAFF_CHANGES_MAX: Final = 200
"""Duties that changed and are taken over beside other work."""


class StaffDuty(NamedTuple):
    """A row: a duty of a user, who has it while it is active."""

    user: str
    duty: Duty
    is_active: bool


def _changed_after() -> Select[Any]:
    clinics = cast(staff.c.clinics, Text).label("clinics")
    columns = (staff.c.username, staff.c.hospital, clinics, staff.c.role, staff.c.active)
    return select(*columns).where(staff.c.version > bindparam("newer_than", type_=INTEGER))


_changed = Prepared(lambda _: _changed_after().limit(bindparam("limit", type_=INTEGER)))


def read_changed_staff(connection: Connection, newer_than: int) -> list[StaffDuty] | None:
    """The duties that changed after a version of the catalog; None where they are more than
    STAFF_CHANGES_MAX. The transaction may be pipelined."""
    rows = _changed(connection, newer_than=newer_than, limit=STAFF_CHANGES_MAX + 1)
    return [_duty(row) for row in rows] if len(rows) <= STAFF_CHANGES_MAX else None


def read_staff(connection: Connection, newer_than: int) -> list[StaffDuty]:
    """All duties that changed after a version of the catalog."""
    return [_duty(row) for row in connection.execute(_changed_after(), {"newer_than": newer_than})]


def write_duty(connection: Connection, user: str, duty: Duty, version: int) -> None:
    """Gives a user an active duty, or changes it, as a version of the catalog."""
    values = {
        "clinics": None if duty.clinics is None else sorted(duty.clinics),
        "role": duty.role.value,
        "active": True,
        "version": version,
    }
    insert = postgresql.insert(staff).values(username=user, hospital=duty.hospital, **values)
    connection.execute(insert.on_conflict_do_update(index_elements=["username", "hospital"], set_=values))


def _duty(row: Any) -> StaffDuty:
    clinics = None if row.clinics is None else frozenset(json.loads(row.clinics))
    return StaffDuty(row.username, Duty(row.hospital, clinics, StaffRole(row.role)), row.active)


class StaffCache:
    """All active members of staff."""

    def __init__(self) -> None:
        self._duties: dict[str, dict[str, Duty]] = {}

    def take_over(self, changed: Iterable[StaffDuty]) -> None:
        """What these duties are now."""
        for user, duty, is_active in changed:
            duties = self._duties.setdefault(user, {})
            if is_active:
                duties[duty.hospital] = duty
            else:
                duties.pop(duty.hospital, None)
            if not duties:
                del self._duties[user]

    def member(self, user: str) -> StaffMember | None:
        """The active member of staff with this user; None where there is none."""
        duties = self._duties.get(user)
        return None if duties is None else StaffMember(user, tuple(duties.values()))
