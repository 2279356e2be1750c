"""Tickets that have in common what only one may have, or whose transfer leads nowhere."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from admin_cli.database.integrity_checks.statement_parts import has, is_active, is_purged, key, same_day
from common.domain.event_names import EventName
from common.domain.ticket_states import TicketStatus
from common.storage.patient_columns import same_patient
from common.storage.tables import clinic_days, tickets

Columns = tuple[ColumnElement[Any], ...]


def together(common: Columns, condition: ColumnElement[bool], shown: Columns) -> Select[Any]:
    """Tickets of one day that have something in common which only one may have."""
    return (
        select(
            *key(tickets),
            *shown,
            func.count().label("tickets"),
            func.min(tickets.c.number).label("smallest"),
            func.max(tickets.c.number).label("largest"),
        )
        .where(condition)
        .group_by(*key(tickets), *common)
        .having(func.count() > 1)
    )


def transfers() -> Select[Any]:
    """Transferred tickets without a new one of the same patient, in another clinic or on a later day; and
    others that name one. Whose new ticket was corrected may have other data there; a purged one has none."""
    new = tickets.alias("new")
    is_same = or_(
        and_(same_patient(new, tickets), new.c.date_of_birth == tickets.c.date_of_birth),
        *map(is_purged, (new, tickets)),
    )
    is_elsewhere = or_(new.c.clinic != tickets.c.clinic, new.c.service_date > tickets.c.service_date)
    is_given = (
        select(new.c.number)
        .where(
            new.c.ticket_code == tickets.c.transferred_to,
            new.c.hospital == tickets.c.hospital,
            or_(is_same, has(new, [EventName.TICKET_CORRECTED])),
            is_elsewhere,
        )
        .exists()
    )
    is_transferred = tickets.c.status == TicketStatus.TRANSFERRED
    return select(*key(tickets), tickets.c.number, tickets.c.status).where(
        or_(and_(is_transferred, ~is_given), and_(~is_transferred, tickets.c.transferred_to.is_not(None)))
    )


def purged() -> Select[Any]:
    """Tickets that have lost their patient's data too early, or not wholly, or not yet in a purged queue."""
    of_patient = [tickets.c[name] for name in ("medical_record_number", "patient_name", "date_of_birth")]
    lost = [each.is_(None) for each in of_patient]
    kept = [each.is_not(None) for each in of_patient]
    wrong = or_(
        and_(or_(*lost), or_(*kept)),
        and_(or_(*lost), is_active),
        and_(or_(*kept), clinic_days.c.purged_at.is_not(None)),
    )
    found = select(*key(tickets), tickets.c.number, tickets.c.status)
    return found.join(clinic_days, same_day(clinic_days, tickets)).where(wrong)
