"""Applies a catalog file to the database: what is new, changed, left out or back again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, bindparam, func, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from common.catalog_file import Catalog
from common.domain.catalog import ClinicState
from common.domain.opening_hours import OpeningHours, parse_day_end
from common.domain.tickets import ACTIVE
from common.errors import CatalogError
from common.storage.catalog import take_version
from common.storage.engine import transaction
from common.storage.tables import catalog_version, clinic_days, clinics, hospitals, tickets

_ARRANGEMENT = frozenset({"rooms", "mode", "mean_service_seconds", "service_spread_seconds"})
"""What decides how a queue moves; `serving_since` tells since when it is so."""

_HOURS = frozenset({"opening_hours", "day_ends_at"})

_ROWS_PER_STATEMENT_MAX = 1_000

_Key = tuple[str, str]
_Values = dict[str, Any]


class ChangeKind(StrEnum):
    """What happened to a hospital or clinic; `restored` is a retired clinic that is in the file again."""

    ADDED = "added"
    CHANGED = "changed"
    RESTORED = "restored"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One column's value before and after."""

    name: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class CatalogChange:
    """What happens to one clinic, or, where `clinic` is None, to a hospital's own data."""

    kind: ChangeKind
    hospital: str
    clinic: str | None
    name: str
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class BusyClinic:
    """A clinic left out of the file in whose queue `patients` still are, today or on a later service day."""

    hospital: str
    clinic: str
    name: str
    patients: int


@dataclass(frozen=True, slots=True)
class CatalogChanges:
    """What applying a catalog changes; `unchanged` counts the clinics that stay as they are."""

    changes: tuple[CatalogChange, ...]
    unchanged: int
    busy: tuple[BusyClinic, ...] = ()


class BusyClinicsError(CatalogError):
    """Clinics that the file leaves out still have patients in their queues; nothing was applied."""

    def __init__(self, changes: CatalogChanges) -> None:
        super().__init__(
            [
                f"hospitals {busy.hospital}, clinic {busy.clinic}: is not in the file, and its queue still"
                f" has patients: {busy.patients}"
                for busy in changes.busy
            ]
        )
        self.changes = changes


@dataclass(frozen=True, slots=True)
class _Rows:
    hospitals: dict[str, _Values]
    clinics: dict[_Key, _Values]


@dataclass(frozen=True, slots=True)
class _Plan:
    """`days`: the present service day of each clinic whose queue is concerned."""

    changes: CatalogChanges
    stored: _Rows
    wanted: _Rows
    days: dict[_Key, date]

    def clinics(self, *kinds: ChangeKind) -> list[CatalogChange]:
        return [change for change in self.changes.changes if change.clinic and change.kind in kinds]

    def hospitals(self, kind: ChangeKind) -> list[str]:
        return [
            change.hospital
            for change in self.changes.changes
            if change.clinic is None and change.kind is kind
        ]


def apply_catalog(
    engine: Engine, catalog: Catalog, now: datetime, *, retire_busy: bool = False, dry_run: bool = False
) -> CatalogChanges:
    """Makes the database's catalog that of the file, in one transaction; once more, and nothing changes.

    A clinic left out is retired: it takes no registrations and keeps its past. With patients still in its
    queue that needs `retire_busy`, and the queue goes on until it is empty. Hospitals stay, without clinics.
    `dry_run` only tells. Raises BusyClinicsError (nothing was applied) and StoreUnavailable, and CatalogError
    where this moment would belong to another service day than before while patients are in the queue.
    """
    now = now.astimezone(UTC)
    with transaction(engine) as connection:
        plan = _plan(catalog, _read(connection), now)
        if plan.changes.changes and not dry_run:
            # Service days first, as everything that moves a queue does; then nobody else changes the catalog.
            _lock_days(connection, plan.days)
            connection.execute(select(catalog_version.c.version).with_for_update())
            plan = _plan(catalog, _read(connection), now)
        changes = replace(plan.changes, busy=_busy(connection, plan))
        if changes.busy and not retire_busy:
            raise BusyClinicsError(changes)
        _see_that_nobody_changes_day(connection, plan, now)
        if changes.changes and not dry_run:
            _write(connection, plan, now)
    return changes


# --- what is to be done ---------------------------------------------------------------------------------


def _plan(catalog: Catalog, stored: _Rows, now: datetime) -> _Plan:
    wanted = _wanted(catalog)
    changes = [*_hospital_changes(stored, wanted), *_clinic_changes(stored, wanted)]
    changes.sort(key=lambda change: (change.hospital, change.clinic or ""))
    touched = {(change.hospital, change.clinic) for change in changes}
    unchanged = sum(key not in touched for key in wanted.clinics)
    return _Plan(
        CatalogChanges(tuple(changes), unchanged), stored, wanted, _days(changes, stored, wanted, now)
    )


def _wanted(catalog: Catalog) -> _Rows:
    rows = _Rows({}, {})
    for hospital in catalog.hospitals:
        rows.hospitals[hospital.code] = {
            "name": hospital.name,
            "city": hospital.city,
            "time_zone": hospital.time_zone,
        }
        for clinic in hospital.clinics:
            rows.clinics[hospital.code, clinic.code] = {
                "name": clinic.name,
                "opening_hours": clinic.opening_hours.format(),
                "day_ends_at": clinic.day_ends_at,
                "rooms": clinic.rooms,
                "daily_quota": clinic.daily_quota,
                "mean_service_seconds": clinic.mean_service_seconds,
                "service_spread_seconds": clinic.service_spread_seconds,
                "mode": clinic.mode,
                "priority_age": clinic.priority_age or None,
                "priority_ratio": clinic.priority_ratio,
            }
    return rows


def _hospital_changes(stored: _Rows, wanted: _Rows) -> Iterator[CatalogChange]:
    for code, values in wanted.hospitals.items():
        old = stored.hospitals.get(code)
        if old is None:
            yield CatalogChange(ChangeKind.ADDED, code, None, values["name"])
        elif fields := _differences(old, values):
            yield CatalogChange(ChangeKind.CHANGED, code, None, values["name"], fields)


def _clinic_changes(stored: _Rows, wanted: _Rows) -> Iterator[CatalogChange]:
    for key, values in wanted.clinics.items():
        old = stored.clinics.get(key)
        if old is None:
            yield CatalogChange(ChangeKind.ADDED, *key, values["name"])
            continue
        fields = _differences(old, values)
        if old["retired"]:
            yield CatalogChange(ChangeKind.RESTORED, *key, values["name"], fields)
        elif fields:
            yield CatalogChange(ChangeKind.CHANGED, *key, values["name"], fields)
    for key, old in stored.clinics.items():
        if key not in wanted.clinics and not old["retired"]:
            yield CatalogChange(ChangeKind.RETIRED, *key, old["name"])


def _differences(old: _Values, new: _Values) -> tuple[FieldChange, ...]:
    return tuple(FieldChange(name, old[name], new[name]) for name in new if old[name] != new[name])


def _days(changes: list[CatalogChange], stored: _Rows, wanted: _Rows, now: datetime) -> dict[_Key, date]:
    keys: set[_Key] = set()
    for change in changes:
        fields = {field.name for field in change.fields}
        if change.clinic is None:
            if "time_zone" in fields:
                keys.update(key for key in wanted.clinics if key[0] == change.hospital)
        elif change.kind is not ChangeKind.CHANGED or fields & (_ARRANGEMENT | _HOURS):
            keys.add((change.hospital, change.clinic))
    days = {}
    for key in sorted(keys):
        days[key] = _service_date(wanted if key in wanted.clinics else stored, key, now)
    return days


def _service_date(rows: _Rows, key: _Key, now: datetime) -> date:
    hours, zone = _service_days(rows, key)
    return hours.service_date(now, zone)


def _service_days(rows: _Rows, key: _Key) -> tuple[OpeningHours, ZoneInfo]:
    hours = OpeningHours.parse({}, parse_day_end(rows.clinics[key]["day_ends_at"]))
    return hours, ZoneInfo(rows.hospitals[key[0]]["time_zone"])


# --- the database ---------------------------------------------------------------------------------------


def _read(connection: Connection) -> _Rows:
    hospital_rows = connection.execute(select(hospitals)).mappings()
    clinic_rows = connection.execute(select(clinics)).mappings()
    return _Rows(
        {row["code"]: dict(row) for row in hospital_rows},
        {(row["hospital"], row["code"]): dict(row) for row in clinic_rows},
    )


def _lock_days(connection: Connection, days: dict[_Key, date]) -> None:
    columns = (clinic_days.c.hospital, clinic_days.c.clinic, clinic_days.c.service_date)
    for some in _in_parts([(*key, day) for key, day in days.items()]):
        connection.execute(
            select(clinic_days.c.waiting)
            .where(tuple_(*columns).in_(some))
            .order_by(*columns)
            .with_for_update()
        )


def _busy(connection: Connection, plan: _Plan) -> tuple[BusyClinic, ...]:
    retired = {(change.hospital, change.clinic or ""): change for change in plan.clinics(ChangeKind.RETIRED)}
    patients = _patients(connection, {key: plan.days[key] for key in retired})
    return tuple(BusyClinic(*key, retired[key].name, count) for key, count in patients.items() if count)


def _see_that_nobody_changes_day(connection: Connection, plan: _Plan, now: datetime) -> None:
    """Their day would go on, or end, for those in the queue at another time than they were told."""
    days = {}
    for key in plan.days.keys() & plan.stored.clinics.keys() & plan.wanted.clinics.keys():
        before, after = (_service_date(rows, key, now) for rows in (plan.stored, plan.wanted))
        if before != after:
            days[key] = min(before, after)
    if problems := [
        f"hospitals {key[0]}, clinic {key[1]}: this moment would belong to another service day, and its queue"
        f" has patients: {count}; apply it while nobody is in the queue"
        for key, count in sorted(_patients(connection, days).items())
        if count
    ]:
        raise CatalogError(problems)


def _patients(connection: Connection, days: dict[_Key, date]) -> dict[_Key, int]:
    """How many are in the queues of these clinics, on that day or later."""
    patients = dict.fromkeys(days, 0)
    for some in _in_parts(list(days)):
        rows = connection.execute(
            select(tickets.c.hospital, tickets.c.clinic, tickets.c.service_date, func.count())
            .where(
                tuple_(tickets.c.hospital, tickets.c.clinic).in_(some),
                tickets.c.service_date >= min(days[key] for key in some),
                tickets.c.status.in_([status.value for status in sorted(ACTIVE)]),
            )
            .group_by(tickets.c.hospital, tickets.c.clinic, tickets.c.service_date)
        )
        for hospital, clinic, service_date, count in rows:
            if service_date >= days[hospital, clinic]:
                patients[hospital, clinic] += count
    return patients


def _write(connection: Connection, plan: _Plan, now: datetime) -> None:
    version = take_version(connection)
    _write_hospitals(connection, plan, version)
    _write_clinics(connection, plan, version, now)
    _write_days(connection, plan, now)


def _write_hospitals(connection: Connection, plan: _Plan, version: int) -> None:
    def rows(kind: ChangeKind, name_of_code: str) -> list[_Values]:
        return [
            {name_of_code: code, **plan.wanted.hospitals[code], "version": version}
            for code in plan.hospitals(kind)
        ]

    if added := rows(ChangeKind.ADDED, "code"):
        connection.execute(insert(hospitals), added)
    if changed := rows(ChangeKind.CHANGED, "of_code"):
        connection.execute(update(hospitals).where(hospitals.c.code == bindparam("of_code")), changed)


def _write_clinics(connection: Connection, plan: _Plan, version: int, now: datetime) -> None:
    added, changed, retired = [], [], []
    for change in plan.clinics(*ChangeKind):
        assert change.clinic is not None
        key = (change.hospital, change.clinic)
        place = {"of_hospital": change.hospital, "of_code": change.clinic}
        if change.kind is ChangeKind.RETIRED:
            retired.append({**place, "retired": True, "version": version})
            continue
        row = {**plan.wanted.clinics[key], "retired": False, "version": version}
        if change.kind is ChangeKind.ADDED:
            row |= {"hospital": change.hospital, "code": change.clinic, "serving_since": now}
            added.append({**row, "state": ClinicState.SCHEDULE.value})
            continue
        arranged_anew = any(field.name in _ARRANGEMENT for field in change.fields)
        since = now if arranged_anew else plan.stored.clinics[key]["serving_since"]
        changed.append({**place, **row, "serving_since": since})
    if added:
        connection.execute(insert(clinics), added)
    for rows in (changed, retired):
        if rows:
            connection.execute(
                update(clinics).where(
                    clinics.c.hospital == bindparam("of_hospital"), clinics.c.code == bindparam("of_code")
                ),
                rows,
            )


def _write_days(connection: Connection, plan: _Plan, now: datetime) -> None:
    """Lets the ticker look at each clinic concerned at once."""
    new = {(change.hospital, change.clinic) for change in plan.clinics(ChangeKind.ADDED, ChangeKind.RESTORED)}
    retired = {(change.hospital, change.clinic) for change in plan.clinics(ChangeKind.RETIRED)}
    begun, moved, ended = [], [], []
    for key, day in plan.days.items():
        row = {"hospital": key[0], "clinic": key[1], "service_date": day, "next_change_at": now}
        row |= {"last_number": 0, "last_sequence": 0, "waiting": 0, "cancelled": 0, "rooms_freed": {}}
        if key in retired:
            ended.append({"of_hospital": key[0], "of_clinic": key[1], "of_date": day, "next_change_at": now})
        elif key in new:
            # Nothing is announced for the time before.
            begun.append({**row, "announced_until": now})
        else:
            hours, zone = _service_days(plan.wanted, key)
            moved.append({**row, "announced_until": hours.day_start(day, zone)})
    _upsert_days(connection, begun, ("next_change_at", "announced_until"))
    _upsert_days(connection, moved, ("next_change_at",))
    if ended:
        connection.execute(
            update(clinic_days).where(
                clinic_days.c.hospital == bindparam("of_hospital"),
                clinic_days.c.clinic == bindparam("of_clinic"),
                clinic_days.c.service_date == bindparam("of_date"),
            ),
            ended,
        )


def _upsert_days(connection: Connection, rows: list[_Values], updated: Sequence[str]) -> None:
    if not rows:
        return
    key = list(clinic_days.primary_key)
    if connection.dialect.name == "postgresql":
        on_postgresql = postgresql.insert(clinic_days)
        new: Any = {name: on_postgresql.excluded[name] for name in updated}
        connection.execute(on_postgresql.on_conflict_do_update(index_elements=key, set_=new), rows)
    else:
        on_sqlite = sqlite.insert(clinic_days)
        new = {name: on_sqlite.excluded[name] for name in updated}
        connection.execute(on_sqlite.on_conflict_do_update(index_elements=key, set_=new), rows)


def _in_parts(rows: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(rows), _ROWS_PER_STATEMENT_MAX):
        yield rows[start : start + _ROWS_PER_STATEMENT_MAX]
