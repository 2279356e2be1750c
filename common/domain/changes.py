"""What a decision changes in a queue: journal entries and events are made of these, in storage/journal.py."""

from datetime import datetime
from typing import NamedTuple

from common.domain.absences import Absence
from common.domain.accuracy import Judged
from common.domain.cancellations import Cancellation
from common.domain.clinic_day import ClinicDay
from common.domain.corrections import Correction
from common.domain.event_names import EventName
from common.domain.lanes import ByLane
from common.domain.places import Place
from common.domain.ticket_states import TicketState, TicketStatus
from common.domain.tickets import CallReason, LaneReason
from common.domain.told import ToldInterval
from common.domain.visits import Neighbour, Station


class TicketBefore(NamedTuple):
    """How a ticket was before something that the staff can take back: its state, its room and moments; and
    since when that room was free (`room_freed`), if it was. Before a call in turn, `streaks` are the queue's.
    `place` is where it was, if it was moved, and `told` what its patient had been told, which does not stand
    for whoever is moved or parked."""

    status: TicketStatus
    room: int | None = None
    streaks: ByLane | None = None
    called_at: datetime | None = None
    started_at: datetime | None = None
    room_freed: datetime | None = None
    ended_at: datetime | None = None
    waiting_since: datetime | None = None
    place: Place | None = None
    told: ToldInterval | None = None


class Change(NamedTuple):
    """One thing that happened in a queue at the moment `at`, with the queue as it was left by it.

    `sequence` counts the changes of a queue from 1, without gaps. `ticket` is the ticket as it is now, None
    where it happened to the clinic; its room is the one to which it was called, also where it leaves it.
    `lane_reason` comes with a change of lane, `transferred_to` (the code of the new ticket) with a transfer;
    neither appears in events. `cancellation` comes with a cancelled ticket, `correction` with a
    corrected one, of which events tell only the members. `out_of_turn` comes with a call that was not in
    turn; `places` says behind how many who wait the ticket was put. `before` is how the ticket was before
    what can be taken back; of an undoing it is how the ticket is again, and `takes_back` the request that did
    what is undone. `sent_to` is the ticket to which a patient was sent on, with the `station` of the
    visit that this one is; `sent_from` comes with the ticket that was given out for it. `absence` is the one
    that began, or is over. `judged` is what a call by the staff has made of what the patient was told.
    """

    clinic_day: ClinicDay
    sequence: int
    event: EventName
    at: datetime
    waiting: int
    now_serving: int | None
    ticket: TicketState | None = None
    lane_reason: LaneReason | None = None
    transferred_to: str | None = None
    cancellation: Cancellation | None = None
    correction: Correction | None = None
    out_of_turn: CallReason | None = None
    places: int | None = None
    before: TicketBefore | None = None
    takes_back: str | None = None
    sent_to: Neighbour | None = None
    sent_from: Neighbour | None = None
    station: Station | None = None
    absence: Absence | None = None
    judged: Judged | None = None
