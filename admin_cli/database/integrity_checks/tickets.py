"""Tickets that have in common what only one may have, or whose transfer leads nowhere."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from admin_cli.database.integrity_checks.statement_parts import has, key
from common.domain.event_names import EventName
from common.domain.ticket_states import TicketStatus
from common.storage.patient_columns import same_patient
from common.storage.tables import tickets

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
    others that name one. Whose new ticket was corrected may have other data there."""
    new = tickets.alias("new")
    is_same = and_(same_patient(new, tickets), new.c.date_of_birth == tickets.c.date_of_birth)
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
