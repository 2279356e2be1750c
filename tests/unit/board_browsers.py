"""Board processes and browsers in one loop, for tests of what browsers are sent: no broker, no HTTP."""

import asyncio
import json
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any, cast

from common.clock import SystemClock
from tests.unit.board_world import MORNING, World, summary
from waiting_room.boards import Boards
from waiting_room.hub import Hub
from waiting_room.messages import Scene, shown_in

Json = dict[str, Any]

HOSPITAL = {"code": "RSHS", "name": "RS Hasan Sadikin", "time_zone": "Asia/Jakarta"}


def read(message: bytes) -> list[tuple[str | None, Json]]:
    """The tokens and data of the messages in what was sent."""
    found = []
    for each in message.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in each.splitlines() if line)
        if fields:
            assert fields["event"] == "board"
            found.append((fields.get("id"), json.loads(fields["data"])))
    return found


class Process:
    """A board process, which reads the events of these queues from the beginning of what it knows."""

    def __init__(self, worlds: list[World]) -> None:
        self.worlds = worlds
        self.boards = Boards()
        self.board = self.boards.watch("RSHS")
        self.hub = Hub(SystemClock())
        self._taken = dict.fromkeys([each.clinic for each in worlds], 0)
        self.board.take_clinics([summary(each.clinic) for each in worlds], 0)
        for world in worlds:
            self.look_up(world)

    def take(self, world: World, count: int = 1) -> None:
        """Reads the next events of a queue."""
        taken = self._taken[world.clinic]
        self.boards.take(world.events[taken : taken + count])
        self._taken[world.clinic] = min(taken + count, len(world.events))
        self.tell()

    def look_up(self, world: World) -> None:
        """Looks a queue up as it is now."""
        self.board.take_queue(world.clinic, world.replies[-1], MORNING + timedelta(hours=1))
        self.tell()

    def tell(self) -> None:
        """Tells its browsers what has changed."""
        self.hub.tell("RSHS", self.board.change())


class Browser:
    """A page that stays open: it connects, and connects again with the token that it had last."""

    def __init__(self, chosen: tuple[str, ...] | None = None) -> None:
        self.chosen = chosen
        self.token: str | None = None
        self.listed: list[str] = []
        """The keys of all calls that it has ever listed, in the order in which it learned of them."""
        self.on_page: set[str] = set()
        self.clinics: dict[str, Json] = {}
        self.snapshots = 0
        self.process: Process | None = None
        """To which it is connected."""
        self._messages: AsyncGenerator[bytes, None] | None = None
        self._next: asyncio.Task[bytes] | None = None

    async def connect(self, process: Process) -> None:
        """To whichever process; what was going on ends."""
        await self.disconnect()
        self.process = process

        async def messages() -> AsyncGenerator[bytes, None]:
            scene = Scene(process.board, HOSPITAL, self.chosen)
            with process.hub.browser(scene) as page:
                async for message in page.messages(shown_in(self.token, "RSHS")):
                    yield message

        self._messages = messages()
        self._sent: set[str] = set()

    async def disconnect(self) -> None:
        """As a browser that is closed does."""
        if self._next is not None:
            self._next.cancel()
            await asyncio.wait({self._next})
        if self._messages is not None:
            await self._messages.aclose()
        self.process = self._messages = self._next = None

    async def hear(self) -> bool:
        """Takes what was sent, if there is anything."""
        if self._messages is None:
            return False
        if self._next is None:
            self._next = asyncio.create_task(cast("Any", self._messages.__anext__()))
        for _ in range(3):
            await asyncio.sleep(0)
        if not self._next.done():
            return False
        message, self._next = self._next.result(), None
        for token, data in read(message):
            self._take(token, data)
        return True

    def _take(self, token: str | None, data: Json) -> None:
        self.token = token or self.token
        keys = [call["key"] for call in data["calls"]]
        assert len({*keys}) == len(keys)
        if data["is_snapshot"]:
            self.snapshots += 1
            self.clinics, self.on_page = {}, set()
        else:
            assert self._sent.isdisjoint(keys), "a call came twice on one connection"
        self._sent.update(keys)
        self.clinics |= {each["code"]: each for each in data["clinics"]}
        self.on_page.update(keys)
        self.listed += [key for key in keys if key not in self.listed]
