"""One connection that is kept up with its channels: the adapter that tames pika's callbacks."""

import random
from collections.abc import Callable
from enum import Enum, auto

import pika
import structlog
from pika.adapters.select_connection import IOLoop
from pika.channel import Channel
from pika.exceptions import AMQPError

from antrean_client.connection import refusal_in
from common.errors import SettingsError
from common.messaging.broker_connection import BrokerConnection

_BACKOFF_SECONDS_MIN = 0.2
_BACKOFF_SECONDS_MAX = 15.0

_log = structlog.get_logger()

Parameters = Callable[[], pika.connection.Parameters]
"""How to connect, asked again for each connection: password and certificates may have been renewed since.
Raises SettingsError where that cannot be read now."""


class Backoff:
    """Waits that double from 0.2 to 15 seconds, each shortened at random by up to a half."""

    def __init__(self) -> None:
        self._ceiling_seconds = _BACKOFF_SECONDS_MIN

    def next_seconds(self) -> float:
        """How long to wait before the next attempt."""
        ceiling = self._ceiling_seconds
        self._ceiling_seconds = min(2 * ceiling, _BACKOFF_SECONDS_MAX)
        return ceiling * random.uniform(0.5, 1.0)  # noqa: S311 - keeps no secret

    def reset(self) -> None:
        """An attempt has succeeded."""
        self._ceiling_seconds = _BACKOFF_SECONDS_MIN


class _State(Enum):
    IDLE = auto()
    CONNECTING = auto()
    UP = auto()
    LOST = auto()
    CLOSED = auto()


class Link:
    """Keeps a channel open on a connection, until it is closed.

    `connect` opens a connection. `on_channel` is called with each new connection and its channel; it sets the
    channel up, opens others if it needs them, and then calls `up()`. When anything fails (the connection, a
    channel, a cancelled consumer), `on_lost` is called once, and all of it is opened again after a wait.
    Nothing here blocks; everything runs on `loop`.
    """

    def __init__(
        self,
        loop: IOLoop,
        parameters: Parameters,
        connect: type[BrokerConnection],
        on_channel: Callable[[BrokerConnection, Channel], None],
        on_lost: Callable[[], None],
        on_closed: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._parameters = parameters
        self._connect = connect
        self._on_channel = on_channel
        self._on_lost = on_lost
        self._on_closed = on_closed
        self._state = _State.IDLE
        self._backoff = Backoff()
        self._connection: BrokerConnection | None = None
        self.losses = 0
        """How often it could not be used any more, or could not be opened."""

    @property
    def is_up(self) -> bool:
        """Whether the channel is open and set up."""
        return self._state is _State.UP

    def open(self) -> None:
        """Starts to connect."""
        if self._state is _State.CLOSED:
            return
        self._state = _State.CONNECTING
        try:
            parameters = self._parameters()
        except SettingsError as error:
            self._connection_gone(error)
            return

        def gone(error: BaseException | str) -> None:
            refused = refusal_in(error, parameters) if isinstance(error, BaseException) else None
            self._connection_gone(refused or error)

        self._connection = self._connect(self._loop, parameters, self._connection_opened, gone)

    def open_channel(self, connection: BrokerConnection, on_open: Callable[[Channel], None]) -> None:
        """Opens a channel, without which the link cannot be used."""

        def opened(channel: Channel) -> None:
            channel.add_on_close_callback(lambda _channel, error: self.fail(_reason(error)))
            channel.add_on_cancel_callback(lambda _frame: self.fail("the broker cancelled the consumer"))
            on_open(channel)

        connection.channel(on_open_callback=opened)

    def up(self) -> None:
        """The owner has set the channel up: the link can be used, unless it was closed meanwhile."""
        if self._state is _State.CONNECTING:
            self._state = _State.UP
            self._backoff.reset()

    def fail(self, reason: str) -> None:
        """The link cannot be used any more: it is dropped and opened again."""
        if self._state not in (_State.CONNECTING, _State.UP):
            return
        was_up = self.is_up
        self._state = _State.LOST
        self.losses += 1
        _log.warning("link lost", reason=reason)
        if was_up:
            self._on_lost()
        if self._connection is not None and self._connection.is_open:
            self._connection.close()

    def close(self) -> None:
        """Closes the connection for good; `on_closed` is called when it is."""
        if self._state is _State.CLOSED:
            return
        self._state = _State.CLOSED
        if self._connection is not None and self._connection.is_open:
            self._connection.close()
        elif self._connection is None or self._connection.is_closed:
            self._on_closed()

    def _connection_opened(self, connection: BrokerConnection) -> None:
        if self._state is _State.CLOSED:
            connection.close()
            return
        self.open_channel(connection, lambda channel: self._on_channel(connection, channel))

    def _connection_gone(self, error: BaseException | str) -> None:
        self.fail(_reason(error))
        self._connection = None
        if self._state is _State.CLOSED:
            self._on_closed()
        else:
            self._loop.call_later(self._backoff.next_seconds(), self.open)


def _reason(error: BaseException | str) -> str:
    if isinstance(error, AMQPError):
        return f"{type(error).__name__}: {error}"[:300]
    return str(error)[:300] or type(error).__name__
