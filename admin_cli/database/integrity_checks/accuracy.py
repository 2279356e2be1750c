"""Sums of the intervals that patients were told, which do not agree with the calls that judged them."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from admin_cli.database.integrity_checks.days import undoings
from admin_cli.database.integrity_checks.statement_parts import key, same_day
from common.domain.accuracy import Accuracy
from common.domain.event_names import EventName
from common.storage.tables import accuracy, clinic_days, journal

_COUNTS: Final = ("held", "missed", "late")
_BY_CALLS: Final = (*_COUNTS, "wait_seconds", "error_seconds")
"""What only calls add to, of an Accuracy; the rest is also added to at the end of a day, without an event."""

_sums = (
    select(*key(accuracy), *(func.sum(accuracy.c[name]).label(name) for name in _BY_CALLS))
    .group_by(*key(accuracy))
    .subquery()
)


def _judged(name: str) -> ColumnElement[int]:
    """What one call has added, as the journal has it: first the width, then an Accuracy."""
    place = 1 + Accuracy._fields.index(name)
    return func.coalesce(func.sum(journal.c.undo["judged"][place].as_integer()), 0).label(name)


_calls = (
    select(*key(journal), *map(_judged, _BY_CALLS))
    .select_from(
        journal.outerjoin(undoings, and_(same_day(journal, undoings), undoings.c.call == journal.c.cause_id))
    )
    .where(journal.c.event_name == EventName.TICKET_CALLED, undoings.c.call.is_(None))
    .group_by(*key(journal))
    .subquery()
)


def judged_calls() -> Select[Any]:
    """Clinic-days whose sums are not those of their calls that were not taken back."""
    summed = {name: func.coalesce(_sums.c[name], 0) for name in _BY_CALLS}
    found = {name: func.coalesce(_calls.c[name], 0) for name in _BY_CALLS}
    return (
        select(
            *key(clinic_days),
            *(summed[name].label(name) for name in _COUNTS),
            *(found[name].label(f"{name}_found") for name in _COUNTS),
        )
        .join_from(clinic_days, _sums, same_day(clinic_days, _sums), isouter=True)
        .join(_calls, same_day(clinic_days, _calls), isouter=True)
        .where(or_(*(summed[name] != found[name] for name in _BY_CALLS)))
        .order_by(*key(clinic_days))
    )
