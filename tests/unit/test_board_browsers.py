"""Every call is listed exactly once by every browser, in the order of its queue, whatever ends in between."""

import asyncio
from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.clock import SystemClock
from tests.unit.board_browsers import HOSPITAL, Browser, Process
from tests.unit.board_world import DAY, MORNING, World
from waiting_room.boards import Boards
from waiting_room.calls import CALLS_SHOWN
from waiting_room.hub import MESSAGES_KEPT, Hub
from waiting_room.messages import Scene, shown_in, token_of

SEVERAL = st.lists(
    st.sampled_from(
        [
            *("happens", "happens", "happens", "event", "event", "event", "hear", "hear", "look up"),
            *("connect", "disconnect", "restart", "flood"),
        ]
    ),
    min_size=30,
    max_size=60,
)


async def play(steps: list[str], random: Random) -> tuple[list[World], Process, list[Browser]]:
    """Two processes, of which each knows its own part of what happens, and four browsers; in the end all that
    has happened has come everywhere."""
    worlds = [World("ANA", random), World("GIG", random)]
    processes = [Process(worlds), Process(worlds)]
    browsers = [Browser(), Browser(), Browser(("GIG",)), Browser(("GIG", "ANA"))]
    for each in browsers:
        await each.connect(random.choice(processes))
        assert await each.hear()
    for step in steps:
        process, browser, world = random.choice(processes), random.choice(browsers), random.choice(worlds)
        if step == "happens":
            world.move()
        elif step == "event":
            process.take(world)
        elif step == "flood" and len(world.events) < 200:
            for _ in range(40):  # more messages than are kept for a browser that does not listen
                world.move()
                process.take(world)
        elif step == "look up":
            process.look_up(world)
        elif step == "hear":
            await browser.hear()
        elif step == "connect":
            await browser.connect(process)
        elif step == "disconnect":
            await browser.disconnect()
        elif step == "restart":
            processes[processes.index(process)] = Process(worlds)
            for each in browsers:
                if each.process is process:
                    await each.disconnect()
    for process in processes:
        for world in worlds:
            process.take(world, len(world.events))
    for browser in browsers:
        while await browser.hear():
            pass
        assert browser.process is None or no_call_is_there_that_was_taken_back(browser, worlds)
    last = Process(worlds)
    for world in worlds:
        last.take(world, len(world.events))
        last.look_up(world)
    for each in browsers:
        await each.connect(last)
        while await each.hear():
            pass
    return worlds, last, browsers


def no_call_is_there_that_was_taken_back(browser: Browser, worlds: list[World]) -> bool:
    gone = {key for each in worlds for key, is_there in each.calls.items() if not is_there}
    return gone.isdisjoint(browser.on_page)


@settings(max_examples=60)
@given(SEVERAL, st.integers())
def test_every_browser_lists_every_call_once_and_in_order(steps: list[str], seed: int) -> None:
    worlds, process, browsers = asyncio.run(play(steps, Random(seed)))
    for browser in browsers:
        shown = [each for each in worlds if browser.chosen is None or each.clinic in browser.chosen]
        for world in shown:
            stays = {key for key, is_there in world.calls.items() if is_there}
            listed = [key for key in browser.listed if key.startswith(world.source)]
            assert stays <= {*listed}, "a call was missed"
            # A process that is behind may list a call that was taken back already.
            sequences = [int(key.rpartition("#")[2]) for key in listed if key in stays]
            assert all(one < other for one, other in pairwise(sequences)), "calls came in another order"
            on_page = {key for key in browser.on_page if key.startswith(world.source)}
            assert {*sorted(stays, key=lambda key: int(key.rpartition("#")[2]))[-CALLS_SHOWN:]} <= on_page
            board = process.board.clinic(world.clinic)
            assert browser.clinics[world.clinic] == board.shown()
            assert board.shown()["rooms"] == world.replies[-1]["rooms"]
        assert no_call_is_there_that_was_taken_back(browser, worlds)
        assert {*browser.clinics} == {each.clinic for each in shown}


@pytest.mark.parametrize("count", [MESSAGES_KEPT, MESSAGES_KEPT + 1, 10 * MESSAGES_KEPT])
def test_a_browser_that_falls_behind_gets_a_snapshot_and_all_calls(count: int) -> None:
    async def run() -> None:
        world = World("GIG", Random(5), may_undo=False)
        process, browser = Process([world]), Browser()
        await browser.connect(process)
        assert await browser.hear()
        for _ in range(count):
            world.move()
            process.take(world)
        while await browser.hear():
            pass
        assert browser.snapshots == (1 if count == MESSAGES_KEPT else 2)
        assert [*world.calls] == browser.listed
        assert browser.clinics["GIG"]["rooms"] == world.replies[-1]["rooms"]

    asyncio.run(run())


def test_who_is_up_to_date_is_sent_the_very_same_bytes() -> None:
    async def run() -> None:
        world = World("GIG", Random(5))
        process = Process([world])
        with process.hub.browser(Scene(process.board, HOSPITAL, None)) as page:
            streams = [page.messages({}) for _ in range(3)]
            snapshots = [await anext(each) for each in streams]
            assert len({id(each) for each in snapshots}) == 1
            world.move()
            process.take(world)
            changes = [await anext(each) for each in streams]
            assert len({*changes}) == 1

    asyncio.run(run())


def test_there_is_room_for_so_many_browsers_and_pages() -> None:
    scene = Scene(Process([World("GIG", Random(1))]).board, HOSPITAL, None)
    hub = Hub(SystemClock(), browsers_max=2, pages_max=1)
    with hub.browser(scene), hub.browser(scene):
        assert not hub.has_room(scene.key)
    with hub.browser(scene):
        assert hub.has_room(scene.key)
        assert not hub.has_room(("RSUD", None))
    assert hub.has_room(("RSUD", None))


def test_a_token_says_what_was_shown_to_any_process() -> None:
    shown = {
        "/hospitals/RSHS/clinics/GIG/2026-11-30": 17,
        "/hospitals/RSHS/clinics/ANA/2026-12-01": 0,
    }
    assert token_of(shown) == "GIG.2026-11-30.17~ANA.2026-12-01.0"
    assert shown_in(token_of(shown), "RSHS") == shown
    assert shown_in(None, "RSHS") == shown_in("", "RSHS") == {}
    assert shown_in("~~x~GIG.2026-11-30.~GIG.2026-11-30.99999999999~gig.2026-11-30.1", "RSHS") == {}


def test_the_calls_of_the_day_before_go_with_the_new_service_day() -> None:
    async def run() -> None:
        old = World("GIG", Random(5), may_undo=False)
        new = World("GIG", Random(6), DAY + timedelta(days=1), may_undo=False)
        process, browser = Process([old]), Browser()
        await browser.connect(process)
        for _ in range(30):
            old.move()
        process.take(old, 30)
        await browser.hear()
        await browser.hear()
        of_old = {*browser.on_page}
        assert of_old == {*old.calls}
        soon, later = MORNING + timedelta(minutes=1), MORNING + timedelta(minutes=20)
        process.board.take_queue("GIG", new.replies[0], soon)
        process.tell()
        await browser.hear()
        assert browser.on_page == of_old, "the calls of just before midnight are announced still"
        while not new.calls:
            new.move()
        process.boards.take(new.events)
        process.board.take_queue("GIG", new.replies[-1], later)
        process.tell()
        while await browser.hear():
            pass
        assert browser.on_page == {*new.calls}
        assert browser.clinics["GIG"]["rooms"] == new.replies[-1]["rooms"]

    asyncio.run(run())


def test_calls_of_all_clinics_together_are_bounded() -> None:
    boards, worlds = Boards(calls_max=50), [World(f"C{n:02d}", Random(n), may_undo=False) for n in range(20)]
    for _ in range(20):
        for world in worlds:
            world.move()
            boards.take(world.events[-1:])
    board = boards.watch("RSHS")
    kept = [len(board.calls_of(world.clinic)) for world in worlds]
    assert 0 < sum(kept) <= 50
    assert kept[-1] == len(worlds[-1].calls)
