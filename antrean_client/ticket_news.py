"""Waits for news of a ticket over HTTPS: antrean-web tells them as server-sent events while they happen, so
that nobody has to ask again and again.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import time
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from typing import Final
from urllib.parse import quote

from antrean_client.http_connection import DeadlineConnection
from antrean_client.web_devices import DEVICE_HEADER, DeviceNames
from antrean_client.web_server import server_at

_OPEN_SECONDS_MAX: Final = 5.0
_SILENT_SECONDS_MAX: Final = 25.0
"""The server says every 10 s that it is there."""

_REFUSED_SECONDS: Final = 60.0
"""For so long a server that has refused a stream is not asked for another one."""

_PACE_SECONDS: Final = 1.0
"""However much news there is, nobody looks more often."""

_LINE_BYTES_MAX: Final = 65_536
_NEWS: Final = (b"event: ticket", b"event: not_found", b"event: stale", b"event: fresh")
"""That the server has lost its broker, too, of which a look-up tells what to say."""


class TicketNews:
    """One stream at a time, of the ticket that was waited for last; for one thread."""

    def __init__(self, url: str, devices: DeviceNames) -> None:
        """`url` and `devices` as of a WebClient, which raises SettingsError in the same cases."""
        self._server, self._devices = server_at(url), devices
        self._connection = DeadlineConnection(self._server.host, self._server.port, self._server.tls())
        self._response: HTTPResponse | None = None
        self._code = ""
        self._refused_until = 0.0

    def wait(self, code: str, seconds: float) -> None:
        """Returns when something may be new about the ticket; where the server tells no news, after so many
        seconds. Never raises for want of a connection: whoever looks the ticket up then learns of it."""
        began = time.monotonic()
        if code != self._code:
            self.close()
        if (self._response is not None or self._open(code)) and self._has_news():
            seconds = min(seconds, _PACE_SECONDS) - (time.monotonic() - began)
        else:
            self.close()
        time.sleep(max(seconds, 0))

    def close(self) -> None:
        """Lets the stream go; never raises."""
        self._response = None
        self._connection.close()

    def _open(self, code: str) -> bool:
        """Whether there is a stream of the ticket now, whose first message is how it stands."""
        if time.monotonic() < self._refused_until:
            return False
        headers = {"Host": self._server.where, "User-Agent": "antrean", "Accept": "text/event-stream"}
        if (device := self._devices.read(self._server.where)) is not None:
            headers[DEVICE_HEADER] = device
        try:
            self._connection.begin(time.monotonic() + _OPEN_SECONDS_MAX)
            path = f"{self._server.root}/api/v1/tickets/{quote(code, safe='')}/events"
            self._connection.request("GET", path, None, headers)
            response = self._connection.getresponse()
        except (OSError, HTTPException, ValueError):
            self.close()
            return False
        is_stream = response.getheader("Content-Type", "").startswith("text/event-stream")
        if response.status != HTTPStatus.OK or not is_stream:
            self._refused_until = time.monotonic() + _REFUSED_SECONDS
            self.close()
            return False
        self._response, self._code = response, code
        return True

    def _has_news(self) -> bool:
        """Waits for the next news; not where the stream ends, or is silent for too long."""
        assert self._response is not None
        try:
            while True:
                self._connection.begin(time.monotonic() + _SILENT_SECONDS_MAX)
                line = self._response.readline(_LINE_BYTES_MAX)
                if not line:
                    return False
                if line.startswith(_NEWS):
                    return True
        except (OSError, HTTPException, ValueError):
            return False
