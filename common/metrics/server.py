"""The port at which a worker shows its metrics, and says whether it is alive and ready."""

import ipaddress
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, Final, NamedTuple

import structlog

from common.errors import SettingsError
from common.translation import N_

REQUEST_SECONDS_MAX: Final = 5
"""For so long at most a client is waited for."""

REQUESTS_MAX: Final = 8
"""Requests at once; further connections are closed."""

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

    def __init__(self, address: str, port: int, pages: Mapping[str, Callable[[], Page]]) -> None:
        """Takes the port, a free one where it is 0; raises SettingsError where it cannot be had."""
        self.pages = pages
        self._places = threading.BoundedSemaphore(REQUESTS_MAX)
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
        """In a thread, where there is a place."""
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """One request."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, _request: Any, _client_address: Any) -> None:
        """Of clients that go away nothing is said."""
        error = sys.exception()
        if not isinstance(error, OSError):
            _log.error("metrics not shown", error=type(error).__name__)


class _Handler(BaseHTTPRequestHandler):
    timeout = REQUEST_SECONDS_MAX
    server: PageServer

    def do_GET(self) -> None:
        make = self.server.pages.get(self.path.partition("?")[0])
        if make is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        page = make()
        self.send_response(page.status)
        self.send_header("Content-Type", page.content_type)
        self.send_header("Content-Length", str(len(page.body)))
        self.end_headers()
        self.wfile.write(page.body)

    def log_message(self, *_arguments: object) -> None:
        """Who asked is not logged."""
