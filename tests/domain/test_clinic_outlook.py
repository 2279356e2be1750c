"""What is expected of a clinic's queue: at any moment of any day, within its opening hours and outside."""

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from common.domain.absences import Absence, AbsenceReason
from common.domain.catalog import Clinic, ClinicState, QueueMode
from common.domain.clinic_outlook import clinic_outlook
from common.domain.clinic_records import NO_RECORDS, ClinicRecords
from common.domain.lanes import Standing
from common.domain.queue_advance import Occupant
from common.domain.service_times import PartRecord, Tally
from common.domain.ticket_states import IN_ROOM, TicketStatus
from common.domain.waiting_time import Estimate
from tests.domain.clinics import clinic, in_bandung

FRIDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 23)
GIGI = clinic(mode=QueueMode.DESK)

FORTNIGHT = st.integers(0, 14 * 24 * 60 - 1).map(lambda minute: in_bandung(16, 0) + timedelta(minutes=minute))
counts = st.integers(0, 1000)
lengths = st.integers(0, 5_000_000_000).map(lambda microseconds: microseconds / 1e6)


absences = st.builds(
    Absence, st.none() | st.integers(1, 5), st.none() | FORTNIGHT, st.sampled_from(AbsenceReason), FORTNIGHT
)


@st.composite
def clinics(draw: st.DrawFn) -> Clinic:
    """The clinic moved by its staff, with any number of rooms, some of them away or all, and forced open or
    closed or neither."""
    return clinic(
        mode=QueueMode.DESK,
        rooms=draw(st.integers(0, 4)),
        state=draw(st.sampled_from(ClinicState)),
        forced_until=draw(st.none() | FORTNIGHT),
        absences=tuple(draw(st.lists(absences, max_size=3))),
    )


@st.composite
def occupants(draw: st.DrawFn, now: datetime) -> list[Occupant]:
    """Who is in the rooms, of which some were closed meanwhile; called today, or by a clock that is ahead."""
    return [
        Occupant(
            room,
            room,
            draw(st.sampled_from(sorted(IN_ROOM))),
            now - timedelta(seconds=draw(st.integers(-5, 86_400))),
        )
        for room in draw(st.sets(st.integers(1, 6)))
    ]


def tallies() -> st.SearchStrategy[Tally]:
    """Sums over calls; seconds and their squares are those of services of one length."""
    return st.builds(
        lambda served, seconds, no_shows, waited, *urgent: Tally(
            served, served * seconds, served * seconds**2, no_shows, no_shows * waited, *urgent
        ),
        *(counts, lengths, counts, lengths, counts, counts, counts),
    )


records = st.dictionaries(
    st.integers(0, 23),
    st.builds(PartRecord, st.dates(FRIDAY, MONDAY), tallies(), st.floats(0, 10), tallies()),
    max_size=12,
)


@given(st.data(), clinics(), records, FORTNIGHT, st.integers(0, 100), st.integers(0, 100))
def test_there_is_an_estimate_at_any_moment(
    data: st.DataObject,
    of: Clinic,
    learned: dict[int, PartRecord],
    now: datetime,
    people_ahead: int,
    overtaking_max: int,
) -> None:
    outlook = clinic_outlook(of, ClinicRecords(learned), data.draw(occupants(now)), now)
    estimate = outlook.estimate(people_ahead, Standing(1, 0, [0, 0], [0], [overtaking_max]))
    assert now <= estimate.earliest_call_at <= estimate.call_at <= estimate.latest_call_at


def test_a_clinic_that_is_moved_by_the_clock_serves_by_the_catalog() -> None:
    """Whatever its staff taught before: ten minutes each, for certain, through the pause at noon."""
    records = {8: PartRecord(FRIDAY, Tally(served=50, seconds=50 * 1800, squares=50 * 1800**2))}
    now = in_bandung(23, 11, 55)
    by_clock = clinic(mode=QueueMode.CLOCK, rooms=1)
    occupant = Occupant(1, 1, TicketStatus.CALLED, now)
    outlook = clinic_outlook(by_clock, ClinicRecords(records), [occupant], now)
    called_at = in_bandung(23, 12, 25)
    assert outlook.estimate(2, Standing(1, 2, [9, 2], [0], [2])) == Estimate(called_at, called_at, called_at)


def test_a_clinic_that_is_moved_by_its_staff_keeps_its_pause() -> None:
    now = in_bandung(23, 11, 55)
    occupants = [Occupant(room, room, TicketStatus.CALLED, now) for room in (1, 2)]
    estimate = clinic_outlook(GIGI, NO_RECORDS, occupants, now).estimate(0)
    assert estimate.call_at == in_bandung(23, 13) <= estimate.latest_call_at < in_bandung(23, 13, 2)


def test_a_pause_that_the_staff_do_not_keep_is_none() -> None:
    now = in_bandung(23, 12, 20)
    occupants = [Occupant(room, room, TicketStatus.CALLED, in_bandung(23, 12, 15)) for room in (1, 2)]
    estimate = clinic_outlook(GIGI, NO_RECORDS, occupants, now).estimate(0)
    assert now < estimate.call_at < estimate.latest_call_at < in_bandung(23, 12, 50)


def in_service(now: datetime, *rooms: int) -> list[Occupant]:
    """Somebody in each of these rooms, since five minutes ago."""
    return [Occupant(room, room, TicketStatus.IN_SERVICE, now - timedelta(minutes=5)) for room in rooms]


def call_of_the_next(of: Clinic, now: datetime) -> datetime:
    """When the first who waits is expected to be called, with both rooms taken for five minutes."""
    return clinic_outlook(of, NO_RECORDS, in_service(now, 1, 2), now).estimate(0).call_at


def test_before_the_opening_and_in_the_pause_everybody_waits_for_it() -> None:
    for now, opens_at in (
        (in_bandung(23, 0), in_bandung(23, 8)),
        (in_bandung(23, 7, 59), in_bandung(23, 8)),
        (in_bandung(23, 12, 40), in_bandung(23, 13)),
    ):
        estimate = clinic_outlook(GIGI, NO_RECORDS, [], now).estimate(0)
        assert opens_at <= estimate.earliest_call_at < estimate.call_at < opens_at + timedelta(minutes=1)


def test_after_the_last_session_whoever_is_left_is_still_called() -> None:
    for now in (in_bandung(23, 15), in_bandung(23, 15, 20), in_bandung(23, 23, 30)):
        assert timedelta(minutes=1) < call_of_the_next(GIGI, now) - now < timedelta(minutes=8)


def test_at_midnight_the_day_is_too_short_and_the_estimate_says_so() -> None:
    """A call that cannot be made today is not promised for today."""
    now = in_bandung(23, 23, 59)
    estimate = clinic_outlook(GIGI, NO_RECORDS, in_service(now, 1, 2), now).estimate(40)
    assert in_bandung(24, 2) < estimate.earliest_call_at


def test_a_clinic_that_is_forced_open_serves_at_once_until_that_is_over() -> None:
    """From six to seven in the morning; it opens by schedule at eight."""
    early = clinic(mode=QueueMode.DESK, state=ClinicState.OPEN, forced_until=in_bandung(23, 7))
    now = in_bandung(23, 6, 30)
    assert now < call_of_the_next(early, now) < in_bandung(23, 6, 40)
    now = in_bandung(23, 6, 59)
    assert call_of_the_next(early, now) >= in_bandung(23, 8)
    outlook = clinic_outlook(early, NO_RECORDS, [], in_bandung(23, 7, 30))
    assert in_bandung(23, 8) <= outlook.estimate(0).call_at < in_bandung(23, 8, 1)


def test_a_clinic_that_is_forced_open_on_a_day_without_sessions_serves_at_once() -> None:
    now = in_bandung(22, 10)
    on_sunday = clinic(mode=QueueMode.DESK, state=ClinicState.OPEN)
    assert now < call_of_the_next(on_sunday, now) < now + timedelta(minutes=8)


def test_a_clinic_that_was_closed_still_calls_those_who_wait() -> None:
    now = in_bandung(23, 11, 30)
    closed = clinic(mode=QueueMode.DESK, state=ClinicState.CLOSED, forced_until=in_bandung(24, 8))
    assert call_of_the_next(closed, now) == call_of_the_next(GIGI, now)


def test_whoever_is_in_a_room_that_was_closed_is_followed_by_nobody() -> None:
    now = in_bandung(23, 9)
    one_room = clinic(mode=QueueMode.DESK, rooms=1)
    lowered = clinic_outlook(one_room, NO_RECORDS, in_service(now, 1, 2, 3), now)
    always_one = clinic_outlook(one_room, NO_RECORDS, in_service(now, 1), now)
    assert [lowered.estimate(ahead) for ahead in range(5)] == [
        always_one.estimate(ahead) for ahead in range(5)
    ]
