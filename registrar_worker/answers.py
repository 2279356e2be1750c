"""Composes the replies to a batch that was decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from common.domain.clinic_day import ClinicDay
from common.domain.clinic_records import NO_RECORDS
from common.domain.queue_advance import Occupant
from common.domain.tickets import display_number
from common.domain.told import ToldInterval
from common.messages.desk_replies import at_desk
from common.messages.message import EncodedReply, Reply
from common.messages.patients import Ticket
from common.patient_tickets import PatientTickets, patient_tickets
from common.storage.journal import ClinicOf
from common.storage.service_times import Learned
from registrar_worker.decisions import Decided, Decision
from registrar_worker.loading import Loaded
from registrar_worker.ticket_snapshots import TicketSnapshot


class Answers(NamedTuple):
    """The replies in the order of the decisions, and what they tell the patients of new tickets of their
    calls, by the codes of these."""

    replies: Sequence[Reply | EncodedReply]
    told: Mapping[str, ToldInterval]


def compose_answers(loaded: Loaded, decided: Decided, clinic_of: ClinicOf) -> Answers:
    """The replies to a batch. What the first reply to a registration tells is kept, not that of a repeated
    one."""
    shown = _ShownMoments(clinic_of, loaded.learned, loaded.now)
    untold = {each.ticket_code for each in decided.new_tickets}
    told: dict[str, ToldInterval] = {}
    replies: list[Reply | EncodedReply] = []
    for decision in decided.decisions:
        if decision.refusal is not None and not callable(decision.refusal):
            replies.append(decision.refusal)
            continue
        assert decision.shown is not None
        queue, view = shown.queue(decision.shown), decision.shown.view
        if view.ticket_code in untold:
            untold.remove(view.ticket_code)
            ticket, interval = queue.ticket_and_told(view)
            if interval is not None:
                told[view.ticket_code] = interval
        else:
            ticket = queue.ticket(view)
        replies.append(_reply(decision, ticket))
    return Answers(replies, told)


def _reply(decision: Decision, ticket: Ticket) -> Reply | EncodedReply:
    if callable(decision.refusal):
        return decision.refusal(ticket)
    return ticket if decision.at_desk is None else at_desk(ticket, _duplicate(decision))


def _duplicate(decision: Decision) -> str | None:
    """The number of another ticket that the patient may hold, as it is shown."""
    assert decision.at_desk is not None
    assert decision.shown is not None
    number = decision.at_desk.possible_duplicate
    return None if number is None else display_number(decision.shown.view.clinic_day.clinic, number)


@dataclass(frozen=True, slots=True)
class _ShownMoments:
    """The queues of moments as their patients see them at `now`; each state of a queue has one outlook."""

    clinic_of: ClinicOf
    learned: Learned
    now: datetime
    # Each with its list of occupants, which lives as long: no other list can have its identity meanwhile.
    queues: dict[tuple[ClinicDay, int], tuple[PatientTickets, Sequence[Occupant]]] = field(
        default_factory=dict
    )

    def queue(self, moment: TicketSnapshot) -> PatientTickets:
        """The queue of the ticket."""
        view, occupants = moment
        key = (view.clinic_day, id(occupants))
        found = self.queues.get(key)
        if found is None:
            clinic = self.clinic_of(view.clinic_day)
            records = self.learned.get(clinic.key, NO_RECORDS)
            queue = patient_tickets(clinic, occupants, records, self.now)
            found = self.queues[key] = queue, occupants
        return found[0]
