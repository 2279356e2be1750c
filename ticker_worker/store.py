"""The ticker's SQL: claim what is due, write what happened, forget old refusals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, case, delete, func, select, tuple_, update

from common.domain.tickets import TicketStatus
from common.storage.queues import ClinicDay, key_columns, key_of
from common.storage.tables import clinic_days, refusals, tickets


@dataclass(frozen=True, slots=True)
class TicketChange:
    """What became of a ticket; None leaves a column as it is."""

    key: ClinicDay
    number: int
    status: TicketStatus
    room: int | None = None
    called_at: datetime | None = None
    ended_at: datetime | None = None


def claim_due(connection: Connection, now: datetime, until: datetime, limit: int) -> list[ClinicDay]:
    """The queues in which something is due at `now`, the longest due first, at most `limit`.

    They are claimed until `until`: only then, or when their tick was applied, are they due again. Rows that
    somebody else is claiming or changing at this moment are passed over.
    """
    due = (
        select(*key_columns(clinic_days))
        .where(clinic_days.c.next_change_at <= now)
        .order_by(clinic_days.c.next_change_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = connection.execute(
        update(clinic_days)
        .where(tuple_(*key_columns(clinic_days)).in_(due))
        .values(next_change_at=until)
        .returning(*key_columns(clinic_days))
    )
    return [key_of(row) for row in claimed]


_write_ticket = (
    update(tickets)
    .where(
        *(column == bindparam(f"key_{column.key}") for column in key_columns(tickets)),
        tickets.c.number == bindparam("key_number"),
    )
    .values(
        status=bindparam("new_status"),
        room=func.coalesce(bindparam("new_room", type_=tickets.c.room.type), tickets.c.room),
        called_at=func.coalesce(
            bindparam("new_called_at", type_=tickets.c.called_at.type), tickets.c.called_at
        ),
        # Where nobody said that the service began, it began with the call.
        started_at=case(
            (
                bindparam("new_status") == TicketStatus.SERVED,
                func.coalesce(
                    tickets.c.started_at,
                    bindparam("new_called_at", type_=tickets.c.called_at.type),
                    tickets.c.called_at,
                ),
            ),
            else_=tickets.c.started_at,
        ),
        ended_at=bindparam("new_ended_at", type_=tickets.c.ended_at.type),
    )
)


def write_tickets(connection: Connection, changes: Sequence[TicketChange]) -> None:
    """Writes what became of tickets in locked queues."""
    rows = [
        {
            "key_hospital": change.key[0],
            "key_clinic": change.key[1],
            "key_service_date": change.key[2],
            "key_number": change.number,
            "new_status": change.status.value,
            "new_room": change.room,
            "new_called_at": change.called_at,
            "new_ended_at": change.ended_at,
        }
        for change in changes
    ]
    if rows:
        connection.execute(_write_ticket, rows)


def forget_refusals(connection: Connection, before: datetime) -> None:
    """Removes refusals of requests that are too old to be taken up anyway."""
    connection.execute(delete(refusals).where(refusals.c.refused_at < before))
