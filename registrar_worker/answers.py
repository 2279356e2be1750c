"""Composes the replies to a batch that was decided."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from common.domain.clinic_day import ClinicDay
from common.domain.clinic_records import NO_RECORDS
from common.domain.queue_advance import Occupant
from common.domain.tickets import display_number
from common.messages.desk_replies import at_desk
from common.messages.message import EncodedReply, Reply
from common.messages.patients import Ticket
from common.patient_tickets import PatientTickets
from common.storage.journal import ClinicOf
from common.storage.service_times import Learned
from registrar_worker.decisions import Decided, Decision
from registrar_worker.loading import Loaded
from registrar_worker.ticket_snapshots import TicketSnapshot


def compose_replies(loaded: Loaded, decided: Decided, clinic_of: ClinicOf) -> list[Reply | EncodedReply]:
    """The replies in the order of the decisions."""
    shown = _ShownMoments(clinic_of, loaded.learned, loaded.now)
    return [_reply(each, shown) for each in decided.decisions]


def _reply(decision: Decision, shown: "_ShownMoments") -> Reply | EncodedReply:
    refusal = decision.refusal
    if refusal is not None and not callable(refusal):
        return refusal
    assert decision.shown is not None
    ticket = shown.ticket(decision.shown)
    if refusal is not None:
        return refusal(ticket)
    return ticket if decision.at_desk is None else at_desk(ticket, _duplicate(decision))


def _duplicate(decision: Decision) -> str | None:
    """The number of another ticket that the patient may hold, as it is shown."""
    assert decision.at_desk is not None
    assert decision.shown is not None
    number = decision.at_desk.possible_duplicate
    return None if number is None else display_number(decision.shown.view.clinic_day.clinic, number)


@dataclass(frozen=True, slots=True)
class _ShownMoments:
    """Composes the tickets of moments as they are shown at `now`; each state of a queue has one outlook."""

    clinic_of: ClinicOf
    learned: Learned
    now: datetime
    # Each with its list of occupants, which lives as long: no other list can have its identity meanwhile.
    queues: dict[tuple[ClinicDay, int], tuple[PatientTickets, Sequence[Occupant]]] = field(
        default_factory=dict
    )

    def ticket(self, moment: TicketSnapshot) -> Ticket:
        """The ticket as its patient sees it."""
        view, occupants = moment
        key = (view.clinic_day, id(occupants))
        found = self.queues.get(key)
        if found is None:
            clinic = self.clinic_of(view.clinic_day)
            queue = PatientTickets(clinic, occupants, self.learned.get(clinic.key, NO_RECORDS), self.now)
            found = self.queues[key] = queue, occupants
        return found[0].ticket(view)
