"""What a catalog file would change in the database: decided from the rows as they are, without SQL."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from admin_cli.catalog_file import Catalog
from common.domain.opening_hours import OpeningHours, parse_day_end

ARRANGEMENT = frozenset({"rooms", "mode", "mean_service_seconds", "service_spread_seconds"})
"""What decides how a queue moves; `serving_since` tells since when it is so."""

_HOURS = frozenset({"opening_hours", "day_ends_at"})

ClinicKey = tuple[str, str]
"""A clinic: the codes of its hospital and of itself."""

Values = dict[str, Any]
"""A row, by column."""


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


def hospitals_changed(changes: CatalogChanges, column: str) -> list[str]:
    """The codes of the hospitals of which this column changes."""
    return [
        change.hospital
        for change in changes.changes
        if change.clinic is None
        and change.kind is ChangeKind.CHANGED
        and any(each.name == column for each in change.fields)
    ]


@dataclass(frozen=True, slots=True)
class Rows:
    """The catalog's rows: as they are stored, or as a file wants them."""

    hospitals: dict[str, Values]
    clinics: dict[ClinicKey, Values]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to change, and between which rows; `days` has the present service day of each clinic whose
    queue is concerned, by clinic."""

    changes: CatalogChanges
    stored: Rows
    wanted: Rows
    days: dict[ClinicKey, date]

    def clinics(self, *kinds: ChangeKind) -> list[CatalogChange]:
        """The changes of these kinds to clinics."""
        return [change for change in self.changes.changes if change.clinic and change.kind in kinds]

    def hospitals(self, kind: ChangeKind) -> list[str]:
        """The codes of the hospitals whose own data change in this way."""
        return [
            change.hospital
            for change in self.changes.changes
            if change.clinic is None and change.kind is kind
        ]


def plan_changes(catalog: Catalog, stored: Rows, now: datetime) -> Plan:
    """What makes the stored catalog that of the file, at the moment `now`."""
    wanted = _wanted(catalog)
    changes = [*_hospital_changes(stored, wanted), *_clinic_changes(stored, wanted)]
    changes.sort(key=lambda change: (change.hospital, change.clinic or ""))
    touched = {(change.hospital, change.clinic) for change in changes}
    unchanged = sum(key not in touched for key in wanted.clinics)
    return Plan(
        CatalogChanges(tuple(changes), unchanged), stored, wanted, _days(changes, stored, wanted, now)
    )


def _wanted(catalog: Catalog) -> Rows:
    rows = Rows({}, {})
    for hospital in catalog.hospitals:
        form = hospital.record_number_format
        rows.hospitals[hospital.code] = {
            "name": hospital.name,
            "city": hospital.city,
            "time_zone": hospital.time_zone,
            "identity": hospital.identity,
            "registrations_max": hospital.registrations_max,
            "mismatches_max": hospital.mismatches_max,
            "record_number_format": form and form.model_dump(),
        }
        for clinic in hospital.clinics:
            rows.clinics[hospital.code, clinic.code] = {
                "name": clinic.name,
                "opening_hours": clinic.opening_hours.format(),
                "day_ends_at": clinic.day_ends_at,
                "rooms": clinic.rooms,
                "room_names": clinic.room_names or None,
                "daily_quota": clinic.daily_quota,
                "mean_service_seconds": clinic.mean_service_seconds,
                "service_spread_seconds": clinic.service_spread_seconds,
                "mode": clinic.mode,
                "priority_age": clinic.priority_age or None,
                "skip_places": clinic.skip_places,
                "lanes": clinic.clinic_lanes.format(),
                "returns_to": clinic.returns_to,
            }
    return rows


def _hospital_changes(stored: Rows, wanted: Rows) -> Iterator[CatalogChange]:
    for code, values in wanted.hospitals.items():
        old = stored.hospitals.get(code)
        if old is None:
            yield CatalogChange(ChangeKind.ADDED, code, None, values["name"])
        elif fields := _differences(old, values):
            yield CatalogChange(ChangeKind.CHANGED, code, None, values["name"], fields)


def _clinic_changes(stored: Rows, wanted: Rows) -> Iterator[CatalogChange]:
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


def _differences(old: Values, new: Values) -> tuple[FieldChange, ...]:
    return tuple(FieldChange(name, old[name], new[name]) for name in new if old[name] != new[name])


def _days(changes: list[CatalogChange], stored: Rows, wanted: Rows, now: datetime) -> dict[ClinicKey, date]:
    keys: set[ClinicKey] = set()
    for change in changes:
        fields = {field.name for field in change.fields}
        if change.clinic is None:
            if "time_zone" in fields:
                keys.update(key for key in wanted.clinics if key[0] == change.hospital)
        elif change.kind is not ChangeKind.CHANGED or fields & (ARRANGEMENT | _HOURS):
            keys.add((change.hospital, change.clinic))
    days = {}
    for key in sorted(keys):
        days[key] = service_date(wanted if key in wanted.clinics else stored, key, now)
    return days


def service_date(rows: Rows, key: ClinicKey, now: datetime) -> date:
    """The clinic's service day at a moment, by these rows."""
    hours, zone = service_days(rows, key)
    return hours.service_date(now, zone)


def service_days(rows: Rows, key: ClinicKey) -> tuple[OpeningHours, ZoneInfo]:
    """What a clinic's service days are worked out from; its opening hours are left out."""
    hours = OpeningHours.parse({}, parse_day_end(rows.clinics[key]["day_ends_at"]))
    return hours, ZoneInfo(rows.hospitals[key[0]]["time_zone"])
