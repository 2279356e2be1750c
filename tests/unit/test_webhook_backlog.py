"""What waits to be delivered: in order for each source, and never missing from the position."""

import random
import time

import pytest

from antrean_client.events import Event, read_event
from antrean_client.ordering import Ordering
from antrean_client.position import Position
from event_tap.webhooks.backlog import PAUSE_SECONDS_MAX, WAITING_MAX, Attempt, Backlog, pause_seconds
from tests.journal_events import queues_of, source_of

CLINICS = ["GIG", "INT", "ANA"]


def events_of(count: int, clinics: list[str] | None = None) -> list[Event]:
    return [read_event(each.body) for each in queues_of(count, clinics or CLINICS)]


def place(attempt: Attempt | None) -> tuple[str, int]:
    assert attempt is not None
    return attempt.event.queue.clinic, attempt.event.sequence


def test_sources_side_by_side_and_each_in_order() -> None:
    backlog = Backlog(Position(0))
    backlog.add(events_of(6), Position(6))
    taken = [backlog.take() for _ in range(3)]
    assert [place(each) for each in taken] == [("GIG", 1), ("INT", 1), ("ANA", 1)]
    assert taken[1] is not None
    backlog.done(taken[1].event, is_delivered=True)
    assert place(backlog.take()) == ("INT", 2)
    assert (backlog.waiting, backlog.delivered) == (5, 1)
    backlog.close()
    assert backlog.take() is None


def test_a_refused_event_keeps_back_its_source_only() -> None:
    backlog = Backlog(Position(0))
    backlog.add(events_of(4, ["GIG", "INT"]), Position(4))
    first = backlog.take()
    assert first is not None
    backlog.again(first.event)
    begin = time.monotonic()
    for sequence in (1, 2):
        other = backlog.take()
        assert other is not None
        assert place(other) == ("INT", sequence)
        backlog.done(other.event, is_delivered=True)
    assert time.monotonic() - begin < 0.4
    again = backlog.take()
    assert again is not None
    assert place(again) == ("GIG", 1)
    assert time.monotonic() - begin >= 0.4
    assert again.tried_since == first.tried_since


def test_a_receiver_that_takes_nothing_holds_all() -> None:
    backlog = Backlog(Position(0))
    backlog.add(events_of(4, ["GIG", "INT"]), Position(4))
    attempts = [backlog.take(), backlog.take()]
    begin = time.monotonic()
    for each in attempts:  # they had begun together: one failure, and one pause
        assert each is not None
        backlog.all_again(each, 0.3)
    assert {place(backlog.take()), place(backlog.take())} == {("GIG", 1), ("INT", 1)}
    assert 0.25 < time.monotonic() - begin < 2


def test_pauses_double_up_to_a_limit_and_differ() -> None:
    for failures in range(1, 2_000, 7):
        whole = min(2.0 ** min(failures - 1, 30), PAUSE_SECONDS_MAX)
        assert whole / 2 <= pause_seconds(failures) <= whole
    assert len({pause_seconds(5) for _ in range(20)}) > 1


def test_there_is_a_limit() -> None:
    backlog = Backlog(Position(0))
    assert backlog.has_room
    backlog.add(events_of(WAITING_MAX), Position(WAITING_MAX))
    assert not backlog.has_room
    taken = backlog.take()
    assert taken is not None
    backlog.done(taken.event, is_delivered=True)
    assert backlog.has_room


def test_how_old_the_oldest_is() -> None:
    backlog = Backlog(Position(0))
    assert backlog.oldest is None
    events = events_of(3, ["GIG"])
    backlog.add(events[1:], Position(3))
    assert backlog.oldest == events[1].happened_at


@pytest.mark.parametrize("seed", range(20))
def test_whenever_it_ends_the_position_loses_nothing(seed: int) -> None:
    """A subscriber that begins at the position gives every event that was not settled, and no other that
    was, but those of one source behind an unsettled one."""
    chance = random.Random(seed)
    events = events_of(60)
    published = [*events]
    for at in range(0, len(published) - 3, 2):  # a little out of order
        if chance.random() < 0.3:
            published[at], published[at + 3] = published[at + 3], published[at]
    ordering, backlog = Ordering(Position.first()), Backlog(Position.first())
    settled: set[str] = set()
    offset = 0
    for _ in range(chance.randrange(120)):
        if offset < len(published) and chance.random() < 0.5:
            given = []
            for _ in range(min(chance.randrange(1, 7), len(published) - offset)):
                given += ordering.add(published[offset], offset, 0.0)
                offset += 1
            backlog.add([each for each in given if each.sequence % 5], ordering.position(offset))
            settled |= {each.id for each in given if not each.sequence % 5}  # not wanted: nothing to deliver
        elif backlog.waiting:
            taken = backlog.take()
            assert taken is not None
            settled.add(taken.event.id)
            backlog.done(taken.event, is_delivered=chance.random() < 0.8)
    position = Position.from_json(backlog.position.to_json())
    begin = position.start if isinstance(position.start, int) else 0
    again, found = Ordering(position), list[Event]()
    for at in range(begin, len(published)):
        found += again.add(published[at], at, 0.0)
    ids = {each.id for each in found}
    assert {each.id for each in events} - settled <= ids
    first_open = {
        clinic: min(
            (each.sequence for each in events if each.queue.clinic == clinic and each.id not in settled),
            default=1_000,
        )
        for clinic in CLINICS
    }
    wanted_again = [each for each in found if each.sequence >= first_open[each.queue.clinic]]
    # What comes again was settled only where it was not wanted.
    repeated = [each for each in found if each not in wanted_again]
    assert all(not each.sequence % 5 for each in repeated), repeated
    assert [each.sequence for each in found if each.source == source_of("GIG")] == sorted(
        each.sequence for each in found if each.source == source_of("GIG")
    )
