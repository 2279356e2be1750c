"""A connection over HTTP/1.1 that keeps a deadline, and goes where it is told: no proxy and no redirect leads
elsewhere. With the standard library's http.client, whose connection is made here."""

import io
import math
import re
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

_SECONDS: Final = re.compile(r"\d{1,9}", re.ASCII)


class SocketAddress(NamedTuple):
    """An address to connect to, as `socket` takes it."""

    family: int
    address: tuple[Any, ...]


def addresses_of(host: str, port: int) -> list[SocketAddress]:
    """What a name stands for now. Blocks for as long as the system's resolver does.

    Raises OSError or UnicodeError where it stands for nothing.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [SocketAddress(family, address) for family, _, _, _, address in found]


class DeadlineConnection(HTTPConnection):
    """Has one deadline for all that a request does, from the connecting to the answer's end; then it raises
    TimeoutError. For one thread."""

    def __init__(
        self,
        host: str,
        port: int,
        tls: ssl.SSLContext | None,
        addresses: Callable[[str, int], Sequence[SocketAddress]] = addresses_of,
    ) -> None:
        """`addresses` says, for each connection, what is connected to; whatever it raises is raised."""
        super().__init__(host, port)
        self._tls = tls
        self._addresses = addresses
        self._deadline = math.inf

    @property
    def is_kept(self) -> bool:
        """Whether there is a connection from an earlier request."""
        return self.sock is not None

    def begin(self, deadline: float) -> None:
        """The next request has until then, by `time.monotonic`."""
        self._deadline = deadline
        if isinstance(self.sock, _DeadlineSocket):
            self.sock.deadline = deadline

    def connect(self) -> None:
        """As http.client asks for it; raises OSError and UnicodeError."""
        found = self._addresses(self.host, self.port)
        for others in reversed(range(len(found))):
            try:
                # Each has its share of the time: a network may drop what is sent to one of them.
                seconds = _left(self._deadline) / (others + 1)
                connected = self._connected(found[-others - 1], seconds)
                self.sock = _DeadlineSocket(connected, self._deadline)
                return
            except OSError:
                if not others:
                    raise

    def _connected(self, address: SocketAddress, seconds: float) -> socket.socket:
        raw = socket.socket(address.family, socket.SOCK_STREAM)
        try:
            raw.settimeout(seconds)
            raw.connect(address.address)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            raw.settimeout(_left(self._deadline))
            if self._tls is None:
                return raw
            return self._tls.wrap_socket(raw, server_hostname=self.host.rstrip("."))
        except BaseException:
            raw.close()
            raise


class _DeadlineSocket:
    """What http.client needs of a socket. A socket's own time limit begins again with every byte that comes;
    this one ends at its `deadline`. As a socket, it is let go of when the file made of it is closed, too."""

    def __init__(self, connected: socket.socket, deadline: float) -> None:
        self._socket = connected
        self.deadline = deadline
        self._users = 1

    def sendall(self, data: "ReadableBuffer") -> None:
        self._socket.settimeout(_left(self.deadline))
        self._socket.sendall(data)

    def receive_into(self, buffer: "WriteableBuffer") -> int:
        self._socket.settimeout(_left(self.deadline))
        return self._socket.recv_into(buffer)

    def makefile(self, _mode: str) -> io.BufferedReader:
        self._users += 1
        return io.BufferedReader(_Received(self))

    def close(self) -> None:
        self._users -= 1
        if self._users == 0:
            self._socket.close()


class _Received(io.RawIOBase):
    """What arrives at a socket, as a file."""

    def __init__(self, connected: _DeadlineSocket) -> None:
        super().__init__()
        self._connected = connected

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        return self._connected.receive_into(buffer)

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._connected.close()


def _left(deadline: float) -> float:
    if (left := deadline - time.monotonic()) <= 0:
        raise TimeoutError
    return left


def retry_after_seconds(text: str | None) -> float | None:
    """How long to wait, from either form of the header: a number, or a date. None where it says neither.

    Source: RFC 9110, section 10.2.3.
    """
    if text is None:
        return None
    if _SECONDS.fullmatch(text.strip()):
        return float(text)
    from email.utils import parsedate_to_datetime  # only for a date, which is rare

    try:
        moment = parsedate_to_datetime(text)
        return max((moment - datetime.fromtimestamp(time.time(), UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError, OverflowError):  # no date, one without a zone, or one beyond all years
        return None
