"""Places in a lane, however often tickets are skipped, parked, brought back and taken back: a total order, in
which only the ticket that is meant moves."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from common.domain.lanes import Lane
from common.domain.places import LanePlace, Place, PlacedTicket
from common.domain.queue import Queue, new_queue
from common.domain.ticket_record import TicketRecord
from common.domain.ticket_states import TicketStatus
from tests.domain.clinics import clinic, in_bandung
from tests.domain.test_desk_actions import record
from ticker_worker.rules import waiting
from ticker_worker.rules.action_results import ActionResult
from ticker_worker.rules.undoing import moved_back

NOW = in_bandung(23, 9)
MOVES = ("arrive", "call", "call_out", "skip", "no_show", "reinstate", "park", "unpark", "undo", "undo_later")
WAITS, CALLED, PARKED, NO_SHOW = (
    TicketStatus.WAITING,
    TicketStatus.CALLED,
    TicketStatus.PARKED,
    TicketStatus.NO_SHOW,
)

moves = st.lists(
    st.tuples(st.sampled_from(MOVES), st.integers(0, 50), st.booleans()), min_size=20, max_size=60
)


@dataclass
class OneLane:
    """One lane, as the database holds it; `order` is how its tickets are to be called, by the words of the
    rules."""

    skip_places: int
    queue: Queue = field(default_factory=lambda: new_queue(clinic().clinic_day(NOW), NOW, NOW))
    tickets: dict[int, TicketRecord] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    # What the last skip did to which ticket: its place before.
    last_skip: tuple[int, Place, list[int]] | None = None
    # The tickets of which a skip was the last act, as they were before.
    skipped: dict[int, TicketRecord] = field(default_factory=dict)

    def waiting(self) -> list[PlacedTicket]:
        """Who waits, by place."""
        found = [
            PlacedTicket(each.number, each.place) for each in self.tickets.values() if each.status is WAITS
        ]
        return sorted(found, key=lambda each: each.place)

    def those(self, *statuses: TicketStatus) -> list[TicketRecord]:
        """The tickets in one of these states."""
        return [each for each in self.tickets.values() if each.status in statuses]

    def keep(self, ticket: TicketRecord, status: TicketStatus, result: ActionResult) -> None:
        """Writes what was decided."""
        [self.queue] = result.queues
        self.tickets[ticket.number] = replace(ticket, status=status)
        for _, placed in result.moved:
            for number, place in placed:
                moved = self.tickets[number]
                self.tickets[number] = replace(moved, place_at=place.at, place_number=place.number)

    def arrive(self, together: bool) -> None:
        """The next number comes, at the same moment as the one before or a minute later."""
        number = len(self.tickets) + 1
        before = self.tickets[number - 1].arrived_at if self.tickets else NOW
        came = before if together else before + timedelta(minutes=1)
        new = replace(record(number, WAITS), arrived_at=came, place_at=came, place_number=number)
        self.tickets[number] = new
        self.queue, _ = self.queue.admit(Lane.REGULAR, NOW, NOW)
        self.order.append(number)

    def go(self, number: int, status: TicketStatus) -> None:
        """A ticket comes into a state in which it does not wait."""
        self.tickets[number] = replace(self.tickets[number], status=status, called_at=NOW)
        self.skipped.pop(number, None)
        if number in self.order:
            self.order.remove(number)

    def skip(self, ticket: TicketRecord) -> None:
        """Who is late goes back."""
        waits = ticket.status is WAITS
        following = [each for each in self.waiting() if not waits or each.place > ticket.place]
        following = following[: self.skip_places]
        if waits and not following:
            return
        # How it stands is the rule's own condition; the counters of the queue do not matter here.
        self.last_skip = (ticket.number, ticket.place, [*self.order]) if waits else None
        self.keep(ticket, WAITS, waiting.skip(self.queue, ticket, following, NOW))
        self.skipped[ticket.number] = ticket
        place = self.order.index(ticket.number) if waits else 0
        if waits:
            self.order.remove(ticket.number)
        self.order.insert(place + len(following), ticket.number)

    def reinstate(self, ticket: TicketRecord) -> None:
        """Who did not come is there after all."""
        first = self.waiting()[: self.skip_places]
        self.keep(ticket, WAITS, waiting.reinstate(self.queue, ticket, None, first, NOW))
        self.order.insert(len(first), ticket.number)

    def unpark(self, ticket: TicketRecord) -> None:
        """Who was not ready is ready."""
        self.keep(ticket, WAITS, waiting.unpark(self.queue, ticket, self.waiting()[:1], NOW))
        self.order.insert(0, ticket.number)

    def undo(self) -> None:
        """The last skip of one who waited is taken back, if it was the last that was done."""
        if self.last_skip is None:
            return
        number, before, order = self.last_skip
        self.move_back(number, before)
        self.order = order

    def undo_later(self, number: int) -> None:
        """A skip is taken back after others were moved; also one of who was called, and is so again."""
        before = self.skipped[number]
        self.move_back(number, before.place)
        self.order = [each.number for each in self.waiting()]
        if before.status is CALLED:
            self.go(number, CALLED)

    def move_back(self, number: int, to: Place) -> None:
        """A skipped ticket gets its place again."""
        ticket = self.tickets[number]
        passed = [LanePlace(each.number, ticket.lane, each.place) for each in self.waiting()]
        others = [each.number for each in self.waiting() if each.number != number]
        for moved, place in moved_back(ticket, to, passed):
            other = self.tickets[moved]
            self.tickets[moved] = replace(other, place_at=place.at, place_number=place.number)
        assert [each.number for each in self.waiting() if each.number != number] == others
        del self.skipped[number]

    def step(self, move: str, which: int, flag: bool) -> None:
        """One of the moves, of a ticket of which it is possible."""
        if move == "arrive":
            self.arrive(flag)
        elif move == "undo":
            self.undo()
        elif move == "undo_later" and self.skipped:
            self.undo_later(sorted(self.skipped)[which % len(self.skipped)])
        elif move == "call" and self.order:
            self.go(self.order[0], CALLED)
        elif move == "call_out" and (found := self.those(WAITS, PARKED, NO_SHOW)):
            self.go(found[which % len(found)].number, CALLED)
        elif move in ("no_show", "park") and (found := self.those(CALLED)):
            self.go(found[which % len(found)].number, NO_SHOW if move == "no_show" else PARKED)
        elif move == "skip" and (found := self.those(WAITS, CALLED)):
            self.skip(found[which % len(found)])
        elif move == "reinstate" and (found := self.those(NO_SHOW)):
            self.reinstate(found[which % len(found)])
        elif move == "unpark" and (found := self.those(PARKED)):
            self.unpark(found[which % len(found)])
        if move != "skip":
            self.last_skip = None


@given(moves, st.integers(1, 5), st.integers(1, 6))
def test_only_the_ticket_that_is_meant_moves_and_by_as_many_as_are_behind_it(
    asked: list[tuple[str, int, bool]], skip_places: int, arrivals: int
) -> None:
    lane = OneLane(skip_places)
    for _ in range(arrivals):
        lane.arrive(False)
    for move, which, flag in asked:
        lane.step(move, which, flag)
        assert [each.number for each in lane.waiting()] == lane.order
        numbers = [each.place_number for each in lane.tickets.values()]
        assert len({*numbers}) == len(numbers), "two tickets have one place"


def test_a_hundred_skips_of_the_first_leave_the_places_as_they_were() -> None:
    lane = OneLane(skip_places=3)
    for _ in range(8):
        lane.arrive(False)
    places = sorted(each.place for each in lane.tickets.values())
    for _ in range(100):
        lane.skip(lane.tickets[lane.order[0]])
    assert sorted(each.place for each in lane.tickets.values()) == places
    assert [each.number for each in lane.waiting()] == lane.order
