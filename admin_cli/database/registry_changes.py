"""Whom a hospital knows: what adds to its registry, puts another in its place, and takes patients out.

A registry has generations. What replaces it is written as the next one, beside the one in force, and comes
into force in one step; whoever is interrupted before has changed nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    Insert,
    Row,
    Select,
    delete,
    func,
    insert,
    select,
    update,
)

from admin_cli.database.long_statements import long_statements
from admin_cli.registry_errors import NoRegistry, NoSuchHospital, OtherKey, RegistryChanged
from common.domain.record_numbers import RecordNumberFormat
from common.registry_key import KeptPatient, RegistryKey
from common.storage.engine import snapshot, transaction
from common.storage.prepared import BYTES, INTEGER, TEXT, Columns, Prepared
from common.storage.registries import RegistryFault, registry_faults
from common.storage.tables import hospitals, registered_patients, registries

ROWS_AT_ONCE = 2_000
"""Rows in one short transaction: on SQLite, nobody registers while it lasts."""

_COUNT_SECONDS_MAX = 120


@dataclass(frozen=True, slots=True)
class RegistryState:
    """A hospital's registry: how many patients it knows, since when, and the check of its key; None before
    the first import has ended, which `is_begun`."""

    hospital: str
    patients: int
    changed_at: datetime | None
    key_check: bytes | None
    is_begun: bool


class Added(NamedTuple):
    """How many patients were not known before, and of how many the date of birth was replaced."""

    new: int
    replaced: int


@dataclass(frozen=True, slots=True)
class Filling:
    """An import under way, into a generation that is in force already, or comes into force at its end."""

    hospital: str
    generation: int
    key_check: bytes
    is_in_force: bool


def record_number_format(engine: Engine, hospital: str) -> RecordNumberFormat | None:
    """How a hospital writes its medical record numbers; None where the catalog does not say. Raises
    NoSuchHospital."""
    with snapshot(engine) as connection:
        _see_that_it_is_there(connection, hospital)
        found = connection.scalar(
            select(hospitals.c.record_number_format).where(hospitals.c.code == hospital)
        )
    return None if found is None else RecordNumberFormat(**found)


def begin_filling(
    engine: Engine, hospital: str, key: RegistryKey, now: datetime, *, replace: bool
) -> Filling:
    """Begins an import: into the registry in force, or, with `replace` and where there is none, beside it.

    A first import that was interrupted is gone on with. Raises RegistryRefused where there is no such
    hospital, and where patients are to be added to a registry of another key.
    """
    with transaction(engine) as connection:
        row = _locked(connection, hospital)
        if row is None:
            connection.execute(
                insert(registries).values(
                    hospital=hospital, generation=0, last_generation=1, key_check=key.check, changed_at=now
                )
            )
            return Filling(hospital, 1, key.check, is_in_force=False)
        is_same_key = row.key_check == key.check
        if row.generation and not replace:
            if not is_same_key:
                raise OtherKey(hospital)
            return Filling(hospital, row.generation, key.check, is_in_force=True)
        if not row.generation and not replace and is_same_key:
            return Filling(hospital, row.last_generation, key.check, is_in_force=False)
        new = {"last_generation": row.last_generation + 1}
        if not row.generation:
            new["key_check"] = key.check  # of what was begun, as long as nothing is in force
        connection.execute(update(registries).where(registries.c.hospital == hospital).values(new))
        return Filling(hospital, row.last_generation + 1, key.check, is_in_force=False)


def _what_is_known(given: FromClause) -> Select[Any]:
    there = registered_patients
    same = [there.c[name] == given.c[name] for name in ("hospital", "generation", "number_digest")]
    known = select(there.c.digest).where(*same).scalar_subquery()
    return select(given.c.number_digest, known.label("digest"))


def _new_patients(given: FromClause) -> Insert:
    names = [column.name for column in registered_patients.columns]
    return insert(registered_patients).from_select(names, select(*(given.c[name] for name in names)))


_number: Columns = {"hospital": TEXT, "generation": INTEGER, "number_digest": BYTES}
_known = Prepared(_what_is_known, _number)
_add = Prepared(_new_patients, {**_number, "digest": BYTES})


def add_patients(engine: Engine, filling: Filling, patients: Sequence[KeptPatient]) -> Added:
    """Adds patients, at most ROWS_AT_ONCE; of a record number that is known, the date of birth is replaced.
    Of several patients with one number the last one counts.

    Raises RegistryRefused where the registry was replaced or removed meanwhile.
    """
    generation = (filling.hospital, filling.generation)
    wanted = {each.number_digest: each.digest for each in patients}
    with transaction(engine) as connection:
        _see_that_it_is_ours(connection, filling)
        rows = _known(connection, [(*generation, number) for number in wanted])
        known = {row.number_digest: row.digest for row in rows if row.digest is not None}
        replaced = [number for number, digest in known.items() if digest != wanted[number]]
        new = wanted.keys() - known.keys()
        if replaced:
            _delete_patients(connection, *generation, registered_patients.c.number_digest.in_(replaced))
        if new or replaced:
            _add(connection, [(*generation, number, wanted[number]) for number in (*new, *replaced)])
        return Added(len(new), len(replaced))


def _delete_patients(
    connection: Connection, hospital: str, generation: int, which: ColumnElement[bool]
) -> int:
    """Removes patients of one generation; how many there were."""
    found = connection.execute(
        delete(registered_patients)
        .where(
            registered_patients.c.hospital == hospital, registered_patients.c.generation == generation, which
        )
        .returning(registered_patients.c.generation)
    )
    return len(found.all())


def end_filling(engine: Engine, filling: Filling, now: datetime) -> None:
    """Brings the import into force, and removes what no import needs any more.

    Raises RegistryRefused where the registry was replaced or removed meanwhile.
    """
    with transaction(engine) as connection:
        _see_that_it_is_ours(connection, filling)
        connection.execute(
            update(registries)
            .where(registries.c.hospital == filling.hospital)
            .values(generation=filling.generation, key_check=filling.key_check, changed_at=now)
        )
    _remove_generations(engine, filling.hospital, registered_patients.c.generation < filling.generation)


def abandon_filling(engine: Engine, filling: Filling) -> None:
    """Removes what an import has written that does not come into force, so that none goes on with it.

    What was added to a registry in force stays, and so does what is somebody else's meanwhile.
    """
    if filling.is_in_force:
        return
    with transaction(engine) as connection:
        connection.execute(
            update(registries)
            .where(
                registries.c.hospital == filling.hospital,
                registries.c.generation < filling.generation,
                registries.c.last_generation == filling.generation,
            )
            .values(last_generation=filling.generation + 1)
        )
        in_force = connection.scalar(
            select(registries.c.generation).where(registries.c.hospital == filling.hospital)
        )
    if in_force != filling.generation:
        _remove_generations(engine, filling.hospital, registered_patients.c.generation == filling.generation)


def remove_patients(engine: Engine, hospital: str, key: RegistryKey, numbers: Sequence[bytes]) -> int:
    """Takes out the patients with these record numbers, given as their digests, at most ROWS_AT_ONCE; how
    many were there. Raises RegistryRefused."""
    with transaction(engine) as connection:
        row = _locked(connection, hospital)
        if row is None or not row.generation:
            raise NoRegistry(hospital)
        if row.key_check != key.check:
            raise OtherKey(hospital)
        of_number = registered_patients.c.number_digest.in_(numbers)
        return _delete_patients(connection, hospital, row.generation, of_number)


def remove_registry(engine: Engine, hospital: str) -> None:
    """Removes a hospital's whole registry; from the first moment on it knows nobody. Raises RegistryRefused
    where there is no such hospital."""
    with transaction(engine) as connection:
        row = _locked(connection, hospital)
        if row is None:
            return
        # Whoever fills it at the same time finds that another generation was begun.
        connection.execute(
            update(registries)
            .where(registries.c.hospital == hospital)
            .values(generation=0, last_generation=row.last_generation + 1)
        )
        last = row.last_generation + 1
    _remove_generations(engine, hospital, registered_patients.c.generation < last)
    with transaction(engine) as connection:
        connection.execute(
            delete(registries).where(
                registries.c.hospital == hospital,
                registries.c.generation == 0,
                registries.c.last_generation == last,
            )
        )


def registry_states(engine: Engine, codes: Iterable[str] = ()) -> list[RegistryState]:
    """The registries of these hospitals, or all that there are, by code. Raises NoSuchHospital."""
    wanted = sorted(codes)
    with snapshot(engine) as connection, long_statements(connection, _COUNT_SECONDS_MAX):
        for code in wanted:
            _see_that_it_is_there(connection, code)
        rows = {row.hospital: row for row in connection.execute(select(registries)).all()}
        counts = {
            row.hospital: row.patients
            for row in connection.execute(
                select(registries.c.hospital, func.count().label("patients"))
                .join(
                    registered_patients,
                    (registered_patients.c.hospital == registries.c.hospital)
                    & (registered_patients.c.generation == registries.c.generation),
                )
                .group_by(registries.c.hospital)
            )
        }
    states = []
    for code in wanted or sorted(rows):
        row = rows.get(code)
        is_in_force = row is not None and row.generation > 0
        states.append(
            RegistryState(
                code,
                counts.get(code, 0),
                row.changed_at if row is not None and is_in_force else None,
                row.key_check if row is not None and is_in_force else None,
                is_begun=row is not None,
            )
        )
    return states


def faults_of(engine: Engine, key: RegistryKey | None) -> dict[str, RegistryFault | None]:
    """The hospitals that have to have a registry, by code, and why it cannot be asked with this key; None
    where it can."""
    with snapshot(engine) as connection:
        return registry_faults(connection, key)


def hospitals_without_registry(engine: Engine, codes: Iterable[str]) -> list[str]:
    """Those of these hospitals of which no registry is in force, by code."""
    with snapshot(engine) as connection:
        there = connection.execute(select(registries.c.hospital).where(registries.c.generation > 0)).scalars()
        return sorted(set(codes) - set(there))


def _locked(connection: Connection, hospital: str) -> Row[Any] | None:
    _see_that_it_is_there(connection, hospital)
    return connection.execute(
        select(registries).where(registries.c.hospital == hospital).with_for_update()
    ).first()


def _see_that_it_is_there(connection: Connection, hospital: str) -> None:
    if connection.execute(select(hospitals.c.code).where(hospitals.c.code == hospital)).first() is None:
        raise NoSuchHospital(hospital)


def _see_that_it_is_ours(connection: Connection, filling: Filling) -> None:
    row = _locked(connection, filling.hospital)
    if row is not None and (
        row.generation == filling.generation
        if filling.is_in_force
        else row.generation < filling.generation == row.last_generation
    ):
        return
    raise RegistryChanged(filling.hospital)


def _remove_generations(engine: Engine, hospital: str, which: ColumnElement[bool]) -> None:
    some = (
        select(registered_patients.c.generation, registered_patients.c.digest)
        .where(registered_patients.c.hospital == hospital, which)
        .limit(ROWS_AT_ONCE)
    )
    while True:
        with transaction(engine) as connection:
            rows = connection.execute(some).all()
            if not rows:
                return
            for generation in {row.generation for row in rows}:
                digests = [row.digest for row in rows if row.generation == generation]
                _delete_patients(connection, hospital, generation, registered_patients.c.digest.in_(digests))
