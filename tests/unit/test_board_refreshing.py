"""What a board looks up, and when: after events, not more often than it has to, and again after a failure."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any

import pytest

from antrean_client.errors import NoReply, ProblemReply
from common.clock import SystemClock
from tests.unit.board_world import World, summary
from waiting_room import refreshing
from waiting_room.boards import Boards
from waiting_room.directory import Directory
from waiting_room.refreshing import Json, Refreshing

Ask = Callable[[str, Json], Coroutine[Any, Any, Json]]


class Responders:
    """Answer for a hospital with these queues, one clinic on each page."""

    def __init__(self, *worlds: World) -> None:
        self.worlds = {each.clinic: each for each in worlds}
        self.asked: Counter[str] = Counter()
        self.are_away = False

    async def ask(self, name: str, body: Json) -> Json:
        """The reply."""
        self.asked[body.get("clinic", name)] += 1
        await asyncio.sleep(0)
        if self.are_away:
            raise NoReply("No answer.")
        if name == "list_hospitals":
            return {"hospitals": [{"code": "RSHS"}] if not body else [{"code": "RSUD"}], "more": not body}
        if body["hospital"] != "RSHS":
            raise ProblemReply({"code": "hospital_not_found"})
        if name == "clinic_queue":
            if body["clinic"] not in self.worlds:
                raise ProblemReply({"code": "clinic_not_found"})
            return self.worlds[body["clinic"]].replies[-1]
        codes = [code for code in sorted(self.worlds) if code > body.get("after", "")]
        return {"clinics": [summary(code) for code in codes[:1]], "more": len(codes) > 1}


class Kept:
    """A board that is kept up to date while the block runs."""

    def __init__(self, responders: Responders) -> None:
        self.boards = Boards()
        self.board = self.boards.watch("RSHS")
        self.rounds = 0
        self.refreshing = Refreshing(self.board, responders.ask, SystemClock(), self._round)
        self._done = asyncio.Event()

    async def __aenter__(self) -> "Kept":
        self._task = asyncio.create_task(self.refreshing.run())
        await self.refreshing.known(10)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.wait({self._task})

    def _round(self) -> None:
        self.rounds += 1
        self._done.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits until it holds after a round."""
        async with asyncio.timeout(30):
            while not condition():
                self._done.clear()
                await self._done.wait()

    def take(self, world: World) -> None:
        """Something happens, and its event comes."""
        world.move()
        self.boards.take(world.events[-1:])
        self.refreshing.wake()


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refreshing, "ROUND_SECONDS_MIN", 0.05)


def test_all_is_looked_up_at_first_and_then_what_has_changed() -> None:
    async def run() -> None:
        gig, ana = World("GIG", Random(1)), World("ANA", Random(2))
        responders = Responders(gig, ana)
        async with Kept(responders) as kept:
            assert kept.board.listed == ("ANA", "GIG")
            assert responders.asked == {"list_clinics": 2, "ANA": 1, "GIG": 1}
            for _ in range(20):  # however many, while a round is under way
                kept.take(gig)
            await kept.until(lambda: responders.asked["GIG"] > 1 and not kept.board.due)
            assert responders.asked["GIG"] <= 3
            assert responders.asked["ANA"] == 1
            assert kept.board.clinic("GIG").shown()["waiting"] == gig.replies[-1]["waiting"]

    asyncio.run(run())


def test_what_was_not_answered_is_asked_for_again_and_shown_as_old_meanwhile() -> None:
    async def run() -> None:
        gig = World("GIG", Random(1))
        responders = Responders(gig)
        async with Kept(responders) as kept:
            responders.are_away = True
            kept.take(gig)
            await kept.until(lambda: kept.board.stale_since is not None)
            kept.take(gig)
            responders.are_away = False
            await kept.until(lambda: kept.board.stale_since is None)
            assert not kept.board.due
            assert kept.board.clinic("GIG").shown()["next"] == gig.replies[-1]["next"]

    asyncio.run(run())


def test_clinics_come_and_go_with_the_catalog() -> None:
    async def run() -> None:
        gig, ana = World("GIG", Random(1)), World("ANA", Random(2))
        responders = Responders(gig)
        async with Kept(responders) as kept:
            responders.worlds["ANA"] = ana
            kept.take(ana)  # an event of a clinic that is not known yet
            await kept.until(lambda: kept.board.is_known and kept.board.listed == ("ANA", "GIG"))
            assert kept.board.change().is_relisted
            del responders.worlds["GIG"]
            kept.take(gig)  # its queue is not found any more
            await kept.until(lambda: kept.board.listed == ("ANA",))
            assert kept.board.change().is_relisted
            assert not kept.board.due

    asyncio.run(run())


def test_the_directory_tells_what_there_is_and_what_it_knew_where_nobody_answers() -> None:
    async def run() -> None:
        responders = Responders(World("GIG", Random(1)), World("ANA", Random(2)))
        directory = Directory(responders.ask)
        responders.are_away = True
        with pytest.raises(NoReply):
            await directory.hospital("RSHS")
        responders.are_away = False
        assert [each["code"] for each in await directory.hospitals()] == ["RSHS", "RSUD"]
        assert await directory.hospital("RSXX") is None
        assert await directory.has_clinics("RSHS", ("GIG", "ANA"))
        assert not await directory.has_clinics("RSHS", ("GIG", "XX"))
        assert not await directory.has_clinics("RSXX", ("GIG",))
        responders.are_away = True
        assert await directory.hospital("RSUD") == {"code": "RSUD"}
        assert await directory.has_clinics("RSHS", ("GIG",))
        asked = responders.asked.total()
        assert await directory.hospitals()
        assert responders.asked.total() == asked

    asyncio.run(run())
