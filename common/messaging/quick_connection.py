"""pika's connection, with a short way for what comes and goes by the thousand.

pika writes each frame of a message by itself (three system calls for a message), and takes each frame that
arrives through a table of callbacks. Here a batch of messages is one write, a message that arrived is one
frame for its channel, and an acknowledgement of the broker's goes to who waits for it. All else is pika's.

These are the doors by which the layers of pika 1.4 hand frames to each other; its public methods have no
others. Nothing else in Antrean touches what is private to pika's connection.
"""

from collections.abc import Callable, Iterable
from typing import Any

import pika
from pika.channel import Channel
from pika.frame import Frame, Method, ProtocolHeader
from pika.spec import Basic

from common.messaging.frames import Message, MessageFrame, publish_frames, read_message

Confirm = Method[Basic.Ack | Basic.Nack]


class QuickConnection(pika.SelectConnection):
    """A connection for one busy channel."""

    _on_confirm: Callable[[Confirm], None] | None = None

    def publish(self, channel: Channel, messages: Iterable[Message]) -> None:
        """Publishes all, in their order and in one write; the channel is open.

        Raises ShortStringTooLong, and publishes nothing, where a name takes more than 255 bytes.
        """
        number, frame_bytes_max = channel.channel_number, self.params.frame_max
        frames = b"".join([publish_frames(number, frame_bytes_max, message) for message in messages])
        if frames:
            self._output_marshaled_frames([frames])

    def confirm_delivery(
        self, channel: Channel, on_confirm: Callable[[Confirm], None], on_ok: Callable[[Method[Any]], None]
    ) -> None:
        """As the channel's own `confirm_delivery`."""
        self._on_confirm = on_confirm
        channel.confirm_delivery(on_confirm, on_ok)

    def _read_frame(self) -> tuple[int, Frame | ProtocolHeader | None]:
        return read_message(self._frame_buffer) or super()._read_frame()

    def _process_frame(self, frame_value: Frame | ProtocolHeader) -> None:
        if isinstance(frame_value, MessageFrame):
            self.frames_received += 3
            channel = self._channels[frame_value.channel_number]
            channel._on_deliver(frame_value.deliver, frame_value.header, frame_value.body)
        elif (
            self._on_confirm is not None
            and isinstance(frame_value, Method)
            and isinstance(frame_value.method, Basic.Ack)
        ):
            self.frames_received += 1
            self._on_confirm(frame_value)
        else:
            super()._process_frame(frame_value)
