"""A TCP proxy between a program and its broker or database: shows what passes, holds it up, and goes away."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

_HOST = "127.0.0.1"
_CHUNK_BYTES = 65536
_BEGINNING_BYTES = 2048
_CONNECT_SECONDS_MAX = 5
# How an AMQP client names its connection: a long string in its properties, with four bytes of length.
_NAME = re.compile(rb"connection_nameS\0\0\0(.)", re.DOTALL)


@dataclass
class Way:
    """One direction of a connection. What arrives while it is held passes when it is released.

    `beginning` is what has passed first.
    """

    bytes_passed: int = 0
    beginning: bytes = b""
    _free: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._free.set()

    def hold(self) -> None:
        """Lets nothing pass from now on."""
        self._free.clear()

    def release(self) -> None:
        """Lets pass what was held, and all that follows."""
        self._free.set()

    def wait_until_free(self) -> None:
        """Blocks while the way is held."""
        self._free.wait()


class Link:
    """One connection through the proxy; `name` is what an AMQP client calls it."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.name = ""
        self.to_server, self.to_client = Way(), Way()
        self.is_cut = False
        self._client, self._server = client, server
        self._threads = [
            threading.Thread(target=self._pump, args=ends, daemon=True)
            for ends in ((client, server, self.to_server), (server, client, self.to_client))
        ]
        for thread in self._threads:
            thread.start()

    def cut(self) -> None:
        """Ends the connection. The client can still read what has reached it; what is held is lost."""
        self.is_cut = True
        _shut(self._server, socket.SHUT_RDWR)
        _shut(self._client, socket.SHUT_WR)
        self.to_server.release()
        self.to_client.release()

    def close(self) -> None:
        """Cuts, and waits until nothing of it is left."""
        self.cut()
        _shut(self._client, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._client.close()
        self._server.close()

    def _pump(self, source: socket.socket, target: socket.socket, way: Way) -> None:
        with suppress(OSError):
            while chunk := source.recv(_CHUNK_BYTES):
                if not self.name and source is self._client and (found := _NAME.search(chunk)):
                    self.name = chunk[found.end() : found.end() + found[1][0]].decode()
                way.wait_until_free()
                if self.is_cut:
                    continue  # read on, so that the client sees an end and no reset
                target.sendall(chunk)
                way.bytes_passed += len(chunk)
                if len(way.beginning) < _BEGINNING_BYTES:
                    way.beginning += chunk
        way.wait_until_free()
        _shut(target, socket.SHUT_WR)


class TcpProxy:
    """Passes connections to its own port on to `host:port`; the port is the same for as long as it lives."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._links: list[Link] = []
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self.port = 0
        self.open()

    def url(self, url: str) -> str:
        """`url` by way of this proxy."""
        parts = urlsplit(url)
        user = parts.netloc.rpartition("@")[0]
        return urlunsplit(parts._replace(netloc=f"{user}@{_HOST}:{self.port}"))

    @property
    def links(self) -> list[Link]:
        """The connections that are up."""
        return [link for link in self._links if not link.is_cut]

    def link(self, name: str) -> Link:
        """The one connection whose name ends with `name`."""
        (found,) = (link for link in self.links if link.name.endswith(name))
        return found

    def open(self) -> None:
        """Takes connections."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_HOST, self.port))
        listener.listen()
        self.port = listener.getsockname()[1]
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
                server = socket.create_connection(self._target, _CONNECT_SECONDS_MAX)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            self._links.append(Link(client, server))


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
