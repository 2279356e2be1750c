"""A browser's EventSource, in a thread of its own."""

import json
import threading
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.processes import eventually


@dataclass
class EventSource:
    """Reads one stream to its end, or until `close`; `messages` are names and data."""

    http: httpx.Client
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    status: int | None = None
    _response: httpx.Response | None = None

    def open(self) -> "EventSource":
        """Begins to read."""
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def close(self) -> None:
        """Lets the stream go."""
        if self._response is not None:
            self._response.close()

    def tickets(self, code: str) -> list[dict[str, Any]]:
        """All that was told of a ticket, one after the other."""
        return [data for name, data in self.messages if name == "ticket" and data["ticket_code"] == code]

    def tells(self, code: str, **members: Any) -> dict[str, Any]:
        """Waits until the ticket is told with these members."""

        def told() -> bool:
            return any(members.items() <= each.items() for each in self.tickets(code))

        eventually(told, f"the stream tells {members}: {self.messages[-3:]}")
        return next(each for each in self.tickets(code) if members.items() <= each.items())

    def _read(self) -> None:
        try:
            with self.http.stream("GET", self.path, headers=self.headers) as response:
                self._response, self.status = response, response.status_code
                name = ""
                for line in response.iter_lines():
                    kind, _, value = line.partition(": ")
                    if kind == "event":
                        name = value
                    elif kind == "data":
                        self.messages.append((name, json.loads(value)))
        except (httpx.HTTPError, httpx.StreamError, OSError):
            pass  # closed, by either side
        finally:
            self.ended.set()
