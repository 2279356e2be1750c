"""The estimate of the call: what it must say of every queue, and that it is exact where nothing is random."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.catalog import QueueMode
from common.domain.lanes import Standing
from common.domain.queue_advance import Occupant, Serving, Waiter, advance
from common.domain.ticket_states import TicketStatus
from common.domain.waiting_time import Estimate, Outlook, ServiceTime, Stretch
from tests.domain.queue_runs import MORNING

NOW = MORNING + timedelta(hours=2)

TEN_MINUTES = timedelta(minutes=10)
EXPONENTIAL = ServiceTime(TEN_MINUTES, TEN_MINUTES)
REGULAR = ServiceTime(TEN_MINUTES, timedelta())


def minutes(count: float) -> timedelta:
    """So many minutes."""
    return timedelta(minutes=count)


def overtaken(most: int) -> Standing:
    """The first place of a regular lane, before which so many of another lane can be called."""
    return Standing(1, 0, [0, 0], [0], [most])


@dataclass(frozen=True)
class Situation:
    """Those in the rooms of a clinic at `NOW`."""

    rooms: int
    occupants: tuple[Occupant, ...]
    service: ServiceTime
    stretches: tuple[Stretch, ...] = ()

    def estimate(self, people_ahead: int, overtaking_max: int = 0) -> Estimate:
        """The estimate for somebody with so many waiting people ahead."""
        # Whoever leaves a room that was closed meanwhile is followed by nobody.
        served = [each for each in self.occupants if each.room <= self.rooms]
        outlook = Outlook(self.rooms, served, self.service, NOW, self.stretches)
        return outlook.estimate(people_ahead, overtaken(overtaking_max))


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
    deviation = timedelta(seconds=draw(st.integers(0, mean))) if spread else timedelta()
    uncertainty = draw(st.floats(0, 0.3)) if spread else 0.0
    return Situation(rooms, occupants, ServiceTime(timedelta(seconds=mean), deviation, uncertainty))


@st.composite
def days(draw: st.DrawFn) -> tuple[Stretch, ...]:
    """How the day goes on: at other paces, with pauses and with priority patients; it ends with service."""
    stretches = []
    ends_at = NOW
    for _ in range(draw(st.integers(0, 4))):
        ends_at += timedelta(seconds=draw(st.integers(1, 10_000)))
        mean = draw(st.none() | st.floats(60, 3600))
        stretches.append(Stretch(ends_at, mean, (draw(st.floats(0, 5)), 0, 0)))
    return (*stretches, Stretch(ends_at + timedelta(hours=9), draw(st.floats(60, 3600))))


def in_rooms(*ages: timedelta) -> tuple[Occupant, ...]:
    """A patient in each room, since so long."""
    return tuple(
        Occupant(room, room, TicketStatus.IN_SERVICE, NOW - age) for room, age in enumerate(ages, start=1)
    )


@given(situations(), days(), st.integers(0, 200), st.integers(0, 100))
def test_the_interval_holds_the_estimate_and_begins_no_earlier_than_now(
    situation: Situation, stretches: tuple[Stretch, ...], people_ahead: int, overtaking_max: int
) -> None:
    estimate = replace(situation, stretches=stretches).estimate(people_ahead, overtaking_max)
    assert NOW <= estimate.earliest_call_at <= estimate.call_at <= estimate.latest_call_at


@given(situations(), st.integers(0, 200))
def test_more_people_ahead_mean_a_later_call(situation: Situation, people_ahead: int) -> None:
    """Not always by a single one more, where one room is about to come free and others are not."""
    fewer, more = situation.estimate(people_ahead), situation.estimate(people_ahead + situation.rooms)
    assert fewer.call_at < more.call_at
    assert fewer.latest_call_at < more.latest_call_at


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
    assert [Estimate(at, at, at) for at in called] == [situation.estimate(ahead) for ahead in range(people)]


@given(st.integers(1, 4), st.integers(0, 30), st.integers(0, 100))
def test_exponential_services_end_at_one_rate(rooms: int, people_ahead: int, age: int) -> None:
    """The sum of n + 1 exponential times of mean 10 / rooms minutes; its median is (n + 2/3) of them."""
    situation = Situation(rooms, in_rooms(*[minutes(age)] * rooms), EXPONENTIAL)
    wait = situation.estimate(people_ahead).call_at - NOW
    assert wait / minutes(10 / rooms) == pytest.approx(people_ahead + 2 / 3, rel=0.15)


@given(st.integers(1, 4), st.integers(4, 50))
def test_a_more_irregular_service_gives_a_wider_interval(rooms: int, people_ahead: int) -> None:
    occupants = in_rooms(*[minutes(2)] * rooms)
    narrow, wide = (
        Situation(rooms, occupants, ServiceTime(TEN_MINUTES, minutes(spread))).estimate(people_ahead)
        for spread in (3, 8)
    )
    assert narrow.earliest_call_at > wide.earliest_call_at
    assert narrow.latest_call_at < wide.latest_call_at


@given(situations(), st.integers(1, 50))
def test_a_mean_that_is_hardly_known_gives_a_wider_interval(situation: Situation, people_ahead: int) -> None:
    people_ahead += situation.rooms
    known, guessed = (
        replace(situation, service=replace(situation.service, uncertainty=uncertainty))
        for uncertainty in (0.0, 0.2)
    )
    assert known.estimate(people_ahead).latest_call_at < guessed.estimate(people_ahead).latest_call_at


def test_the_interval_of_a_known_queue() -> None:
    """Ten departures from one room, exponential: 10 % of their sums are below 62, 90 % below 142 minutes."""
    estimate = Situation(1, in_rooms(minutes(4)), EXPONENTIAL).estimate(9)
    assert (estimate.earliest_call_at - NOW) / minutes(1) == pytest.approx(62.2, abs=0.5)
    assert (estimate.call_at - NOW) / minutes(1) == pytest.approx(96.7, abs=0.5)
    assert (estimate.latest_call_at - NOW) / minutes(1) == pytest.approx(142.1, abs=0.5)


def test_somebody_overdue_is_expected_to_leave_soon() -> None:
    regular = ServiceTime(TEN_MINUTES, minutes(2))
    overdue, begun = (
        Situation(1, in_rooms(age), regular).estimate(0).call_at - NOW for age in (minutes(15), minutes(1))
    )
    assert timedelta() < overdue < minutes(2) < minutes(8) < begun < minutes(10)


def test_whoever_comes_with_priority_makes_the_others_wait_longer() -> None:
    day = (Stretch(NOW + timedelta(hours=9), 600.0, overtaking_per_hour=(3.0, 0, 0)),)
    situation = Situation(1, in_rooms(TEN_MINUTES), REGULAR, day)
    assert situation.estimate(6).call_at == NOW + minutes(60)
    among_them = situation.estimate(6, overtaking_max=100)
    assert NOW + minutes(90) < among_them.call_at < NOW + minutes(120)
    assert among_them.earliest_call_at < among_them.call_at < among_them.latest_call_at


@given(situations(), st.floats(0, 100), st.integers(0, 20), st.integers(1, 5))
def test_no_more_can_overtake_than_the_rule_of_the_lanes_allows(
    situation: Situation, per_hour: float, people_ahead: int, overtaking_max: int
) -> None:
    day = (Stretch(NOW + timedelta(days=9), situation.service.mean.total_seconds(), (per_hour, 0, 0)),)
    among_them = replace(situation, stretches=day).estimate(people_ahead, overtaking_max)
    at_worst = situation.estimate(people_ahead + overtaking_max + situation.rooms)
    # The median lies below the mean, which is what overtaking moves: by less than a room's turn.
    turn = situation.service.mean / situation.rooms
    assert situation.estimate(people_ahead).earliest_call_at - turn <= among_them.call_at
    assert among_them.call_at <= at_worst.latest_call_at


def test_nobody_is_called_in_a_pause() -> None:
    """Whoever is in a room when it begins is served within it: on average, half a service is done by then."""
    pause_begins, pause_ends = NOW + minutes(25), NOW + minutes(85)
    day = (
        Stretch(pause_begins, 600.0),
        Stretch(pause_ends, None),
        Stretch(NOW + timedelta(hours=9), 600.0),
    )
    situation = Situation(1, in_rooms(minutes(5)), REGULAR, day)
    calls = [situation.estimate(people_ahead).call_at for people_ahead in range(4)]
    assert calls == [NOW + minutes(5), NOW + minutes(15), pause_ends, pause_ends + minutes(5)]


def test_before_the_opening_everybody_waits_for_it() -> None:
    opens_at = NOW + minutes(30)
    day = (Stretch(opens_at, None), Stretch(NOW + timedelta(hours=9), 600.0))
    situation = Situation(2, (), REGULAR, day)
    calls = [situation.estimate(people_ahead).call_at for people_ahead in range(4)]
    assert calls == [opens_at, opens_at, opens_at + TEN_MINUTES, opens_at + TEN_MINUTES]


def test_a_pause_is_long_enough_for_those_in_the_rooms() -> None:
    pause_ends = NOW + minutes(30)
    day = (Stretch(pause_ends, None), Stretch(NOW + timedelta(hours=9), 600.0))
    estimate = Situation(1, in_rooms(minutes(5)), ServiceTime(TEN_MINUTES, minutes(3)), day).estimate(0)
    assert estimate == Estimate(pause_ends, pause_ends, pause_ends)


def test_a_slower_afternoon_makes_the_rest_of_the_wait_longer() -> None:
    day = (Stretch(NOW + minutes(30), 600.0), Stretch(NOW + timedelta(hours=9), 1200.0))
    situation = Situation(1, in_rooms(TEN_MINUTES), REGULAR, day)
    assert situation.estimate(3).call_at == NOW + minutes(30)
    assert situation.estimate(5).call_at == NOW + minutes(30 + 2 * 20)
