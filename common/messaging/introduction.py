"""What a broker says of itself when a connection opens."""

from dataclasses import dataclass

import pika

from antrean_client.connection import CONNECT_SECONDS_MAX, connection_parameters
from common.errors import BrokerUnavailable


@dataclass(frozen=True, slots=True)
class Introduction:
    """What a broker says of itself when a connection opens: its version, and the longest frame in bytes and
    the number of channels that both sides take (pika takes 128 KiB and 65,535)."""

    version: str
    frame_bytes_max: int
    channels_max: int


def introduction(amqp_url: str, name: str) -> Introduction:
    """How the broker introduces itself to a connection of this `name`; raises BrokerUnavailable where it
    does not."""
    found: list[Introduction] = []

    def opened(connection: pika.SelectConnection) -> None:
        properties = connection.server_properties or {}
        agreed = connection.params
        version = str(properties.get("version", "?"))
        found.append(Introduction(version, int(agreed.frame_max), int(agreed.channel_max)))
        connection.close()

    # pika's blocking connection keeps this to itself.
    connection = pika.SelectConnection(
        connection_parameters(amqp_url, name, CONNECT_SECONDS_MAX),
        on_open_callback=opened,
        on_open_error_callback=lambda connection, _: connection.ioloop.stop(),
        on_close_callback=lambda connection, _: connection.ioloop.stop(),
    )
    try:
        connection.ioloop.start()
    finally:
        connection.ioloop.close()
    if not found:
        raise BrokerUnavailable("The connection to RabbitMQ was lost in between; try again.")
    return found[0]
