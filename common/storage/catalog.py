"""The catalog in the database, as every process knows it through its `CatalogCache`."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, select, union_all, update

from common.domain.catalog import Clinic, ClinicState, Hospital, QueueMode
from common.domain.opening_hours import OpeningHours
from common.storage.queues import ClinicDay
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


class CatalogCache:
    """All hospitals and clinics, re-read from the database only where they changed."""

    def __init__(self) -> None:
        self._version = 0
        self._clinics: dict[tuple[str, str], Clinic] = {}
        self._clinics_of: dict[str, list[Clinic]] = {}

    def refresh(self, connection: Connection) -> None:
        """Takes over what changed since the last time, at the cost of one small statement where nothing did.

        Call it before the transaction changes the catalog itself: what is rolled back would stay known.
        Where it raises, the cache is as it was.
        """
        version = connection.execute(select(catalog_version.c.version)).scalar_one()
        if version == self._version:
            return
        if version > self._version:
            newer, known = self._version, dict(self._clinics)
        else:  # the database was restored from a copy
            newer, known = 0, {}
        known.update((clinic.key, clinic) for clinic in _changed_clinics(connection, newer))
        clinics_of: dict[str, list[Clinic]] = {}
        for _key, clinic in sorted(known.items()):
            if not clinic.retired:
                clinics_of.setdefault(clinic.hospital.code, []).append(clinic)
        self._version, self._clinics, self._clinics_of = version, known, clinics_of

    def clinic(self, hospital: str, code: str) -> Clinic | None:
        """The clinic, which may be retired; None where there never was one."""
        return self._clinics.get((hospital, code))

    def clinic_of(self, day: ClinicDay) -> Clinic:
        """The clinic of a service day that has a row: retired perhaps, but never removed."""
        return self._clinics[day[:2]]

    def hospital(self, code: str) -> Hospital | None:
        """The hospital; None where it has no clinic that is not retired."""
        found = self._clinics_of.get(code)
        return found[0].hospital if found else None

    def hospitals(self) -> list[Hospital]:
        """The hospitals that have clinics, by code."""
        return [found[0].hospital for found in self._clinics_of.values()]

    def clinics_of(self, hospital: str) -> list[Clinic]:
        """The clinics of a hospital that are not retired, by code."""
        return list(self._clinics_of.get(hospital, ()))


def _changed_clinics(connection: Connection, newer_than: int) -> list[Clinic]:
    """The clinics that changed, or whose hospital did, after a version: one statement, so of one moment."""
    both = select(
        *clinics.c,
        hospitals.c.name.label("hospital_name"),
        hospitals.c.city,
        hospitals.c.time_zone,
    ).join_from(clinics, hospitals, clinics.c.hospital == hospitals.c.code)
    # Not one condition with OR, which would keep both indices on versions out of use.
    rows = connection.execute(
        union_all(
            both.where(clinics.c.version > newer_than),
            both.where(hospitals.c.version > newer_than, clinics.c.version <= newer_than),
        )
    ).all()
    known: dict[str, Hospital] = {}
    for row in rows:
        if row.hospital not in known:
            known[row.hospital] = Hospital(row.hospital, row.hospital_name, row.city, ZoneInfo(row.time_zone))
    return [_clinic(row, known[row.hospital]) for row in rows]


def _clinic(row: Row[tuple[object, ...]], hospital: Hospital) -> Clinic:
    return Clinic(
        hospital=hospital,
        code=row.code,
        name=row.name,
        opening_hours=OpeningHours.parse(row.opening_hours),
        rooms=row.rooms,
        daily_quota=row.daily_quota,
        mean_service=timedelta(seconds=row.mean_service_seconds),
        service_spread=timedelta(seconds=row.service_spread_seconds),
        serving_since=row.serving_since,
        mode=QueueMode(row.mode),
        state=ClinicState(row.state),
        retired=row.retired,
    )
