"""The estimate of the call: what it must say of every queue, and that it is exact where nothing is random."""

from dataclasses import dataclass, replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from common.domain.catalog import QueueMode
from common.domain.queue_advance import Occupant, Serving, Waiter, advance
from common.domain.tickets import TicketStatus
from common.domain.waiting_time import Estimate, Outlook, ServiceTime
from tests.domain.queue_runs import MORNING

NOW = MORNING + timedelta(hours=2)


@dataclass(frozen=True)
class Situation:
    """Those in the rooms of a clinic at `NOW`."""

    rooms: int
    occupants: tuple[Occupant, ...]
    service: ServiceTime

    def estimate(self, people_ahead: int) -> Estimate:
        """The estimate for somebody with so many waiting people ahead."""
        return Outlook(self.rooms, self.occupants, self.service, NOW).estimate(people_ahead)


@st.composite
def situations(draw: st.DrawFn, *, spread: bool = True, rooms_closed: bool = True) -> Situation:
    """One to four rooms, some taken by patients who are not overdue; maybe rooms were closed under them."""
    rooms = draw(st.integers(1, 4))
    taken = draw(st.sets(st.integers(1, rooms + 2 if rooms_closed else rooms)))
    mean = draw(st.integers(60, 3600))
    occupants = tuple(
        Occupant(
            number,
            room,
            TicketStatus.CALLED,
            NOW - timedelta(seconds=draw(st.integers(0, mean - 1))),
        )
        for number, room in enumerate(sorted(taken), start=1)
    )
    deviation = timedelta(seconds=draw(st.integers(0, 2 * mean))) if spread else timedelta()
    return Situation(rooms, occupants, ServiceTime(timedelta(seconds=mean), deviation))


@given(situations(), st.integers(0, 200))
def test_the_interval_holds_the_expected_moment_and_begins_no_earlier_than_now(
    situation: Situation, people_ahead: int
) -> None:
    estimate = situation.estimate(people_ahead)
    assert NOW <= estimate.earliest_call_at <= estimate.call_at <= estimate.latest_call_at


@given(situations(), st.integers(0, 200))
def test_more_people_ahead_never_mean_an_earlier_call(situation: Situation, people_ahead: int) -> None:
    fewer, more = situation.estimate(people_ahead), situation.estimate(people_ahead + 1)
    assert fewer.call_at <= more.call_at
    assert fewer.latest_call_at <= more.latest_call_at


@given(situations(rooms_closed=False))
def test_with_a_free_room_for_everybody_the_call_is_now(situation: Situation) -> None:
    for people_ahead in range(situation.rooms - len(situation.occupants)):
        assert situation.estimate(people_ahead) == Estimate(NOW, NOW, NOW)


@given(situations(spread=False), st.integers(1, 12))
def test_without_spread_the_estimate_is_the_call_itself(situation: Situation, people: int) -> None:
    serving = Serving(
        QueueMode.CLOCK, situation.rooms, situation.service.mean, MORNING, NOW + timedelta(days=9)
    )
    waiters = [Waiter(number, NOW) for number in range(100, 100 + people)]
    moved = advance(serving, situation.occupants, waiters, NOW + timedelta(days=8))
    called = [each.at for each in moved.transitions if each.status is TicketStatus.CALLED]
    assert called == [situation.estimate(ahead).call_at for ahead in range(people)]
    assert called == [situation.estimate(ahead).latest_call_at for ahead in range(people)]


@given(situations(), st.integers(4, 50))
def test_a_more_irregular_service_gives_a_wider_interval(situation: Situation, people_ahead: int) -> None:
    service = situation.service
    doubled = replace(situation, service=ServiceTime(service.mean, 2 * service.spread + timedelta(seconds=1)))
    narrow, wide = situation.estimate(people_ahead), doubled.estimate(people_ahead)
    assert narrow.call_at == wide.call_at
    assert narrow.latest_call_at < wide.latest_call_at


def test_the_interval_of_a_known_queue() -> None:
    """One room, four departures to come: 10 minutes each, and 1.2816 · √4 · 5 minutes to either side."""
    in_room = Occupant(1, 1, TicketStatus.IN_SERVICE, NOW - timedelta(minutes=4))
    service = ServiceTime(timedelta(minutes=10), timedelta(minutes=5))
    estimate = Outlook(1, [in_room], service, NOW).estimate(3)
    assert estimate.call_at == NOW + timedelta(minutes=36)
    assert estimate.latest_call_at - estimate.call_at == timedelta(minutes=12.816)
    assert estimate.call_at - estimate.earliest_call_at == timedelta(minutes=12.816)


def test_two_rooms_halve_the_spread_of_as_many_departures() -> None:
    in_rooms = [Occupant(room, room, TicketStatus.CALLED, NOW) for room in (1, 2)]
    service = ServiceTime(timedelta(minutes=10), timedelta(minutes=5))
    estimate = Outlook(2, in_rooms, service, NOW).estimate(3)
    assert estimate.call_at == NOW + timedelta(minutes=20)
    assert estimate.latest_call_at - estimate.call_at == timedelta(minutes=6.408)


def test_somebody_overdue_is_expected_to_leave_now() -> None:
    overdue = Occupant(1, 1, TicketStatus.IN_SERVICE, NOW - timedelta(hours=1))
    service = ServiceTime(timedelta(minutes=10), timedelta(minutes=5))
    assert Outlook(1, [overdue], service, NOW).estimate(0).call_at == NOW
