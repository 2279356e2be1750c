"""Many browsers of a board in one process, each a connection that only notes when each call came.

`python -m tests.web.board_crowd PORT PATH COUNT` prints a line when all have a snapshot. When it reads how
many calls there were, it prints a JSON object: `delays` in seconds from the moment in the call's room name,
`missing` and `twice`, how many calls browsers lacked or had twice.
"""

import asyncio
import json
import re
import sys
import time
from collections import Counter

_CALL = re.compile(rb'"key":"([^"]*)"[^}]*?"room_name":"(\d+\.\d+)"')


class Browser(asyncio.Protocol):
    """One of them."""

    def __init__(self, path: str, ready: asyncio.Semaphore) -> None:
        self._path, self._ready = path, ready
        self._left = b""
        self.has_snapshot = False
        self.calls: Counter[bytes] = Counter()
        self.delays: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asks for the stream."""
        assert isinstance(transport, asyncio.Transport)
        transport.write(f"GET {self._path} HTTP/1.1\r\nHost: board\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        """Notes each call of each message that is there as a whole."""
        now = time.time()
        *messages, self._left = (self._left + data).split(b"\n\n")
        for message in messages:
            if b"event: board" not in message:
                continue
            if not self.has_snapshot:
                self.has_snapshot = True
                self._ready.release()
            for key, sent_at in _CALL.findall(message):
                self.calls[key] += 1
                self.delays.append(now - float(sent_at))


async def crowd(port: int, path: str, count: int) -> None:
    """All of them."""
    loop, ready = asyncio.get_running_loop(), asyncio.Semaphore(0)
    browsers = []
    for _ in range(count):
        _, browser = await loop.create_connection(lambda: Browser(path, ready), "127.0.0.1", port)
        browsers.append(browser)
    for _ in range(count):
        await ready.acquire()
    print("ready", flush=True)
    calls = int(await asyncio.to_thread(sys.stdin.readline))
    print(
        json.dumps(
            {
                "delays": [each for browser in browsers for each in browser.delays],
                "missing": sum(calls - len(browser.calls) for browser in browsers),
                "twice": sum(times - 1 for browser in browsers for times in browser.calls.values()),
            }
        ),
        flush=True,
    )


if __name__ == "__main__":
    asyncio.run(crowd(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
