"""Serves an application over HTTP until the process is told to stop: with bounds on what clients may take.

uvicorn has no time limit for the head of a request, nor for a client that does not read; `_Connection` has.

Sources: https://www.uvicorn.org/settings/, https://owasp.org/www-community/attacks/Slow_Denial_of_Service
"""

import asyncio
import resource
import signal
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

import structlog
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from common.errors import SettingsError
from common.translation import N_
from common.web.faults import Faults
from common.web.security import HEAD_BYTES_MAX, IS_CROWDED

HEAD_SECONDS_MAX: Final = 15
"""From the connection, or from the last answer on it, to the end of the next request's head."""

READ_SECONDS_MAX: Final = 30
"""A client may take nothing for so long of what was sent to it."""

CONNECTIONS_MAX: Final = 10_000
"""Who comes beyond is answered 503 at once."""

STOP_SECONDS_MAX: Final = 10
"""For so long, requests that are under way may take when the process stops."""

_NO_HTTP: Final = "Permintaan ini tidak dapat dibaca. / This request cannot be read."

_BACKLOG: Final = 1_024
_OTHER_FILES: Final = 256

_log = structlog.get_logger()


class _Connection(H11Protocol):
    """Closes where no request has come in time, or the client does not read."""

    _deadline: asyncio.TimerHandle | None = None
    _read_deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn
        super().connection_made(transport)
        self._expect_request()

    def on_response_complete(self) -> None:
        self._expect_request()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        for deadline in (self._deadline, self._read_deadline):
            if deadline is not None:
                deadline.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        self._read_deadline = self.loop.call_later(READ_SECONDS_MAX, self.transport.abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        if self._read_deadline is not None:
            self._read_deadline.cancel()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's, in English alone
        """To what is no HTTP, in no language that we know of."""
        super().send_400_response(_NO_HTTP)

    def _expect_request(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(HEAD_SECONDS_MAX, self._give_up)

    def _give_up(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            return
        if self.transport.get_write_buffer_size():
            self.transport.abort()  # closing would wait until the client has read the last answer
        else:
            self.transport.close()


class WebServer:
    """Answers on a port of this machine, from `run` to `stop`."""

    def __init__(
        self, app: ASGIApp, address: str, port: int, *, variable: str, proxies: Sequence[str]
    ) -> None:
        """Takes the port, a free one where it is 0. What `proxies` say of a client's address is believed,
        nobody else. Raises SettingsError, with the setting `variable`, where the port cannot be had."""
        self._socket = _listening(address, port, variable)
        self._server = uvicorn.Server(
            uvicorn.Config(
                Faults(self._unless_crowded(app)),
                http=_Connection,
                loop="asyncio",
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=bool(proxies),
                forwarded_allow_ips=[*proxies],
                h11_max_incomplete_event_size=HEAD_BYTES_MAX,
                timeout_keep_alive=2 * HEAD_SECONDS_MAX,  # `_Connection` comes first
                timeout_graceful_shutdown=STOP_SECONDS_MAX,
                backlog=_BACKLOG,
            )
        )

    @property
    def port(self) -> int:
        """The port that was taken."""
        return int(self._socket.getsockname()[1])

    def run(self) -> None:
        """Answers until the process is told to stop (SIGTERM, SIGINT), or `stop` is called."""
        _allow_open_files(CONNECTIONS_MAX + _OTHER_FILES)
        for number in (signal.SIGTERM, signal.SIGINT):
            # uvicorn, which takes the signals meanwhile, sends them again when it has stopped in order.
            signal.signal(number, lambda _number, _frame: None)
        self._socket.listen(_BACKLOG)  # who comes at the word waits, and is not refused
        _log.info("ready", address=self._socket.getsockname()[0], port=self.port)
        self._server.run(sockets=[self._socket])

    def stop(self) -> None:
        """Answers what is under way, and ends."""
        self._server.should_exit = True

    def _unless_crowded(self, app: ASGIApp) -> ASGIApp:
        """`app`, which is told of requests that come when too many connections are open."""

        async def told(scope: Scope, receive: Receive, send: Send) -> None:
            if len(self._server.server_state.connections) > CONNECTIONS_MAX:
                scope.setdefault("state", {})[IS_CROWDED] = True
            await app(scope, receive, send)

        return told


def _listening(address: str, port: int, variable: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # By the protocol's number asyncio knows that it is TCP, and sends the parts of an answer at once.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((address, port))
    except OSError as error:
        listening.close()
        raise SettingsError(
            N_("{variable} cannot be used: no port {port} at {address} ({reason}). Choose another one."),
            variable=variable,
            port=port,
            address=address,
            reason=error.strerror,
        ) from error
    return listening


def _allow_open_files(wanted: int) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft: Any = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, most))
