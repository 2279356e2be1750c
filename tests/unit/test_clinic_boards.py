"""What a board shows of a clinic: never anything older than it has shown, in whatever order it comes."""

from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.board_world import DAY, World, summary
from waiting_room.clinic_boards import TICKETS_AHEAD_MAX, ClinicBoard

KINDS = st.sampled_from(["happens", "happens", "event", "event", "asked", "answered"])
STEPS = st.lists(KINDS, min_size=20, max_size=80)


def is_as_true(board: ClinicBoard, world: World, sequence: int) -> None:
    """The board shows the queue as it was left by the event with this sequence."""
    true = world.replies[sequence]
    shown = board.shown()
    assert shown["rooms"] == true["rooms"]
    assert shown["waiting"] == true["waiting"]
    statuses = {each.data["display_number"]: each.data["status"] for each in world.events[:sequence]}
    waiting = {number for number, status in statuses.items() if status == "waiting"}
    assert {*shown["next"]} <= waiting


@given(STEPS, st.integers())
def test_whatever_comes_first_the_newest_is_shown(steps: list[str], seed: int) -> None:
    random = Random(seed)
    world, board = World("GIG", random), ClinicBoard("GIG")
    taken, known, asked = 0, 0, list[dict[str, Any]]()
    board.take_queue(world.replies[0])
    for step in steps:
        if step == "happens":
            world.move()
        elif step == "event" and taken < len(world.events):
            board.take_event(world.events[taken], taken)
            taken += 1
        elif step == "asked":
            asked.append(world.replies[-1])
        elif step == "answered" and asked:
            reply = asked.pop(random.randrange(len(asked)))
            board.take_queue(reply)
            known = max(known, reply["sequence"])
        is_as_true(board, world, max(taken, known))


@given(st.integers(), st.integers(0, 20), st.integers(0, 20))
def test_a_board_that_begins_in_the_middle_is_right_from_its_first_look_up_on(
    seed: int, began: int, read: int
) -> None:
    world, board = World("GIG", Random(seed)), ClinicBoard("GIG")
    for _ in range(40):
        world.move()
    for at in range(began, began + 10):
        board.take_event(world.events[at], at)
    board.take_queue(world.replies[began + read])
    is_as_true(board, world, max(began + 10, began + read))


@given(STEPS, st.integers())
def test_a_new_service_day_takes_the_place_of_the_old_one(steps: list[str], seed: int) -> None:
    """Whichever of its events and its look-ups comes first; nothing of the day before comes back."""
    random = Random(seed)
    old, new, board = World("GIG", random), World("GIG", random, DAY + timedelta(days=1)), ClinicBoard("GIG")
    for _ in range(10):
        old.move()
    for at, event in enumerate(old.events[:8]):
        board.take_event(event, at)
    old_asked = old.replies[8]
    taken, known, asked = 0, -1, None
    for step in steps:
        if step == "happens":
            new.move()
        elif step == "event" and taken < len(new.events):
            board.take_event(new.events[taken], 20 + taken)
            taken += 1
        elif step == "asked":
            asked = asked or new.replies[-1]
        elif step == "answered" and asked is not None:
            board.take_queue(asked)
            known, asked = max(known, asked["sequence"]), None
        if taken or known >= 0:
            board.take_queue(old_asked)
            board.take_event(old.events[8], 100)
        if known >= 0:
            is_as_true(board, new, max(taken, known))


def test_a_summary_from_before_the_clinic_closed_is_not_taken_for_the_newer_one() -> None:
    world, board = World("GIG", Random(1)), ClinicBoard("GIG")
    world.move()
    closed = world.events[0]._replace(type="id.antrean.clinic.closed.v1", data={"waiting": 0})
    asked_at, moment = 6, 7
    board.take_event(closed, moment)
    board.take_summary(summary("GIG", is_open=False), moment)
    board.take_summary(summary("GIG", is_open=True), asked_at)
    assert board.shown()["is_open"] is False
    board.take_summary(summary("GIG", is_open=True), moment + 1)
    assert board.shown()["is_open"] is True


def test_whoever_wrote_an_event_it_is_shown_or_passed_over() -> None:
    world, board = World("GIG", Random(1)), ClinicBoard("GIG")
    world.move()
    board.take_queue(world.replies[1])
    spoiled: list[dict[str, Any]] = [{}, {"number": "x"}, {"number": 1, "display_number": 2}]
    for sequence, data in enumerate([*spoiled, {"waiting": []}], 2):
        board.take_event(world.events[0]._replace(sequence=sequence, data=data), sequence)
    is_as_true(board, world, 1)


def test_what_is_kept_while_nobody_answers_is_bounded() -> None:
    world, board = World("GIG", Random(1)), ClinicBoard("GIG")
    world.move()
    called = {"status": "called", "room": 1, "room_name": None, "waiting": 0}
    for number in range(1, TICKETS_AHEAD_MAX + 100):
        data = {"number": number, "display_number": world.shown(number), **called}
        board.take_event(world.events[0]._replace(sequence=number, data=data), number)
    assert len(board.shown()["rooms"]) == TICKETS_AHEAD_MAX
