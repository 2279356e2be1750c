"""Events of each source come in the order of their sequence, each once, whatever arrived when."""

from collections.abc import Sequence
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from antrean_client.events import Event, read_event
from antrean_client.ordering import HELD_MAX, Gap, Ordering
from antrean_client.position import Position
from tests.journal_events import DAY, event, source_of

GIG, INT = source_of("GIG"), source_of("INT")


def arrived(clinic: str, sequence: int, day: date = DAY) -> Event:
    return read_event(event(clinic, sequence, day=day).body)


def given_by(ordering: Ordering, arrivals: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    found: list[Event] = []
    for offset, (clinic, sequence) in enumerate(arrivals):
        found += ordering.add(arrived(clinic, sequence), offset, 0.0)
    return [(each.queue.clinic, each.sequence) for each in found]


@st.composite
def disorder(draw: st.DrawFn) -> list[tuple[str, int]]:
    """Every event of two queues at least once, in any order."""
    lengths = draw(st.tuples(st.integers(1, 8), st.integers(1, 8)))
    each = [
        (clinic, at)
        for clinic, last in zip(("GIG", "INT"), lengths, strict=True)
        for at in range(1, last + 1)
    ]
    again = draw(st.lists(st.sampled_from(each), max_size=8))
    return draw(st.permutations([*each, *again]))


@given(disorder())
def test_from_the_first_on_nothing_is_missing_repeated_or_out_of_order(
    arrivals: list[tuple[str, int]],
) -> None:
    found = given_by(Ordering(Position.first()), arrivals)
    for clinic in ("GIG", "INT"):
        sequences = [sequence for where, sequence in found if where == clinic]
        assert sequences == list(range(1, max(at for where, at in arrivals if where == clinic) + 1))


@given(disorder(), st.data())
def test_stopped_anywhere_it_goes_on_from_its_position(
    arrivals: list[tuple[str, int]], data: st.DataObject
) -> None:
    stop = data.draw(st.integers(0, len(arrivals)))
    first = Ordering(Position.first())
    found = given_by(first, arrivals[:stop])
    position = Position.from_json(first.position(stop).to_json())
    assert isinstance(position.start, int)
    assert position.start <= stop
    found += given_by(Ordering(position), arrivals[position.start :])
    assert found == [*dict.fromkeys(found)]
    assert sorted(found) == sorted(set(arrivals))


def test_a_gap_holds_back_its_own_source_only() -> None:
    ordering = Ordering(Position.first())
    assert given_by(ordering, [("GIG", 1), ("GIG", 3), ("INT", 1)]) == [("GIG", 1), ("INT", 1)]
    assert ordering.is_waiting
    assert ordering.position(3).start == 1
    assert ordering.overdue(now=9.0, seconds=10) == []
    assert ordering.overdue(now=10.0, seconds=10) == [Gap(GIG, 1, 3)]


def test_a_gap_is_closed_with_what_was_found_of_it() -> None:
    ordering = Ordering(Position.first())
    given_by(ordering, [("GIG", 1), ("GIG", 5), ("GIG", 6), ("GIG", 8)])
    [gap] = ordering.overdue(0.0, 0)
    found = [arrived("GIG", 3), arrived("GIG", 2), arrived("GIG", 7), arrived("INT", 4)]
    assert [each.sequence for each in ordering.close(gap, found)] == [2, 3, 5, 6]
    assert ordering.add(arrived("GIG", 4), 9, 0.0) == [], "given up is given up"
    assert [each.sequence for each in ordering.add(arrived("GIG", 7), 10, 0.0)] == [7, 8]
    assert not ordering.is_waiting


def test_who_begins_in_the_middle_takes_what_is_there_of_queues_under_way() -> None:
    ordering = Ordering(Position(1000))
    assert given_by(ordering, [("GIG", 42), ("GIG", 41), ("GIG", 43), ("INT", 1)]) == [("INT", 1)]
    [gap] = ordering.overdue(0.0, 0)
    assert gap == Gap(GIG, None, 41)
    assert [each.sequence for each in ordering.close(gap, [])] == [41, 42, 43]


def test_queues_that_begin_after_that_are_complete() -> None:
    ordering = Ordering(Position(1000))
    given_by(ordering, [("GIG", 42)])
    later = DAY + timedelta(days=2)
    assert ordering.add(arrived("GIG", 2, later), 1, 0.0) == []
    assert [each.sequence for each in ordering.add(arrived("GIG", 1, later), 2, 0.0)] == [1, 2]
    assert ordering.overdue(0.0, 0) == [Gap(GIG, None, 42)]


def test_days_that_are_long_over_are_forgotten_and_not_told_again() -> None:
    ordering = Ordering(Position.first())
    for day in range(1500):
        ordering.add(arrived("GIG", 1, DAY + timedelta(days=day)), day, 0.0)
    assert len(ordering.position(1500).sources) <= 1000
    assert ordering.add(arrived("GIG", 1, DAY), 1500, 0.0) == []
    assert ordering.add(arrived("GIG", 2, DAY + timedelta(days=1499)), 1501, 0.0) != []


def test_no_more_is_held_than_there_is_room_for() -> None:
    ordering = Ordering(Position.first())
    for sequence in range(2, HELD_MAX + 3):
        ordering.add(arrived("GIG", sequence), sequence, 0.0)
    assert ordering.overdue(0.0, 10) == [Gap(GIG, None, 2)]
