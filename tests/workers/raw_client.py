"""A client that writes AMQP frames to a socket and reads only what it has to: for what pika would not do."""

import socket
from typing import Any
from urllib.parse import urlsplit

import pika
from pika import frame, spec

from antrean_client.byte_stream import FRAMING_BYTES
from common.messages.limits import BODY_BYTES_MAX
from common.messaging.topology import PATIENT_EXCHANGE
from tests.processes import SECONDS_MAX

_CHANNEL = 1
_RECEIVED_BYTES = 65536


class RawClient:
    """A connection with one open channel."""

    def __init__(self, amqp_url: str) -> None:
        address = urlsplit(amqp_url)
        self._socket = socket.create_connection((address.hostname, address.port or 5672), SECONDS_MAX)
        self._received = b""
        self._socket.sendall(frame.ProtocolHeader().marshal())
        self._next()
        credentials = f"\0{address.username}\0{address.password}"
        self._send(
            spec.Connection.StartOk(
                client_properties={}, mechanism="PLAIN", response=credentials, locale="en_US"
            )
        )
        tune = self._next()
        self._frame_bytes_max: int = tune.frame_max
        self._send(spec.Connection.TuneOk(tune.channel_max, tune.frame_max, 0))
        self._send(spec.Connection.Open("/"))
        self._next()
        self._send(spec.Channel.Open(), _CHANNEL)
        self._next()

    def send_unroutable(self, bytes_max: int) -> None:
        """Publishes messages that no queue is bound for, to have them returned: as many as `bytes_max` hold,
        or as the broker takes."""
        body = bytes(BODY_BYTES_MAX)
        publish = spec.Basic.Publish(exchange=PATIENT_EXCHANGE, routing_key="nowhere", mandatory=True)
        frames = frame.Method(_CHANNEL, publish).marshal()
        frames += frame.Header(_CHANNEL, len(body), pika.BasicProperties()).marshal()
        step = self._frame_bytes_max - FRAMING_BYTES
        for at in range(0, len(body), step):
            frames += frame.Body(_CHANNEL, body[at : at + step]).marshal()
        try:
            for _ in range(bytes_max // len(body)):
                self._socket.sendall(frames)
        except OSError:
            return

    def is_closed(self) -> bool:
        """Whether the broker takes nothing more from this connection; nothing is read of what it has sent."""
        try:
            self._socket.sendall(frame.Heartbeat().marshal())
        except OSError:
            self._socket.close()
            return True
        return False

    def _send(self, method: Any, channel: int = 0) -> None:
        self._socket.sendall(frame.Method(channel, method).marshal())

    def _next(self) -> Any:
        while True:
            found: Any
            length, found = frame.decode_frame(self._received)
            if found is not None:
                self._received = self._received[length:]
                return found.method
            self._received += self._socket.recv(_RECEIVED_BYTES)
