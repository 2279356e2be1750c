"""A server that is no broker: it takes connections, with TLS or without, and answers none of them in AMQP."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def no_broker(context: ssl.SSLContext | None) -> Iterator[int]:
    """Its port; with a context, it speaks TLS."""

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                accepted, _ = listener.accept()
            except OSError:
                return
            with suppress(OSError), accepted:
                link = context.wrap_socket(accepted, server_side=True) if context else accepted
                with link:
                    link.recv(100)
                    link.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
