"""The end of a stream of server-sent events is told, whenever it comes."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.types import Message

from common.clock import SystemClock
from common.web.streams import stream


async def _messages() -> AsyncIterator[bytes]:
    yield b"event: x\n\n"
    await asyncio.sleep(3600)


@pytest.mark.parametrize("after", ["nothing", "the start", "a message"])
def test_its_end_is_told_once(after: str) -> None:
    async def run() -> int:
        ended, gone, sent = list[str](), asyncio.Event(), list[Message]()

        async def receive() -> Message:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)
            if after == "nothing" or (after == "the start" and len(sent) == 2) or len(sent) == 3:
                gone.set()
                await asyncio.sleep(3600)

        answer = stream(_messages(), SystemClock(), lambda: ended.append("ended"))
        await asyncio.wait_for(answer({"type": "http", "method": "GET"}, receive, send), 30)
        return len(ended)

    assert asyncio.run(run()) == 1
