"""A board's page without a browser: it connects, keeps its token, and connects again by itself."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx

from tests.processes import SECONDS_MAX, eventually

Json = dict[str, Any]

_AGAIN_SECONDS = 0.1


class BoardClient:
    """Follows the stream at an address, which `address` says at each connecting, in a thread of its own."""

    def __init__(self, address: Callable[[], str]) -> None:
        self._address = address
        self._closed = threading.Event()
        self._response: httpx.Response | None = None
        self.token: str | None = None
        self.listed: list[str] = []
        """The keys of all calls, in the order in which they came first."""
        self.calls: dict[str, Json] = {}
        """The calls that are on the page."""
        self.ever: dict[str, Json] = {}
        """All calls that have been on it."""
        self.clinics: dict[str, Json] = {}
        self.stale_since: str | None = None
        self.messages: list[Json] = []
        self.connections = 0
        self.faults: list[str] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def awaits(self, condition: Callable[["BoardClient"], bool], what: str) -> None:
        """Waits until the page is as `condition` wants it."""
        eventually(lambda: condition(self), f"{what}; the page has {self.clinics} {[*self.calls]}")
        assert not self.faults

    def lists(self, *display_numbers: str) -> None:
        """Waits until these were called, and nobody else, in this order."""
        self.awaits(
            lambda page: [page.ever[key]["display_number"] for key in page.listed] == [*display_numbers],
            f"{display_numbers} are called",
        )

    def drop(self) -> None:
        """The connection is lost, as by a fault of the network."""
        if self._response is not None:
            connection = self._response.extensions["network_stream"].get_extra_info("socket")
            with suppress(OSError):  # it may have ended by itself
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Follows no more."""
        self._closed.set()
        self.drop()
        self._thread.join(SECONDS_MAX)

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                self._follow()
            except (httpx.HTTPError, httpx.StreamError, OSError):
                pass
            except AssertionError as fault:
                self.faults.append(str(fault))
            time.sleep(_AGAIN_SECONDS)

    def _follow(self) -> None:
        headers = {} if self.token is None else {"Last-Event-ID": self.token}
        with httpx.stream("GET", self._address(), headers=headers, timeout=SECONDS_MAX) as response:
            self._response = response
            if response.status_code != httpx.codes.OK:
                return
            self.connections += 1
            fields: dict[str, str] = {}
            sent: set[str] = set()
            for line in response.iter_lines():
                name, _, value = line.partition(": ")
                if line:
                    fields[name] = value
                elif fields.get("event") == "board":
                    self._take(fields.get("id"), json.loads(fields["data"]), sent)
                    fields = {}
                else:
                    fields = {}

    def _take(self, token: str | None, data: Json, sent: set[str]) -> None:
        calls = {call["key"]: call for call in data["calls"]}
        if data["is_snapshot"]:
            self.clinics, self.calls = {}, {}
        else:
            assert sent.isdisjoint(calls), f"a call came twice on one connection: {sent & calls.keys()}"
        sent.update(calls)
        self.clinics |= {each["code"]: each for each in data["clinics"]}
        self.calls |= calls
        self.ever |= calls
        self.listed += [key for key in calls if key not in self.listed]
        self.stale_since = data["stale_since"]
        self.token = token or self.token
        self.messages.append(data)


@contextmanager
def board_client(address: Callable[[], str] | str) -> Iterator[BoardClient]:
    """A page that is open while the block runs, and shows something when it begins."""
    client = BoardClient(address if callable(address) else lambda: address)
    try:
        client.awaits(lambda page: bool(page.messages), "a snapshot comes")
        yield client
        assert not client.faults
    finally:
        client.close()
