"""What the staff do with a clinic's queue, by the rules: all are told the places in which they are called."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from common.domain.catalog import Clinic, QueueMode
from common.domain.clinic_lanes import USUAL_REASONS, ClinicLanes, LaneRule
from common.domain.lanes import LANES, Lane, Standing
from common.domain.places import PlacedTicket
from common.domain.queue import Queue, new_queue
from common.domain.queue_advance import Waiter
from common.domain.ticket_record import TicketRecord
from common.domain.ticket_states import TicketStatus
from common.domain.tickets import CallReason
from tests.domain.clinics import clinic, in_bandung
from tests.domain.test_desk_actions import caller, record
from ticker_worker.rules import calling, waiting
from ticker_worker.rules.action_results import ActionResult

WAITS, CALLED, PARKED, NO_SHOW = (
    TicketStatus.WAITING,
    TicketStatus.CALLED,
    TicketStatus.PARKED,
    TicketStatus.NO_SHOW,
)

NOW = in_bandung(23, 9)
ACTS = {
    "arrive": (),
    "call": (),
    "call out of turn": (WAITS, PARKED, NO_SHOW),
    "skip": (WAITS, CALLED),
    "park": (CALLED,),
    "unpark": (PARKED,),
    "no-show": (CALLED,),
    "reinstate": (NO_SHOW,),
    "give priority": (WAITS,),
}
"""By act: in which states a ticket is with which it can be done."""

acts = st.lists(st.tuples(st.sampled_from([*ACTS]), st.integers(0, 50)), max_size=40)


@st.composite
def clinics(draw: st.DrawFn) -> Clinic:
    """A clinic whose desk calls, of two to four lanes."""
    above = draw(st.sets(st.sampled_from(LANES[:-1]), min_size=1))
    rules = [LaneRule(lane, draw(st.integers(1, 4)), USUAL_REASONS[lane]) for lane in LANES if lane in above]
    skip_places = draw(st.integers(1, 4))
    return clinic(mode=QueueMode.DESK, lanes=ClinicLanes((*rules,)), skip_places=skip_places)


@dataclass
class Desk:
    """A clinic's queue and tickets, as the database holds them."""

    clinic: Clinic
    now: datetime = NOW
    tickets: dict[int, TicketRecord] = field(default_factory=dict)
    called: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.queue: Queue = new_queue(self.clinic.clinic_day(self.now), self.now, self.now)

    @property
    def lanes(self) -> list[Lane]:
        """Those of the clinic."""
        return [*(rule.lane for rule in self.clinic.lanes.rules), Lane.REGULAR]

    def waiting_in(self, lane: Lane) -> list[PlacedTicket]:
        """Who waits in a lane, by place."""
        found = [each for each in self.tickets.values() if (each.status, each.lane) == (WAITS, lane)]
        return sorted((PlacedTicket(each.number, each.place) for each in found), key=lambda each: each.place)

    def told(self) -> dict[int, int]:
        """How many are ahead of each that waits."""
        ratios = self.clinic.lanes.ratios
        stands = (self.queue.waiting_by_lane, self.queue.streaks, ratios)
        return {
            each.number: Standing(lane.rank, ahead, *stands).people_ahead
            for lane in LANES
            for ahead, each in enumerate(self.waiting_in(lane))
        }

    def act(self, act: str, which: int) -> None:
        """One act, where there is a ticket with which it can be done."""
        self.now += timedelta(minutes=1)
        able = [each for each in self.tickets.values() if each.status in ACTS[act]]
        if act == "arrive":
            self.arrive(self.lanes[which % len(self.lanes)])
        elif act == "call":
            self.call()
        elif able:
            done = self.done(act, able[which % len(able)], which)
            if done is not None:
                self.keep(done)

    def arrive(self, lane: Lane) -> None:
        """The next number comes."""
        self.queue, change = self.queue.admit(lane, self.now, self.now)
        assert change.ticket is not None
        number = change.ticket.number
        new = record(number, WAITS, lane=lane)
        self.tickets[number] = replace(new, arrived_at=self.now, place_at=self.now)

    def call(self) -> bool:
        """Calls whose turn it is; False where nobody waits."""
        first = [Waiter(each.number, self.now, lane) for lane in LANES for each in self.waiting_in(lane)[:1]]
        if first:
            self.keep(calling.call_next(self.clinic, self.queue, first, caller(1), self.now))
        return bool(first)

    def done(self, act: str, ticket: TicketRecord, which: int) -> ActionResult | None:
        """What an act changes; None where the ticket is there already."""
        queue, now = self.queue, self.now
        lane = self.waiting_in(ticket.lane)
        match act:
            case "call out of turn":
                why = CallReason.RESULTS
                return calling.call_ticket(self.clinic, queue, ticket, None, caller(1), why, now)
            case "skip":
                following = self._following(ticket, lane)
                stays = ticket.status is WAITS and not following
                return None if stays else waiting.skip(queue, ticket, following, now)
            case "park":
                return waiting.park(queue, ticket, now)
            case "unpark":
                return waiting.unpark(queue, ticket, lane[:1], now)
            case "no-show":
                return calling.mark_no_show(queue, ticket, now)
            case "reinstate":
                return waiting.reinstate(queue, ticket, None, lane[: self.clinic.skip_places], now)
        to = self.lanes[which % len(self.lanes)]
        reason = next((rule.reasons[0] for rule in self.clinic.lanes.rules if rule.lane is to), None)
        return None if to is ticket.lane else waiting.set_priority(self.clinic, queue, ticket, reason, now)

    def _following(self, ticket: TicketRecord, lane: Sequence[PlacedTicket]) -> Sequence[PlacedTicket]:
        behind = [each for each in lane if ticket.status is not WAITS or each.place > ticket.place]
        return behind[: self.clinic.skip_places]

    def keep(self, result: ActionResult) -> None:
        """Writes what was decided."""
        [self.queue] = result.queues
        for each in result.changes:
            assert each.ticket is not None
            number, status, lane, room = each.ticket
            called_at = self.now if status is CALLED else None
            before = self.tickets[number]
            self.tickets[number] = replace(before, status=status, lane=lane, room=room, called_at=called_at)
            if status is CALLED:
                self.called.append(number)
        for _, moved in result.moved:
            for number, place in moved:
                before = self.tickets[number]
                self.tickets[number] = replace(before, place_at=place.at, place_number=place.number)


@given(clinics(), acts)
def test_people_ahead_is_the_real_order_of_calls_whatever_the_staff_did_before(
    of: Clinic, asked: list[tuple[str, int]]
) -> None:
    desk = Desk(of)
    for lane in [*desk.lanes, *desk.lanes]:
        desk.act("arrive", desk.lanes.index(lane))
    for each in asked:
        desk.act(*each)
    told = desk.told()
    desk.called.clear()
    while desk.call():
        pass
    assert told == {number: ahead for ahead, number in enumerate(desk.called)}
