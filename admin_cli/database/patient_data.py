"""All that is kept on one patient of a hospital: read, with a record of who did, and erased."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Engine, RowMapping, delete, func, select

from admin_cli.database.long_statements import long_statements
from admin_cli.database.long_work import in_transaction
from admin_cli.registry_errors import NoSuchHospital
from common.domain.clinic_day import ClinicDay
from common.domain.ticket_states import ACTIVE, TicketStatus
from common.registry_key import RegistryKey
from common.storage.access_log import Look, record_looks
from common.storage.catalog import CatalogCache
from common.storage.engine import snapshot, transaction
from common.storage.purging import OverTicket, purge_tickets
from common.storage.queues import key_columns, key_of
from common.storage.registries import knows_number
from common.storage.tables import journal, mismatches, tickets

EXPORT: Final = "admin_export"
ERASURE: Final = "admin_erase"
"""As what these stand in the access log."""

EVERY_CLINIC: Final = "*"
"""Stands there for the clinic: a patient's data are of the whole hospital."""

_SEARCH_SECONDS_MAX: Final = 600
"""No index finds the tickets of a patient on all days; on PostgreSQL it may take so long."""


class Person(NamedTuple):
    """A patient, by a hospital's code and the medical record number as the hospital writes it; newborns that
    go by the number are meant with it."""

    hospital: str
    medical_record_number: str


@dataclass(frozen=True, slots=True)
class KeptData:
    """What is kept on a patient: rows of `tickets`, by column, each with its `events`, rows of `mismatches`,
    and whether the registry knows the number; None where nobody can tell without its key."""

    tickets: Sequence[Mapping[str, Any]]
    mismatches: Sequence[Mapping[str, Any]]
    is_registered: bool | None


class Held(NamedTuple):
    """A ticket of a patient; while it `is_open`, the desks need to know whose it is."""

    day: ClinicDay
    ticket: OverTicket
    is_open: bool


def person_of(catalog: CatalogCache, hospital: str, number: str) -> Person | None:
    """Who has this record number, in its normal form; None where the hospital has no such numbers. Raises
    NoSuchHospital."""
    known = catalog.hospital(hospital)
    if known is None:
        raise NoSuchHospital(hospital)
    written = known.record_number(number)
    return None if written is None else Person(hospital, written)


def read_kept(engine: Engine, person: Person, key: RegistryKey | None, user: str, now: datetime) -> KeptData:
    """All that is kept, by day; before it is given out, it is recorded that `user` has read it. Raises
    StoreUnavailable, and StoreForbids where the database's user may not record that."""
    with snapshot(engine) as connection, long_statements(connection, _SEARCH_SECONDS_MAX):
        rows = connection.execute(
            select(tickets).where(*_of(tickets, person)).order_by(*key_columns(tickets), tickets.c.number)
        ).mappings()
        found = [{**row, "events": _events(connection, row)} for row in rows.all()]
        tried = connection.execute(
            select(mismatches.c.service_date, mismatches.c.times).where(*_of(mismatches, person))
        ).mappings()
        kept = KeptData(found, [{**row} for row in tried], knows_number(connection, key, *person))
    with transaction(engine) as connection:
        record_looks(connection, [_look(person, user, EXPORT, len(found))], now)
    return kept


def find_held(engine: Engine, person: Person, is_over: Callable[[ClinicDay], bool]) -> list[Held]:
    """The patient's tickets, by day. Open are those that are not over, or of a day that is not, and those
    whose visit goes on."""
    other = tickets.alias("other")
    goes_on = select(other.c.number).where(
        other.c.visit == tickets.c.visit, other.c.status.in_(sorted(ACTIVE))
    )
    columns = (*key_columns(tickets), *(tickets.c[name] for name in OverTicket._fields))
    with snapshot(engine) as connection, long_statements(connection, _SEARCH_SECONDS_MAX):
        rows = connection.execute(
            select(*columns, tickets.c.status, goes_on.exists().label("goes_on"))
            .where(*_of(tickets, person))
            .order_by(*key_columns(tickets), tickets.c.number)
        ).all()
    return [
        Held(
            key_of(row),
            OverTicket(row.ticket_code, row.number, row.visit),
            row.goes_on or TicketStatus(row.status) in ACTIVE or not is_over(key_of(row)),
        )
        for row in rows
    ]


def erase(engine: Engine, person: Person, held: Sequence[Held], user: str, now: datetime) -> None:
    """Takes the patient's data out of these tickets, none of them open, day by day, and forgets what was
    tried with the number. It is recorded first that `user` does so, not whose data they were. Raises
    StoreUnavailable, and StoreForbids; what was erased stays so."""

    def begin(connection: Connection) -> None:
        record_looks(connection, [_look(person, user, ERASURE, len(held))], now)
        connection.execute(delete(mismatches).where(*_of(mismatches, person)))

    in_transaction(engine, begin)
    for day, of_day in groupby(held, key=lambda each: each.day):
        over = [each.ticket for each in of_day]
        in_transaction(engine, partial(purge_tickets, day=day, over=over))


def count_tried(engine: Engine, person: Person) -> int:
    """On how many days something was tried with the number that is remembered still."""
    with snapshot(engine) as connection:
        counted = select(func.count()).select_from(mismatches).where(*_of(mismatches, person))
        return connection.scalar(counted) or 0


def _of(table: Any, person: Person) -> list[Any]:
    return [table.c[name] == value for name, value in person._asdict().items()]


def _look(person: Person, user: str, request: str, names: int) -> Look:
    return Look(user, person.hospital, EVERY_CLINIC, request, names)


def _events(connection: Connection, ticket: RowMapping) -> list[Mapping[str, Any]]:
    of_ticket = [journal.c[name] == ticket[name] for name in (*ClinicDay._fields, "number")]
    rows = connection.execute(
        select(journal.c.event_name.label("event"), journal.c.occurred_at)
        .where(*of_ticket)
        .order_by(journal.c.sequence)
    )
    return [{**row} for row in rows.mappings()]
