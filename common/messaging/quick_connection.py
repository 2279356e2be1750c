"""pika's connection, with a short way for what comes and goes by the thousand.

pika writes each frame of a message by itself (three system calls for a message), reads a few messages at a
time, and takes each frame that arrives through a table of callbacks. Here a batch of messages is one write,
deliveries are handed on as they have arrived together, and an acknowledgement of the broker's goes to who
waits for it. All else is pika's.

These are the doors by which the layers of pika 1.4 hand frames to each other; its public methods have no
others. Nothing else in Antrean touches what is private to pika's connection.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pika
from pika.channel import Channel
from pika.frame import Frame, Method, ProtocolHeader
from pika.spec import FRAME_METHOD, Basic

from common.messaging.arrivals import DeliveryReader, delivery_of
from common.messaging.delivery import Delivery
from common.messaging.frames import Message, publish_frames

Confirm = Method[Basic.Ack | Basic.Nack]

_READ_BYTES_MAX = 64 * 1024
"""What is read from the line at once."""

_FRAMES_OF_A_DELIVERY = 3

Told = Callable[[Sequence[Delivery]], None]
"""Who is told of deliveries that arrived together."""


class _Deliveries(Frame):
    """The frames of deliveries that arrived together, as if they were one."""

    def __init__(self, deliveries: Sequence[Delivery], told: Told) -> None:
        super().__init__(FRAME_METHOD, 0)
        self.deliveries = deliveries
        self.told = told


class QuickConnection(pika.SelectConnection):
    """A connection for few channels, of which one is busy with confirms or with one consumer."""

    _on_confirm: Callable[[Confirm], None] | None = None
    _consumer: tuple[DeliveryReader, Told] | None = None

    @property
    def unsent_bytes(self) -> int:
        """What was published, and the line has not taken yet."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def publish(self, batches: Iterable[tuple[Channel, Iterable[Message]]]) -> None:
        """Publishes all, in their order and in one write, each batch over its channel, which is open.

        Raises ShortStringTooLong, and publishes nothing, where a name takes more than 255 bytes.
        """
        frame_bytes_max = self.params.frame_max
        frames = [
            publish_frames(channel.channel_number, frame_bytes_max, message)
            for channel, messages in batches
            for message in messages
        ]
        if frames:
            self._output_marshaled_frames([b"".join(frames)])
            self.flush()

    def flush(self) -> None:
        """Hands to the line what it takes now, for which pika would wait until the loop has looked."""
        if self._transport is not None:
            self._transport._on_socket_writable()

    def confirm_delivery(
        self, channel: Channel, on_confirm: Callable[[Confirm], None], on_ok: Callable[[Method[Any]], None]
    ) -> None:
        """As the channel's own `confirm_delivery`, for one channel."""
        self._on_confirm = on_confirm
        channel.confirm_delivery(on_confirm, on_ok)

    def consume(
        self,
        channel: Channel,
        queue: str,
        on_deliveries: Told,
        on_ok: Callable[[Method[Any]], None],
    ) -> str:
        """As the channel's own `basic_consume`, for one consumer, who is told of what arrives together.
        Returns the consumer's tag."""
        tag = channel.basic_consume(
            queue,
            lambda _channel, method, properties, body: on_deliveries([delivery_of(method, properties, body)]),
            callback=on_ok,
        )
        self._consumer = DeliveryReader(channel.channel_number, tag), on_deliveries
        return tag

    def cancel(self, channel: Channel, consumer_tag: str) -> None:
        """As the channel's own `basic_cancel`: what arrives from now on goes back."""
        self._consumer = None
        channel.basic_cancel(consumer_tag)

    def _proto_connection_made(self, transport: Any) -> None:
        transport._MAX_RECV_BYTES = _READ_BYTES_MAX
        super()._proto_connection_made(transport)

    def _read_frame(self) -> tuple[int, Frame | ProtocolHeader | None]:
        if self._consumer is not None:
            reader, told = self._consumer
            read = reader.read(self._frame_buffer)
            if read is not None:
                taken, deliveries = read
                return taken, _Deliveries(deliveries, told) if deliveries else None
        return super()._read_frame()

    def _process_frame(self, frame_value: Frame | ProtocolHeader) -> None:
        if isinstance(frame_value, _Deliveries):
            self.frames_received += _FRAMES_OF_A_DELIVERY * len(frame_value.deliveries)
            frame_value.told(frame_value.deliveries)
        elif (
            self._on_confirm is not None
            and isinstance(frame_value, Method)
            and isinstance(frame_value.method, Basic.Ack)
        ):
            self.frames_received += 1
            self._on_confirm(frame_value)
        else:
            super()._process_frame(frame_value)
