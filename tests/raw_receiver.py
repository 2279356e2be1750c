"""A server of HTTP that answers as a test says, byte for byte: a receiver of webhooks, for one."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Thread

Answer = Callable[[socket.socket], None]
"""Answers one request, which has been read, on its connection, which it may end."""


@dataclass
class RawReceiver:
    """`requests` are those that it has read: of each the whole text, headers and body."""

    port: int
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)


def says(answer: bytes) -> Answer:
    """Answers with these bytes."""
    return lambda connection: connection.sendall(answer)


def status(code: int, *headers: str) -> Answer:
    """Answers with a status, and without a body."""
    lines = [f"HTTP/1.1 {code} As asked for", *headers, "Content-Length: 0", "", ""]
    return says("\r\n".join(lines).encode())


@contextmanager
def raw_receiver(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[RawReceiver]:
    """Receives while the block runs, on the loopback interface."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        receiver = RawReceiver(server.getsockname()[1])

        def accept() -> None:
            with suppress(OSError):  # closed at the end
                while True:
                    connection, _ = server.accept()
                    receiver.connections += 1
                    Thread(target=serve, args=[connection], daemon=True).start()

        def serve(plain: socket.socket) -> None:
            with (
                suppress(OSError),
                plain if tls is None else tls.wrap_socket(plain, server_side=True) as used,
            ):
                while request := _request(used):
                    receiver.requests.append(request)
                    answer(used)

        Thread(target=accept, daemon=True).start()
        yield receiver
        server.shutdown(socket.SHUT_RDWR)


def _request(connection: socket.socket) -> bytes:
    """One request; empty where there is no other."""
    read = b""
    while b"\r\n\r\n" not in read:
        if not (more := connection.recv(65536)):
            return b""
        read += more
    head, _, body = read.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
