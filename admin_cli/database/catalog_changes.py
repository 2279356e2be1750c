"""Applies a catalog file to the database: what is new, changed, left out or back again."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, func, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from admin_cli.catalog_file import Catalog
from admin_cli.database.catalog_plan import (
    ARRANGEMENT,
    BusyClinic,
    CatalogChanges,
    ChangeKind,
    ClinicKey,
    Plan,
    Rows,
    Values,
    plan_changes,
    service_date,
    service_days,
)
from common.domain.catalog import ClinicState
from common.domain.ticket_states import ACTIVE
from common.errors import CatalogError
from common.storage.catalog import CatalogChanged, take_version
from common.storage.engine import transaction
from common.storage.tables import catalog_version, clinic_days, clinics, hospitals, tickets

_ATTEMPTS_MAX = 5

_ROWS_PER_STATEMENT_MAX = 1_000


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
    for _ in range(_ATTEMPTS_MAX - 1):
        try:
            return _apply(engine, catalog, now, retire_busy=retire_busy, dry_run=dry_run)
        except CatalogChanged:
            continue
    return _apply(engine, catalog, now, retire_busy=retire_busy, dry_run=dry_run)


def _apply(
    engine: Engine, catalog: Catalog, now: datetime, *, retire_busy: bool, dry_run: bool
) -> CatalogChanges:
    """As `apply_catalog`; raises CatalogChanged where somebody else has changed the catalog meanwhile."""
    with transaction(engine) as connection:
        plan = plan_changes(catalog, _read(connection), now)
        if plan.changes.changes and not dry_run:
            # Service days first, as everything that moves a queue does; then nobody else changes the catalog.
            _lock_days(connection, plan, now)
            connection.execute(select(catalog_version.c.version).with_for_update())
            locked, plan = plan, plan_changes(catalog, _read(connection), now)
            if not plan.days.keys() <= locked.days.keys():
                raise CatalogChanged
        changes = replace(plan.changes, busy=_busy(connection, plan))
        if changes.busy and not retire_busy:
            raise BusyClinicsError(changes)
        _see_that_nobody_changes_day(connection, plan, now)
        if changes.changes and not dry_run:
            _write(connection, plan, now)
    return changes


# --- the database ---------------------------------------------------------------------------------------


def _read(connection: Connection) -> Rows:
    hospital_rows = connection.execute(select(hospitals)).mappings()
    clinic_rows = connection.execute(select(clinics)).mappings()
    return Rows(
        {row["code"]: dict(row) for row in hospital_rows},
        {(row["hospital"], row["code"]): dict(row) for row in clinic_rows},
    )


def _lock_days(connection: Connection, plan: Plan, now: datetime) -> None:
    """Locks the service days that the plan is about, in the order of all locks on them.

    Those that have no row get one first: the row of a queue that begins meanwhile would not be locked.
    """
    kept = plan.days.keys() & plan.stored.clinics.keys() & plan.wanted.clinics.keys()
    _insert_days(connection, [_begun(plan, key, now) for key in sorted(kept)], ())
    columns = (clinic_days.c.hospital, clinic_days.c.clinic, clinic_days.c.service_date)
    for some in _in_parts([(*key, day) for key, day in plan.days.items()]):
        connection.execute(
            select(clinic_days.c.waiting)
            .where(tuple_(*columns).in_(some))
            .order_by(*columns)
            .with_for_update()
        )


def _busy(connection: Connection, plan: Plan) -> tuple[BusyClinic, ...]:
    retired = {(change.hospital, change.clinic or ""): change for change in plan.clinics(ChangeKind.RETIRED)}
    patients = _patients(connection, {key: plan.days[key] for key in retired})
    return tuple(BusyClinic(*key, retired[key].name, count) for key, count in patients.items() if count)


def _see_that_nobody_changes_day(connection: Connection, plan: Plan, now: datetime) -> None:
    """Their day would go on, or end, for those in the queue at another time than they were told."""
    days = {}
    for key in plan.days.keys() & plan.stored.clinics.keys() & plan.wanted.clinics.keys():
        before, after = (service_date(rows, key, now) for rows in (plan.stored, plan.wanted))
        if before != after:
            days[key] = min(before, after)
    if problems := [
        f"hospitals {key[0]}, clinic {key[1]}: this moment would belong to another service day, and its queue"
        f" has patients: {count}; apply it while nobody is in the queue"
        for key, count in sorted(_patients(connection, days).items())
        if count
    ]:
        raise CatalogError(problems)


def _patients(connection: Connection, days: dict[ClinicKey, date]) -> dict[ClinicKey, int]:
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
        for hospital, clinic, day, count in rows:
            if day >= days[hospital, clinic]:
                patients[hospital, clinic] += count
    return patients


def _write(connection: Connection, plan: Plan, now: datetime) -> None:
    version = take_version(connection)
    _write_hospitals(connection, plan, version)
    _write_clinics(connection, plan, version, now)
    _write_days(connection, plan, now)


def _write_hospitals(connection: Connection, plan: Plan, version: int) -> None:
    def rows(kind: ChangeKind, name_of_code: str) -> list[Values]:
        return [
            {name_of_code: code, **plan.wanted.hospitals[code], "version": version}
            for code in plan.hospitals(kind)
        ]

    if added := rows(ChangeKind.ADDED, "code"):
        connection.execute(insert(hospitals), added)
    if changed := rows(ChangeKind.CHANGED, "of_code"):
        connection.execute(update(hospitals).where(hospitals.c.code == bindparam("of_code")), changed)


def _write_clinics(connection: Connection, plan: Plan, version: int, now: datetime) -> None:
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
        arranged_anew = any(field.name in ARRANGEMENT for field in change.fields)
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


def _write_days(connection: Connection, plan: Plan, now: datetime) -> None:
    """Lets the ticker look at each clinic concerned at once."""
    new = {(change.hospital, change.clinic) for change in plan.clinics(ChangeKind.ADDED, ChangeKind.RESTORED)}
    retired = {(change.hospital, change.clinic) for change in plan.clinics(ChangeKind.RETIRED)}
    begun, moved, ended = [], [], []
    for key, day in plan.days.items():
        if key in retired:
            ended.append({"of_hospital": key[0], "of_clinic": key[1], "of_date": day, "next_change_at": now})
        elif key in new:
            # Nothing is announced for the time before.
            begun.append({**_begun(plan, key, now), "announced_until": now})
        else:
            moved.append(_begun(plan, key, now))
    _insert_days(connection, begun, ("next_change_at", "announced_until"))
    _insert_days(connection, moved, ("next_change_at",))
    if ended:
        connection.execute(
            update(clinic_days).where(
                clinic_days.c.hospital == bindparam("of_hospital"),
                clinic_days.c.clinic == bindparam("of_clinic"),
                clinic_days.c.service_date == bindparam("of_date"),
            ),
            ended,
        )


def _begun(plan: Plan, key: ClinicKey, now: datetime) -> Values:
    """The row of a service day on which nothing has happened yet, at which a ticker looks at once."""
    day = plan.days[key]
    hours, zone = service_days(plan.wanted, key)
    row: Values = {"hospital": key[0], "clinic": key[1], "service_date": day, "next_change_at": now}
    row |= {"last_number": 0, "last_sequence": 0, "waiting": 0, "cancelled": 0, "rooms_freed": {}}
    return {**row, "announced_until": hours.day_start(day, zone)}


def _insert_days(connection: Connection, rows: list[Values], updated: Sequence[str]) -> None:
    """Inserts rows; of those that are there already, these columns are set."""
    if not rows:
        return
    key = list(clinic_days.primary_key)
    on_conflict = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(clinic_days)
    new: Any = {name: on_conflict.excluded[name] for name in updated}
    if new:
        statement = on_conflict.on_conflict_do_update(index_elements=key, set_=new)
    else:
        statement = on_conflict.on_conflict_do_nothing(index_elements=key)
    connection.execute(statement, rows)


def _in_parts(rows: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(rows), _ROWS_PER_STATEMENT_MAX):
        yield rows[start : start + _ROWS_PER_STATEMENT_MAX]
