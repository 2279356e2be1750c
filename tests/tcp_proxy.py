"""A TCP proxy between a program and its broker or database: it shows, holds up, delays, cuts and resets."""

import re
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from local_stack.endpoint import free_ports
from tests.processes import SECONDS_MAX

_HOST = "127.0.0.1"
_CHUNK_BYTES = 65536
_BEGINNING_BYTES = 2048
_BACKLOG_MAX = 1024  # many clients may come at once
_NO_LINGER = struct.pack("ii", 1, 0)
# How an AMQP client names its connection: a long string in its properties, with four bytes of length.
_NAME = re.compile(rb"connection_nameS\0\0\0(.)", re.DOTALL)


@dataclass
class Direction:
    """One direction of a connection. What arrives while it is held, passes after its release.

    `beginning` holds the first bytes passed; every chunk passes `delay_seconds` after its arrival.
    """

    bytes_passed: int = 0
    beginning: bytes = b""
    delay_seconds: float = 0.0
    bytes_left: int | None = None
    _free: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._free.set()

    def hold(self) -> None:
        """Stops passing data."""
        self._free.clear()

    def release(self) -> None:
        """Passes what was held, and all that follows."""
        self._free.set()

    def wait_until_free(self) -> None:
        """Blocks while the direction is held."""
        self._free.wait()

    def passes(self, chunk: bytes) -> bytes:
        """As much of `chunk` as may pass before the connection is to be cut."""
        return chunk if self.bytes_left is None else chunk[: self.bytes_left]

    def passed(self, chunk: bytes) -> None:
        """Counts what has passed."""
        self.bytes_passed += len(chunk)
        if self.bytes_left is not None:
            self.bytes_left -= len(chunk)
        if len(self.beginning) < _BEGINNING_BYTES:
            self.beginning += chunk


class Link:
    """One connection through the proxy; `name` is what an AMQP client calls it.

    When both of its ends have closed it, its sockets are closed too.
    """

    def __init__(self, client: socket.socket, server: socket.socket, delay_seconds: float = 0.0) -> None:
        self.name = ""
        self.to_server, self.to_client = (
            Direction(delay_seconds=delay_seconds),
            Direction(delay_seconds=delay_seconds),
        )
        self.is_cut = False
        self._is_reset = False
        self._client, self._server = client, server
        self._pumping = 2
        self._last = threading.Lock()
        self._threads = [
            threading.Thread(target=self._pump, args=ends, daemon=True)
            for ends in ((client, server, self.to_server), (server, client, self.to_client))
        ]
        for thread in self._threads:
            thread.start()

    @property
    def is_over(self) -> bool:
        """Whether both ends have closed it."""
        return self._pumping == 0

    @property
    def server_has_closed(self) -> bool:
        """Whether the server has ended its side, though the client may not have."""
        return not self._threads[1].is_alive()

    def hold(self) -> None:
        """Lets nothing pass in either direction: both ends believe that it is up."""
        self.to_server.hold()
        self.to_client.hold()

    def release(self) -> None:
        """Passes what was held, and all that follows."""
        self.to_server.release()
        self.to_client.release()

    def cut(self) -> None:
        """Ends the connection. The client can still read what has reached it; what is held is lost."""
        self.is_cut = True
        _shut(self._server, socket.SHUT_RDWR)
        _shut(self._client, socket.SHUT_WR)
        self.release()

    def cut_after(self, count: int) -> None:
        """Cuts the connection when so many more bytes have passed in one direction, be it within a frame."""
        self.to_server.bytes_left = self.to_client.bytes_left = count

    def reset(self) -> None:
        """Ends the connection at both ends with an RST, as a machine does that knows nothing of it."""
        self.is_cut = self._is_reset = True
        for end in (self._client, self._server):
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            _shut(end, socket.SHUT_RD)  # wakes its thread and sends nothing; closing then sends the RST
        self.release()

    def close(self) -> None:
        """Cuts, and waits until nothing of it is left."""
        self.cut()
        _shut(self._client, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _pump(self, source: socket.socket, target: socket.socket, direction: Direction) -> None:
        with suppress(OSError):
            while chunk := source.recv(_CHUNK_BYTES):
                if not self.name and source is self._client and (found := _NAME.search(chunk)):
                    self.name = chunk[found.end() : found.end() + found[1][0]].decode()
                time.sleep(direction.delay_seconds)
                direction.wait_until_free()
                if self.is_cut:
                    continue  # read on, so that the client sees an end and no reset
                passing = direction.passes(chunk)
                target.sendall(passing)
                direction.passed(passing)
                if direction.bytes_left == 0:
                    self.cut()
        direction.wait_until_free()
        if not self._is_reset:
            _shut(target, socket.SHUT_WR)
        with self._last:
            self._pumping -= 1
            if self._pumping == 0:
                self._client.close()
                self._server.close()


class TcpProxy:
    """Passes connections to its own port on to `host:port`; the port is the same for as long as it lives."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._links: list[Link] = []
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._delay_seconds = 0.0
        self.port = free_ports({"proxy": 0})["proxy"]
        self.open()

    def url(self, url: str) -> str:
        """`url` with the address of this proxy."""
        parts = urlsplit(url)
        user = parts.netloc.rpartition("@")[0]
        return urlunsplit(parts._replace(netloc=f"{user}@{_HOST}:{self.port}"))

    @property
    def links(self) -> list[Link]:
        """The connections that are up."""
        return [link for link in self._links if not (link.is_cut or link.is_over)]

    def link(self, name: str) -> Link:
        """The one connection whose name ends with `name`."""
        (found,) = (link for link in self.links if link.name.endswith(name))
        return found

    def open(self) -> None:
        """Takes connections."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_HOST, self.port))
        listener.listen(_BACKLOG_MAX)
        self._listener = listener
        self._thread = threading.Thread(target=self._accept, args=(listener,), daemon=True)
        self._thread.start()

    def refuse(self) -> None:
        """Takes no more connections, and cuts those that are up."""
        if self._listener is not None and self._thread is not None:
            _shut(self._listener, socket.SHUT_RDWR)  # wakes the thread
            self._thread.join()
            self._listener.close()
            self._listener = None
        self.cut()

    def cut(self) -> None:
        """Cuts the connections that are up."""
        for link in self.links:
            link.cut()

    def hold(self) -> None:
        """Makes the connections that are up half-open; those to come are as they should be."""
        for link in self.links:
            link.hold()

    def release(self) -> None:
        """Passes what is held."""
        for link in self.links:
            link.release()

    def delay(self, seconds: float) -> None:
        """Lets every chunk pass so much later, in both directions, on connections to come too."""
        self._delay_seconds = seconds
        for link in self.links:
            link.to_server.delay_seconds = link.to_client.delay_seconds = seconds

    def close(self) -> None:
        """Ends everything."""
        self.refuse()
        for link in self._links:
            link.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self._target, SECONDS_MAX)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            self._links = [link for link in self._links if not link.is_over]
            self._links.append(Link(client, server, self._delay_seconds))


@contextmanager
def proxy_to(url: str) -> Iterator[TcpProxy]:
    """A proxy to the server that `url` names."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    proxy = TcpProxy(parts.hostname, parts.port or {"amqp": 5672, "postgresql": 5432}[parts.scheme])
    try:
        yield proxy
    finally:
        proxy.close()


def _shut(end: socket.socket, how: int) -> None:
    with suppress(OSError):
        end.shutdown(how)
