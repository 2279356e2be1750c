"""A receiver of webhooks to try with: verifies, prints, and fails when it is told to.

Listens on this machine only, without TLS. It prints before it answers, so what was acknowledged was printed.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any, Final

from antrean_client.events import Event, read_event
from event_tap.webhooks.signing import HEADERS, Signer

HOST: Final = "127.0.0.1"
_BODY_BYTES_MAX: Final = 1024 * 1024
_SECONDS_MAX: Final = 60.0


@dataclass(frozen=True)
class Behaviour:
    """How many of a hundred requests it fails, chosen by chance, with which status; and after how many
    seconds it answers any."""

    fail_percent: int = 0
    fail_status: int = HTTPStatus.SERVICE_UNAVAILABLE
    delay_seconds: float = 0.0


class Receiver:
    """Hands each event that it accepts to `take`, one at a time."""

    def __init__(
        self, port: int, signer: Signer, behaviour: Behaviour, take: Callable[[Event], None]
    ) -> None:
        """Raises OSError where it cannot listen there; with the port 0 the system chooses one."""
        self._signer, self._behaviour, self._take = signer, behaviour, take
        self._lock = Lock()
        self._failure: BaseException | None = None
        self._server = _Server((HOST, port), _handler_of(self._answer))

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def run(self) -> None:
        """Receives until it is interrupted; raises what `take` has raised."""
        try:
            while self._failure is None:
                self._server.handle_request()
            raise self._failure
        finally:
            self._server.server_close()

    def _answer(self, headers: dict[str, str], body: bytes) -> HTTPStatus | int:
        time.sleep(self._behaviour.delay_seconds)
        if not self._signer.verifies({name: headers.get(name, "") for name in HEADERS}, body):
            return HTTPStatus.UNAUTHORIZED
        if random.random() * 100 < self._behaviour.fail_percent:  # noqa: S311 - keeps no secret
            return self._behaviour.fail_status
        try:
            event = read_event(body)
        except ValueError:
            return HTTPStatus.BAD_REQUEST
        with self._lock:
            try:
                self._take(event)
            except OSError as error:
                self._failure = error
                return HTTPStatus.INTERNAL_SERVER_ERROR
        return HTTPStatus.NO_CONTENT


class _Server(ThreadingHTTPServer):
    timeout = 0.5
    request_queue_size = 128

    def handle_error(self, *_: Any) -> None:
        """A sender has gone away: it sends again."""


def _handler_of(answer: Callable[[dict[str, str], bytes], int]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = _SECONDS_MAX
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal() or int(length) > _BODY_BYTES_MAX:
                self.close_connection = True
                self._say(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
                return
            body = self.rfile.read(int(length))
            self._say(answer({name.lower(): value for name, value in self.headers.items()}, body))

        def _say(self, status: int) -> None:
            self.send_response_only(status)
            if status != HTTPStatus.NO_CONTENT:
                self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Only events are printed."""

    return Handler
