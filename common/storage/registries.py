"""The registries of hospitals: whom each knows, and whether that can be asked."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, FromClause, Select, select

from common.domain.catalog import Identity
from common.domain.partial_dates import PartialDate
from common.registry_key import RegistryKey
from common.storage.prepared import BYTES, TEXT, Prepared
from common.storage.tables import clinics, hospitals, registered_patients, registries

RegistryEntry = tuple[str, str, PartialDate]
"""Hospital code, medical record number and date of birth."""


class RegistryFault(StrEnum):
    """Why nobody can be found in a hospital's registry."""

    NO_KEY = "no key"
    OTHER_KEY = "made with another key"
    NOT_IMPORTED = "not imported"


@dataclass(frozen=True, slots=True)
class RegistryAnswers:
    """Who is `known`, and for each hospital that was asked, why it cannot be; None where it can."""

    known: frozenset[RegistryEntry] = frozenset()
    faults: Mapping[str, RegistryFault | None] = field(default_factory=dict)

    def knows(self, entry: RegistryEntry) -> bool | None:
        """Whether the hospital knows a patient who was asked for; None where nobody can tell now."""
        return None if self.faults[entry[0]] is not None else entry in self.known


_in_force = registries.c.generation > 0


def _what_is_registered(given: FromClause) -> Select[Any]:
    # Subqueries rather than joins: whatever the planner believes of the tables, each row is found by its key.
    of_hospital = _in_force & (registries.c.hospital == given.c.hospital)
    known = select(registered_patients.c.generation).where(
        of_hospital,
        registered_patients.c.hospital == given.c.hospital,
        registered_patients.c.generation == registries.c.generation,
        registered_patients.c.digest == given.c.digest,
    )
    return select(
        given.c.hospital,
        given.c.digest,
        select(registries.c.key_check).where(of_hospital).scalar_subquery().label("key_check"),
        known.scalar_subquery().label("found"),
    )


_registered = Prepared(_what_is_registered, {"hospital": TEXT, "digest": BYTES})


def find_registered(
    connection: Connection, key: RegistryKey | None, wanted: Collection[RegistryEntry]
) -> Callable[[], RegistryAnswers]:
    """Whom of these the registries know; sent at once, waited for where what is returned is called. Where
    nobody is wanted, nothing is sent."""
    if not wanted or key is None:
        faults = {entry[0]: RegistryFault.NO_KEY for entry in wanted}
        return lambda: RegistryAnswers(faults=faults)
    check, asked = key.check, {key.digest(*entry): entry for entry in wanted}
    fetch = _registered.send(connection, [(entry[0], digest) for digest, entry in asked.items()])

    def answers() -> RegistryAnswers:
        rows = fetch()
        return RegistryAnswers(
            known=frozenset(asked[row.digest] for row in rows if row.found is not None),
            faults={row.hospital: _fault(row.key_check, check) for row in rows},
        )

    return answers


def registry_faults(connection: Connection, key: RegistryKey | None) -> dict[str, RegistryFault | None]:
    """The hospitals that register only whom they know, by code, and why their registries cannot be asked;
    None where they can."""
    has_clinics = select(clinics.c.code).where(clinics.c.hospital == hospitals.c.code, ~clinics.c.retired)
    rows = connection.execute(
        select(hospitals.c.code, registries.c.key_check)
        .outerjoin(registries, _in_force & (registries.c.hospital == hospitals.c.code))
        .where(hospitals.c.identity == Identity.REGISTRY.value, has_clinics.exists())
        .order_by(hospitals.c.code)
    ).all()
    if key is None:
        return {row.code: RegistryFault.NO_KEY for row in rows}
    return {row.code: _fault(row.key_check, key.check) for row in rows}


def _fault(key_check: bytes | None, check: bytes) -> RegistryFault | None:
    if key_check is None:
        return RegistryFault.NOT_IMPORTED
    return None if key_check == check else RegistryFault.OTHER_KEY


def knows_number(
    connection: Connection, key: RegistryKey | None, hospital: str, medical_record_number: str
) -> bool | None:
    """Whether the hospital's registry has this record number; None where it is of another key than is given,
    or none is."""
    there = connection.execute(
        select(registries.c.generation, registries.c.key_check).where(
            _in_force, registries.c.hospital == hospital
        )
    ).first()
    if there is None:
        return False
    if key is None or _fault(there.key_check, key.check) is not None:
        return None
    known = select(registered_patients.c.digest).where(
        registered_patients.c.hospital == hospital,
        registered_patients.c.generation == there.generation,
        registered_patients.c.number_digest == key.number_digest(hospital, medical_record_number),
    )
    return connection.execute(known).first() is not None
