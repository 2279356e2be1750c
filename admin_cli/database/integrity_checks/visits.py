"""Stations of visits that do not lead to one another."""

from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Select, and_, or_, select

from admin_cli.database.integrity_checks.statement_parts import has, is_purged, key
from common.domain.event_names import EventName
from common.storage.tables import tickets

_PATIENT: Final = ("medical_record_number", "birth_order", "date_of_birth")


def _of_one_patient(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    """That two tickets are one patient's, as far as one can tell: the staff correct the data of those that
    are not over, and a purged one has none."""
    are_equal = and_(*(one.c[name] == other.c[name] for name in _PATIENT))
    correction = [EventName.TICKET_CORRECTED]
    return or_(are_equal, is_purged(one), is_purged(other), has(one, correction), has(other, correction))


def _is_there(code: ColumnElement[Any]) -> ColumnElement[bool]:
    """That an earlier station of the same visit has this code."""
    before = tickets.alias("before")
    return (
        select(before.c.number)
        .where(
            before.c.ticket_code == code,
            before.c.visit == tickets.c.visit,
            before.c.hospital == tickets.c.hospital,
            before.c.station < tickets.c.station,
            _of_one_patient(before, tickets),
        )
        .exists()
    )


def visits() -> Select[Any]:
    """Stations of a visit that name no station before them of the same visit and patient, from which the
    patient was sent, or to which the patient goes back; and links of tickets that belong to no visit."""
    sent_from, return_to, station = (tickets.c[name] for name in ("sent_from", "return_to", "station"))
    in_visit = tickets.c.visit.is_not(None)
    wrong = or_(
        in_visit != station.is_not(None),
        and_(in_visit, (station > 1) != sent_from.is_not(None)),
        and_(or_(sent_from.is_not(None), return_to.is_not(None)), ~in_visit),
        and_(sent_from.is_not(None), ~_is_there(sent_from)),
        and_(return_to.is_not(None), ~_is_there(return_to)),
    )
    return select(*key(tickets), tickets.c.number, station).where(wrong)
