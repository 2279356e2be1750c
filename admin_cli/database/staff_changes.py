"""Who of the staff may do what: the rows of the table `staff`, read and changed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update

from admin_cli.staff_errors import NotStaff, SeveralHospitals, StaffRefused
from common.domain.staff import EVERY_HOSPITAL
from common.storage.catalog import take_version
from common.storage.engine import snapshot, transaction
from common.storage.tables import clinics, staff
from common.translation import N_


@dataclass(frozen=True, slots=True)
class StaffRow:
    """What one user may do in one hospital (or `EVERY_HOSPITAL`); `clinics` is None for all of them."""

    username: str
    hospital: str
    clinics: tuple[str, ...] | None
    role: str
    active: bool = True


def read_staff(engine: Engine, username: str | None = None) -> list[StaffRow]:
    """All rows, or those of one user, by user and hospital."""
    with snapshot(engine) as connection:
        return _rows(connection, username)


def add_duty(engine: Engine, wanted: StaffRow) -> None:
    """Lets a user do this; the same once more changes nothing, and a duty that was disabled counts again.

    Raises StaffRefused where the catalog has no such hospital or clinic, or the user does something else
    there.
    """
    with transaction(engine) as connection:
        _see_that_it_exists(connection, wanted)
        now = {row.hospital: row for row in _rows(connection, wanted.username)}.get(wanted.hospital)
        if now == wanted:
            return
        if now is not None and now.active:
            raise StaffRefused(
                N_("{name} serves in {hospital} already, as something else: give change instead of add."),
                name=wanted.username,
                hospital=wanted.hospital,
            )
        _write(connection, wanted, is_new=now is None)


def change_duty(
    engine: Engine,
    username: str,
    hospital: str | None,
    *,
    role: str | None = None,
    clinics: Sequence[str] | None = None,
    all_clinics: bool = False,
) -> StaffRow:
    """Changes what is given of an active duty, that in `hospital` or the only one; returns what it is then.

    Raises StaffRefused as `add_duty` does, and where no such duty, or more than one, is there.
    """
    with transaction(engine) as connection:
        before = _the_duty(_rows(connection, username), username, hospital)
        after = before if role is None else replace(before, role=role)
        if all_clinics:
            after = replace(after, clinics=None)
        elif clinics:
            after = replace(after, clinics=tuple(clinics))
            _see_that_it_exists(connection, after)
        if after != before:
            _write(connection, after, is_new=False)
        return after


def see_that_somebody_serves(engine: Engine, username: str) -> None:
    """Raises StaffRefused where the user has no active duty."""
    rows = read_staff(engine, username)
    if not rows:
        raise NotStaff(username)
    if not any(row.active for row in rows):
        raise _disabled(username)


def disable(engine: Engine, username: str, hospital: str | None) -> list[StaffRow]:
    """Ends the duty in `hospital`, or all; returns all rows of the user. Once more, and nothing changes.

    Raises StaffRefused where there is no such user or duty.
    """
    with transaction(engine) as connection:
        rows = _rows(connection, username)
        ending = [row for row in rows if hospital is None or row.hospital == hospital]
        if not ending:
            raise NotStaff(username, hospital if rows else None)
        if any(row.active for row in ending):
            connection.execute(
                update(staff)
                .where(
                    staff.c.username == username,
                    staff.c.hospital.in_([row.hospital for row in ending]),
                    staff.c.active,
                )
                .values(active=False, version=take_version(connection))
            )
        return _rows(connection, username)


def duties_without_clinic(engine: Engine) -> list[tuple[str, str]]:
    """The active duties in hospitals, or in clinics (`RSHS/GIG`), that the catalog lacks: user, place."""
    with snapshot(engine) as connection:
        there = connection.execute(select(clinics.c.hospital, clinics.c.code).where(~clinics.c.retired)).all()
        rows = _rows(connection)
    hospitals, known = {row.hospital for row in there}, {(row.hospital, row.code) for row in there}
    missing = []
    for row in rows:
        if not row.active or row.hospital == EVERY_HOSPITAL:
            continue
        if row.hospital not in hospitals:
            missing.append((row.username, row.hospital))
            continue
        gone = [code for code in row.clinics or () if (row.hospital, code) not in known]
        missing += [(row.username, f"{row.hospital}/{code}") for code in gone]
    return missing


def _the_duty(rows: Sequence[StaffRow], username: str, hospital: str | None) -> StaffRow:
    if not rows:
        raise NotStaff(username)
    matching = [row for row in rows if hospital is None or row.hospital == hospital]
    if not matching:
        raise NotStaff(username, hospital)
    active = [row for row in matching if row.active]
    if not active:
        raise _disabled(username)
    if len(active) > 1:
        raise SeveralHospitals(username, [row.hospital for row in active])
    return active[0]


def _disabled(username: str) -> StaffRefused:
    return StaffRefused(N_("{name} is disabled; the command add lets in again."), name=username)


def _see_that_it_exists(connection: Connection, wanted: StaffRow) -> None:
    """Raises StaffRefused where the catalog lacks the hospital or one of the clinics."""
    if wanted.hospital == EVERY_HOSPITAL:
        return
    here = select(clinics.c.code).where(clinics.c.hospital == wanted.hospital, ~clinics.c.retired)
    known = set(connection.scalars(here))
    if not known:
        raise StaffRefused(N_("The catalog has no hospital {hospital}."), hospital=wanted.hospital)
    if missing := [code for code in wanted.clinics or () if code not in known]:
        raise StaffRefused(
            N_("{hospital} has no such clinic in the catalog: {clinics}."),
            hospital=wanted.hospital,
            clinics=", ".join(missing),
        )


def _rows(connection: Connection, username: str | None = None) -> list[StaffRow]:
    wanted = select(staff).order_by(staff.c.username, staff.c.hospital)
    if username is not None:
        wanted = wanted.where(staff.c.username == username)
    return [
        StaffRow(
            row.username,
            row.hospital,
            None if row.clinics is None else tuple(row.clinics),
            row.role,
            row.active,
        )
        for row in connection.execute(wanted)
    ]


def _write(connection: Connection, row: StaffRow, *, is_new: bool) -> None:
    # Every worker takes over what has another version than the one that it knows.
    values: dict[str, Any] = {
        "clinics": None if row.clinics is None else list(row.clinics),
        "role": row.role,
        "active": row.active,
        "version": take_version(connection),
    }
    if is_new:
        connection.execute(insert(staff).values(username=row.username, hospital=row.hospital, **values))
        return
    connection.execute(
        update(staff).where(staff.c.username == row.username, staff.c.hospital == row.hospital).values(values)
    )
