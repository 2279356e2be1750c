"""What stands before a web process in a hospital: it takes connections over TLS and hands on what comes."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

from tests.processes import SECONDS_MAX
from tests.tls import authority, written

_HOST = "127.0.0.1"
_CHUNK_BYTES = 65536


@contextmanager
def tls_front(port: int, directory: Path) -> Iterator[dict[str, str]]:
    """Before the server at this port; gives the settings by which `antrean` reaches it."""
    made = authority()
    files = written(directory, "front", made, made.of_server(["localhost"]))
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(str(files.certificate), files.key)
    with socket.create_server((_HOST, 0)) as listening:

        def accept() -> None:
            with suppress(OSError):  # closed at the end
                while True:
                    Thread(target=hand_on, args=[listening.accept()[0]], daemon=True).start()

        def hand_on(plain: socket.socket) -> None:
            with (
                suppress(OSError),
                shown.wrap_socket(plain, server_side=True) as client,
                socket.create_connection((_HOST, port), SECONDS_MAX) as server,
            ):
                Thread(target=_pump, args=[server, client], daemon=True).start()
                _pump(client, server)

        Thread(target=accept, daemon=True).start()
        url = f"https://localhost:{listening.getsockname()[1]}/"
        yield {"ANTREAN_URL": url, "ANTREAN_TLS_CA_FILE": str(files.authorities)}
        listening.shutdown(socket.SHUT_RDWR)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(_CHUNK_BYTES):
            target.sendall(chunk)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
