"""The port at which a worker shows its metrics, and says whether it is alive and ready."""

import ipaddress
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, Final, NamedTuple

import structlog

from common.errors import SettingsError
from common.translation import N_

REQUEST_SECONDS_MAX: Final = 5
"""For so long at most a client is waited for until it has asked, and again until it has read the answer."""

CLIENTS_MAX: Final = 8
"""Clients that have not asked yet, at once: who comes then takes the place of the one that came first, so
that those who ask slowly keep nobody out."""

PAGES_MAX: Final = 4
"""Of each page so many are made at once: one that waits for the database keeps no other waiting."""

PLAIN_TEXT: Final = "text/plain; charset=utf-8"

_log = structlog.get_logger()


class Page(NamedTuple):
    """An answer."""

    status: HTTPStatus
    content_type: str
    body: bytes


class PageServer(ThreadingHTTPServer):
    """Serves `pages`, by their paths, from threads of its own until it is closed."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: str, port: int, pages: Mapping[str, Callable[[], Page]]) -> None:
        """Takes the port, a free one where it is 0; raises SettingsError where it cannot be had."""
        self._pages = {path: (make, threading.BoundedSemaphore(PAGES_MAX)) for path, make in pages.items()}
        self._lock = threading.Lock()
        self._silent: dict[socket.socket, float] = {}
        """Since when each client is connected that has not asked yet, in the order in which they came."""
        is_short = isinstance(ipaddress.ip_address(address), ipaddress.IPv4Address)
        self.address_family = socket.AF_INET if is_short else socket.AF_INET6
        try:
            super().__init__((address, port), _Handler)
        except OSError as error:
            raise SettingsError(
                N_(
                    "ANTREAN_METRICS_PORT cannot be used: no port {port} at {address} ({reason}). Give each"
                    " worker of this machine a port of its own, or 0 for any that is free."
                ),
                port=port,
                address=address,
                reason=error.strerror,
            ) from error

    @property
    def port(self) -> int:
        """The port that was taken."""
        return int(self.server_address[1])

    def start(self) -> None:
        """Answers from now on."""
        threading.Thread(target=self.serve_forever, name="metrics", daemon=True).start()

    def stop(self) -> None:
        """Answers no more, and gives the port back."""
        self.shutdown()
        self.server_close()

    def server_bind(self) -> None:
        """Without asking the name service who this machine is, which may take seconds."""
        TCPServer.server_bind(self)

    def process_request(self, request: Any, client_address: Any) -> None:
        """In a thread."""
        with self._lock:
            if len(self._silent) >= CLIENTS_MAX:
                self._let_go(next(iter(self._silent)))
            self._silent[request] = time.monotonic()
        super().process_request(request, client_address)

    def service_actions(self) -> None:
        """Lets go of clients that take too long. A socket's own time limit begins again with every byte."""
        came_before = time.monotonic() - REQUEST_SECONDS_MAX
        with self._lock:
            for client in [client for client, came_at in self._silent.items() if came_at < came_before]:
                self._let_go(client)

    def has_asked(self, client: socket.socket) -> bool:
        """This client is not waited for any more; whether it is still to be answered."""
        with self._lock:
            return self._silent.pop(client, None) is not None

    def page(self, path: str) -> Page | None:
        """What stands there; None where there is nothing."""
        make, places = self._pages.get(path, (None, None))
        if make is None or places is None:
            return None
        if not places.acquire(blocking=False):
            return Page(HTTPStatus.SERVICE_UNAVAILABLE, PLAIN_TEXT, b"Too many ask for this at once.\n")
        try:
            return make()
        finally:
            places.release()

    def shutdown_request(self, request: Any) -> None:
        """A client is gone, or has its answer."""
        self.has_asked(request)
        super().shutdown_request(request)

    def _let_go(self, client: socket.socket) -> None:
        """Ends the waiting of the client's thread, which then closes the socket."""
        del self._silent[client]
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)

    def handle_error(self, _request: Any, _client_address: Any) -> None:
        """Of clients that go away nothing is said."""
        error = sys.exception()
        if not isinstance(error, OSError):
            _log.error("metrics not shown", error=type(error).__name__)


class _Handler(BaseHTTPRequestHandler):
    timeout = REQUEST_SECONDS_MAX
    server: PageServer

    def do_GET(self) -> None:
        if not self.server.has_asked(self.connection):
            return
        page = self.server.page(self.path.partition("?")[0])
        if page is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self.send_response(page.status)
        self.send_header("Content-Type", page.content_type)
        self.send_header("Content-Length", str(len(page.body)))
        self.end_headers()
        self.wfile.write(page.body)

    def log_message(self, *_arguments: object) -> None:
        """Who asked is not logged."""
