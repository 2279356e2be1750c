"""To which nodes of the broker replies are sent: those that exist, as far as a worker knows.

A direct reply-to address that names an absent node makes the broker close the connection that publishes to
it (RabbitMQ 3.10 to 4.0), and with it go the replies of others. A worker knows the node that it is connected
to: it publishes a message that reaches no queue, with a reply address of its own, and reads the address in
what is returned. The other nodes of a cluster are named in its settings.
"""

import re
import time
import uuid
from collections.abc import Callable, Collection
from typing import Any

import pika
import structlog
from pika.adapters.select_connection import IOLoop
from pika.channel import Channel

from common.messaging.broker_connection import BrokerConnection
from common.messaging.reply_address import name_in_addresses, reply_node

_REPLY_TO = "amq.rabbitmq.reply-to"

_ANSWER_SECONDS_MAX = 5
"""How long it is waited for the returned message. Under a resource alarm it comes when the alarm is over."""

_QUIET_SECONDS = 60
"""How often at most the log says that replies were not sent."""

_NODE_IN_ADDRESSES = re.compile(r"reply@\d{1,9}")

_WIDE_SINCE = 26
"""The version of Erlang/OTP from which on process ids have more bits."""

_ADVICE = "where it is a node of this cluster, name all nodes in ANTREAN_BROKER_NODES"

_log = structlog.get_logger()


class ReplyNodes:
    """The nodes that are known: those of `names`, as RabbitMQ calls them, and the one connected to."""

    def __init__(self, loop: IOLoop, names: Collection[str] = ()) -> None:
        self._loop = loop
        self._named = frozenset(map(name_in_addresses, names))
        self._own: str | None = None
        self._wide = False
        self._told_at = float("-inf")

    def knows(self, reply_to: str | None) -> bool:
        """Whether this is a reply address of a known node; of any, until the own node is known."""
        node = reply_node(reply_to, wide=self._wide)
        return node is not None and (self._own is None or node == self._own or node in self._named)

    def accepts(self, reply_to: str | None) -> bool:
        """Whether a reply can be sent to this address; the log names a node that is not known."""
        if self.knows(reply_to):
            return True
        self._tell(reply_node(reply_to, wide=self._wide))
        return False

    def learn(self, connection: BrokerConnection, on_known: Callable[[], None]) -> None:
        """Finds out which node `connection` leads to; `on_known` is called once the answer is there, at once
        where an earlier connection told it or this user may send no replies, and otherwise after a while at
        the latest."""
        self._wide = _has_wide_process_ids(connection)
        waiting = [on_known]

        def known(*_: object) -> None:
            if timer is not None:
                self._loop.remove_timeout(timer)
            while waiting:
                waiting.pop()()

        timer = None if self._own is not None else self._loop.call_later(_ANSWER_SECONDS_MAX, known)

        def returned(channel: Channel, _method: Any, properties: pika.BasicProperties, _body: bytes) -> None:
            self._own = reply_node(properties.reply_to)
            if self._own is None:
                _log.warning("own node unknown", advice="replies go to addresses of any node")
            channel.close()
            known()

        connection.channel(on_open_callback=lambda channel: _ask(channel, returned, known))
        if timer is None:
            known()

    def _tell(self, node: str | None) -> None:
        now = time.monotonic()
        if node is None or not _NODE_IN_ADDRESSES.fullmatch(node) or now - self._told_at < _QUIET_SECONDS:
            return
        self._told_at = now
        _log.warning("reply to an unknown node not sent", node=node, advice=_ADVICE)


def _has_wide_process_ids(connection: BrokerConnection) -> bool:
    """Whether the broker says that it runs on Erlang/OTP 26 or later."""
    platform = str((connection.server_properties or {}).get("platform", ""))
    found = re.search(r"OTP (\d+)", platform)
    return found is not None and int(found[1]) >= _WIDE_SINCE


def _ask(channel: Channel, returned: Callable[..., None], closed: Callable[..., None]) -> None:
    nowhere = f"antrean.nowhere.{uuid.uuid4()}"
    properties = pika.BasicProperties(reply_to=_REPLY_TO)
    channel.add_on_return_callback(returned)
    channel.add_on_close_callback(closed)
    channel.basic_consume(
        _REPLY_TO,
        lambda *_: None,
        auto_ack=True,
        callback=lambda _ok: channel.basic_publish("", nowhere, b"", properties, mandatory=True),
    )
