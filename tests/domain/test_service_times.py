"""What is learned of service times: it comes near the truth, forgets, and is not led astray."""

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from common.domain.catalog import Clinic, QueueMode
from common.domain.lanes import Lane
from common.domain.service_times import (
    EndedCall,
    PartRecord,
    ServiceTimes,
    Tally,
    tallies_of,
    with_tallies,
    without_tallies,
)
from common.domain.waiting_time import ServiceTime
from tests.domain.clinics import clinic

FRIDAYS = [date(2026, 1, 2) + timedelta(weeks=week) for week in range(40)]
MORNING = 8
"""The part of the day from 08:30 to 10:00."""

Records = dict[int, PartRecord]
GIGI = clinic(mode=QueueMode.DESK)


def ended(day: date, minutes: float, **changes: object) -> EndedCall:
    """A call at nine o'clock of that day (in Bandung) that took so long, but for `changes`."""
    called_at = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
    values = {
        "waiting_since": called_at,
        "called_at": called_at,
        "ended_at": called_at + timedelta(minutes=minutes),
        "lane": Lane.REGULAR,
    }
    return EndedCall(**(values | changes))  # type: ignore[arg-type]


def learn(of: Clinic, records: Records, day: date, call: EndedCall) -> Records:
    """What is known of a clinic after a call."""
    return with_tallies(records, day, tallies_of(of, records, day, call))


def learn_day(records: Records, day: date, minutes: list[float], **changes: object) -> Records:
    """What is known after a day with services of such lengths."""
    for each in minutes:
        records = learn(GIGI, records, day, ended(day, each, **changes))
    return records


def service(records: Records, day: date, part: int = MORNING) -> ServiceTime:
    """What is expected of a service in that part of the day."""
    return ServiceTimes(GIGI, records, day).service(part)


def mean_minutes(records: Records, day: date, part: int = MORNING) -> float:
    """The same, in minutes."""
    return service(records, day, part).mean / timedelta(minutes=1)


lengths = st.lists(st.floats(0, 600), min_size=1, max_size=30)


def test_at_first_the_catalog_is_believed_but_not_much() -> None:
    known = service({}, FRIDAYS[0])
    assert known.mean / timedelta(minutes=1) == pytest.approx(10, rel=0.03)
    assert known.spread / timedelta(minutes=1) == pytest.approx(5, rel=0.1)
    assert known.uncertainty > 0.2


@given(st.floats(2, 40), st.floats(0.2, 1), st.integers(1, 3))
def test_a_clinic_that_the_catalog_does_not_know_is_soon_known(mean: float, cv: float, seed: int) -> None:
    rng = Random(seed)
    records: Records = {}
    for day in FRIDAYS[:8]:
        records = learn_day(records, day, [rng.gammavariate(cv**-2, mean * cv**2) for _ in range(30)])
    known = service(records, FRIDAYS[8])
    assert known.mean / timedelta(minutes=mean) == pytest.approx(1, abs=0.25)
    assert known.spread / timedelta(minutes=mean) == pytest.approx(cv, abs=0.25)
    assert known.uncertainty < 0.25


@given(st.lists(lengths, min_size=1, max_size=5))
@example([[32.0], [0.0, 0.0, 0.0, 0.0]])
def test_what_is_expected_is_always_possible(days: list[list[float]]) -> None:
    records: Records = {}
    for day, minutes in zip(FRIDAYS, days, strict=False):
        records = learn_day(records, day, minutes)
        for on in (day, FRIDAYS[-1]):
            known = service(records, on)
            assert known.mean > timedelta()
            assert known.spread >= timedelta()
            assert 0 <= known.uncertainty < 1


@given(lengths)
def test_the_sums_are_bounded_however_long_it_goes_on(minutes: list[float]) -> None:
    records: Records = {}
    for day in FRIDAYS:
        records = learn_day(records, day, minutes)
    before = records[MORNING].before
    assert before.served <= 10 * len(minutes)
    assert records[MORNING].days <= 10


@given(st.permutations([3.0, 8.0, 9.0, 12.0, 20.0]))
def test_the_order_of_a_days_services_does_not_matter(minutes: list[float]) -> None:
    known = service(learn_day({}, FRIDAYS[0], minutes), FRIDAYS[1])
    ordered = service(learn_day({}, FRIDAYS[0], sorted(minutes)), FRIDAYS[1])
    assert known.mean / ordered.mean == pytest.approx(1)
    assert known.spread / ordered.spread == pytest.approx(1)


def test_recent_days_weigh_more() -> None:
    slow, quick = [20.0] * 20, [10.0] * 20
    became_quick = learn_day(learn_day({}, FRIDAYS[0], slow), FRIDAYS[1], quick)
    became_slow = learn_day(learn_day({}, FRIDAYS[0], quick), FRIDAYS[1], slow)
    assert mean_minutes(became_quick, FRIDAYS[2]) < mean_minutes(became_slow, FRIDAYS[2])


def test_a_room_that_was_forgotten_overnight_does_little_harm() -> None:
    records: Records = {}
    for day in FRIDAYS[:5]:
        records = learn_day(records, day, [9.0, 11.0] * 5)
    forgotten = learn_day(records, FRIDAYS[4], [15 * 60.0])
    assert mean_minutes(forgotten, FRIDAYS[5]) < 1.1 * mean_minutes(records, FRIDAYS[5])


def test_a_clinic_that_has_really_become_slow_is_seen() -> None:
    records: Records = {}
    for day in FRIDAYS[:10]:
        records = learn_day(records, day, [120.0] * 10)
    assert mean_minutes(records, FRIDAYS[10]) > 100


def test_each_part_of_the_day_has_its_own_mean() -> None:
    records: Records = {}
    for day in FRIDAYS[:10]:
        records = learn_day(records, day, [6.0, 8.0] * 6)
        noon = datetime(day.year, day.month, day.day, 7, 30, tzinfo=UTC)
        for minutes in (13, 15) * 6:
            call = ended(day, 0, called_at=noon, ended_at=noon + timedelta(minutes=minutes))
            records = learn(GIGI, records, day, call)
    assert mean_minutes(records, FRIDAYS[10], MORNING) == pytest.approx(7, abs=1)
    assert mean_minutes(records, FRIDAYS[10], 14) == pytest.approx(14, abs=1)
    assert mean_minutes(records, FRIDAYS[10], 10) == pytest.approx(10.5, abs=1)


def test_a_slow_day_is_noticed_on_that_day_and_nearly_forgotten_on_the_next() -> None:
    records: Records = {}
    for day in FRIDAYS[:10]:
        records = learn_day(records, day, [9.0, 11.0] * 10)
    usual = mean_minutes(records, FRIDAYS[10])
    records = learn_day(records, FRIDAYS[10], [14.0, 16.0] * 5)
    assert mean_minutes(records, FRIDAYS[10]) > 1.25 * usual
    assert mean_minutes(records, FRIDAYS[11]) < 1.1 * usual


def test_no_shows_make_the_time_in_the_room_shorter_and_less_certain() -> None:
    came: Records = {}
    for day in FRIDAYS[:5]:
        came = learn_day(came, day, [9.0, 11.0] * 10)
    missed = learn_day(came, FRIDAYS[4], [2.0] * 30, came=False)
    without, with_them = service(came, FRIDAYS[5]), service(missed, FRIDAYS[5])
    assert with_them.mean < without.mean
    assert with_them.spread > without.spread


def test_priority_patients_are_counted_when_they_come() -> None:
    records: Records = {}
    for day in FRIDAYS[:10]:
        records = learn_day(
            records,
            day,
            [10.0] * 3,
            lane=Lane.PRIORITY,
            waiting_since=datetime(day.year, day.month, day.day, 1, 10, tzinfo=UTC),
        )
        records = learn_day(records, day, [10.0] * 3)
    times = ServiceTimes(GIGI, records, FRIDAYS[10])
    assert times.overtaking_patients(9, 1.5) == pytest.approx((0, 0, 2))
    assert times.overtaking_patients(MORNING, 2) == times.overtaking_patients(4, 2) == ()


def test_a_record_is_made_of_numbers_and_one_date() -> None:
    record = learn_day({}, FRIDAYS[0], [10.0])[MORNING]
    values = asdict(record)
    tallies = [values.pop("today"), values.pop("before")]
    assert values.pop("day") == FRIDAYS[0]
    assert all(isinstance(value, int | float) for tally in tallies for value in tally)
    assert all(isinstance(value, int | float) for value in values.values())
    assert record.today == Tally(1, 600, 360_000)


def test_a_late_message_of_an_earlier_day_does_not_turn_back_the_record() -> None:
    today = learn_day(learn_day({}, FRIDAYS[0], [10.0]), FRIDAYS[1], [10.0])
    late = learn_day(today, FRIDAYS[0], [10.0])
    assert (late[MORNING].day, late[MORNING].today.served) == (FRIDAYS[1], 2)


@pytest.mark.parametrize("changes", [{}, {"came": False}, {"lane": Lane.PRIORITY}, {"lane": Lane.URGENT}])
def test_what_was_learned_is_unlearned_also_after_the_next_day_began(changes: dict[str, object]) -> None:
    friday, next_friday = FRIDAYS[:2]
    others = learn_day({}, friday, [10.0, 20.0])
    lesson = tallies_of(GIGI, others, friday, ended(friday, 12.0, **changes))
    taught = with_tallies(others, friday, lesson)
    assert taught != others
    assert without_tallies(taught, friday, lesson) == others
    unlearned = without_tallies({MORNING: taught[MORNING].on(next_friday)}, friday, lesson)
    assert unlearned[MORNING] == others[MORNING].on(next_friday)
