"""A ticket as replies show it to the staff of its clinic."""

from datetime import datetime

from common.domain.catalog import Clinic
from common.domain.elsewhere import Elsewhere
from common.domain.newborns import shown_name
from common.domain.ticket_record import TicketRecord
from common.domain.tickets import PriorityReason, display_number
from common.messages.desk_replies import DeskTicket, other_room


def desk_ticket(
    clinic: Clinic, row: TicketRecord, *, with_names: bool, elsewhere: Elsewhere | None = None
) -> DeskTicket:
    """The ticket in a reply; whose it is only `with_names`, and in which room `elsewhere` its patient is."""
    return DeskTicket(
        number=row.number,
        display_number=display_number(clinic.code, row.number),
        service_date=row.service_date,
        status=row.status,
        lane=row.lane,
        priority_reason=row.priority_reason if isinstance(row.priority_reason, PriorityReason) else None,
        room=row.room,
        registered_at=clinic.hospital.local_time(row.registered_at),
        called_at=_local(clinic, row.called_at),
        started_at=_local(clinic, row.started_at),
        patient_name=shown_name(row.patient_name, row.birth_order) if with_names else None,
        elsewhere=None if elsewhere is None else other_room(elsewhere),
    )


def _local(clinic: Clinic, moment: datetime | None) -> datetime | None:
    return None if moment is None else clinic.hospital.local_time(moment)
