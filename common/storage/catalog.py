"""The catalog in the database, as every process knows it through its `CatalogCache`."""

import gc
import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import CompoundSelect, Connection, Text, bindparam, cast, select, union_all, update

from common.domain.catalog import Clinic, ClinicState, Hospital, Identity, QueueMode
from common.domain.clinic_day import ClinicDay
from common.domain.clinic_lanes import ClinicLanes
from common.domain.opening_hours import OpeningHours, parse_day_end
from common.domain.record_numbers import RecordNumberFormat
from common.domain.staff import StaffMember
from common.domain.visits import ReturnPlace
from common.errors import StoreUnavailable
from common.storage.column_types import read_absences
from common.storage.prepared import INTEGER, Prepared
from common.storage.staff import StaffCache, read_changed_staff, read_staff
from common.storage.tables import catalog_version, clinics, hospitals


def is_empty(connection: Connection) -> bool:
    """Whether no catalog was applied yet."""
    return connection.execute(select(clinics.c.code).limit(1)).first() is None


def take_version(connection: Connection) -> int:
    """The version for rows of the catalog that this transaction changes; other changes wait for its end.

    Taken as late in a transaction as possible, and after the locks on service days.
    """
    version: int = connection.execute(
        update(catalog_version)
        .values(version=catalog_version.c.version + 1)
        .returning(catalog_version.c.version)
    ).scalar_one()
    return version


_version = Prepared(lambda _: select(catalog_version.c.version))


def read_version(connection: Connection) -> Callable[[], int]:
    """The catalog's version, waited for where what is returned is called."""
    rows = _version.send(connection)
    return lambda: rows()[0].version


class CatalogChanged(StoreUnavailable):
    """What was read belongs to another version of the catalog than the one that is known. Nothing was
    committed; the same work can be tried again."""

    def __init__(self) -> None:
        super().__init__("The catalog has changed meanwhile; the same work is done again.")


CHANGES_CAUGHT_UP_MAX = 200
"""Clinics that changed and are taken over beside other work; more are read in a transaction of their own."""


class CatalogCache:
    """All hospitals and clinics, and their staff, re-read from the database only where they changed."""

    def __init__(self) -> None:
        self._version = 0
        self._clinics: dict[str, dict[str, Clinic]] = {}
        self._staff = StaffCache()

    @property
    def version(self) -> int:
        """The version that is known; 0 where none was read yet."""
        return self._version

    def catch_up(self, connection: Connection, version: int) -> set[tuple[str, str]]:
        """Takes over what changed up to `version`, which this transaction has read; the clinics that changed.

        The transaction may be pipelined, and has changed nothing of the catalog. Raises CatalogChanged where
        too much has changed for it: `refresh` in another transaction, and do the same work again.
        """
        if version == self._version:
            return set()
        if version < self._version or not self._version:
            raise CatalogChanged
        limit = CHANGES_CAUGHT_UP_MAX + 1
        rows = _changed(connection, newer_than=self._version, limit=limit)
        changed_staff = read_changed_staff(connection, self._version)
        if len(rows) == limit or changed_staff is None:
            raise CatalogChanged
        changed = _clinics_of(rows)
        self._take_over(changed)
        self._staff.take_over(changed_staff)
        self._version = version
        return {clinic.key for clinic in changed}

    def refresh(self, connection: Connection) -> None:
        """Takes over what changed since the last time, at the cost of one small statement where nothing did.

        Call it before the transaction changes the catalog itself: what is rolled back would stay known.
        Where it raises, the cache is as it was.
        """
        version = read_version(connection)()
        if version == self._version:
            return
        was_restored = version < self._version  # from a copy of the database
        newer_than = 0 if was_restored else self._version
        changed, changed_staff = _changed_clinics(connection, newer_than), read_staff(connection, newer_than)
        if was_restored:
            self._clinics, self._staff = {}, StaffCache()
        self._take_over(changed)
        self._staff.take_over(changed_staff)
        if newer_than == 0:
            gc.freeze()  # a country's clinics need not be looked through with each collection of garbage
        self._version = version

    def _take_over(self, changed: Sequence[Clinic]) -> None:
        for clinic in changed:
            self._clinics.setdefault(clinic.hospital.code, {})[clinic.code] = clinic

    def staff_member(self, user: str) -> StaffMember | None:
        """The active member of staff who is this user at the broker; None where there is none."""
        return self._staff.member(user)

    def clinic(self, hospital: str, code: str) -> Clinic | None:
        """The clinic, which may be retired; None where there never was one."""
        return self._clinics.get(hospital, {}).get(code)

    def clinic_of(self, day: ClinicDay) -> Clinic:
        """The clinic of a service day that has a row: retired perhaps, but never removed."""
        return self._clinics[day[0]][day[1]]

    def day_start(self, day: ClinicDay) -> datetime:
        """When the service day of such a clinic begins."""
        return self.clinic_of(day).day_start(day[2])

    def hospital(self, code: str) -> Hospital | None:
        """The hospital; None where it has no clinic that is not retired."""
        return next((clinic.hospital for clinic in self.clinics_of(code)), None)

    def hospitals(self, after: str = "") -> Iterator[Hospital]:
        """The hospitals that have clinics, by code, behind the code `after`."""
        codes = sorted(self._clinics)
        for code in codes[bisect_right(codes, after) :]:
            if (found := self.hospital(code)) is not None:
                yield found

    def clinics_of(self, hospital: str) -> list[Clinic]:
        """The clinics of a hospital that are not retired, by code."""
        clinics_of = self._clinics.get(hospital, {})
        return [clinic for _code, clinic in sorted(clinics_of.items()) if not clinic.retired]


_ROWS_AT_ONCE = 1000
"""Rows of the catalog in memory as the database gives them, which takes several times a clinic's room."""


_ENCODED = ("opening_hours", "room_names", "lanes", "absences")
"""Columns in JSON, read as they are stored: clinics whose values are the same share one object."""

_newer_than = bindparam("newer_than", type_=INTEGER)


def _changed_after() -> CompoundSelect[Any]:
    """The clinics that changed, or whose hospital did, after a version: one statement, so of one moment."""
    both = select(
        *(column for column in clinics.c if column.name not in _ENCODED),
        *(cast(clinics.c[name], Text).label(name) for name in _ENCODED),
        hospitals.c.name.label("hospital_name"),
        hospitals.c.city,
        hospitals.c.time_zone,
        hospitals.c.identity,
        hospitals.c.registrations_max,
        hospitals.c.mismatches_max,
        cast(hospitals.c.record_number_format, Text).label("record_number_format"),
    ).join_from(clinics, hospitals, clinics.c.hospital == hospitals.c.code)
    # Not one condition with OR, which would keep both indices on versions out of use.
    return union_all(
        both.where(clinics.c.version > _newer_than),
        both.where(hospitals.c.version > _newer_than, clinics.c.version <= _newer_than),
    )


_changed = Prepared(lambda _: _changed_after().limit(bindparam("limit", type_=INTEGER)))


def _changed_clinics(connection: Connection, newer_than: int) -> list[Clinic]:
    options = {"yield_per": _ROWS_AT_ONCE}
    with connection.execute(_changed_after(), {"newer_than": newer_than}, execution_options=options) as rows:
        return _clinics_of(rows)


def _clinics_of(rows: Iterable[Any]) -> list[Clinic]:
    known: dict[str, Hospital] = {}
    equals: dict[Any, Any] = {}
    found = []
    for row in rows:
        if row.hospital not in known:
            known[row.hospital] = _hospital(row)
        found.append(_clinic(row, known[row.hospital], equals))
    return found


def _hospital(row: Any) -> Hospital:
    return Hospital(
        code=row.hospital,
        name=row.hospital_name,
        city=row.city,
        time_zone=ZoneInfo(row.time_zone),
        identity=Identity(row.identity),
        registrations_max=row.registrations_max,
        mismatches_max=row.mismatches_max,
        record_number_format=_record_number_format(row.record_number_format),
    )


T = TypeVar("T")


def _clinic(row: Any, hospital: Hospital, equals: dict[Any, Any]) -> Clinic:
    """The clinic of a row. A country's clinics have few different names and settings: one object of each,
    kept in `equals`, serves them all."""

    def the_same(value: T) -> T:
        kept: T = equals.setdefault(value, value)
        return kept

    return Clinic(
        hospital=hospital,
        code=the_same(row.code),
        name=the_same(row.name),
        opening_hours=_opening_hours(row.opening_hours, row.day_ends_at),
        rooms=row.rooms,
        daily_quota=row.daily_quota,
        mean_service=the_same(timedelta(seconds=row.mean_service_seconds)),
        service_spread=the_same(timedelta(seconds=row.service_spread_seconds)),
        serving_since=the_same(row.serving_since),
        mode=QueueMode(row.mode),
        state=ClinicState(row.state),
        forced_until=row.forced_until,
        forced_reason=row.forced_reason,
        priority_age=row.priority_age,
        lanes=_lanes(row.lanes),
        skip_places=row.skip_places,
        retired=row.retired,
        room_names=_room_names(row.room_names),
        returns_to=ReturnPlace(row.returns_to),
        absences=() if row.absences is None else read_absences(json.loads(row.absences)),
    )


@lru_cache(maxsize=1000)
def _opening_hours(encoded: str, day_ends_at: str) -> OpeningHours:
    return OpeningHours.parse(json.loads(encoded), parse_day_end(day_ends_at))


def _record_number_format(encoded: str | None) -> RecordNumberFormat | None:
    return None if encoded is None else RecordNumberFormat(**json.loads(encoded))


@lru_cache(maxsize=1000)
def _lanes(encoded: str) -> ClinicLanes:
    return ClinicLanes.parse(json.loads(encoded))


@lru_cache(maxsize=1000)
def _room_names(encoded: str | None) -> tuple[str, ...]:
    return () if encoded is None else tuple(json.loads(encoded))
