"""Copies of all messages that are published at the tests' broker: requests, events and, what no binding could
bring, replies. RabbitMQ's tracer makes them. Source: https://www.rabbitmq.com/docs/firehose
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, Final

from common.messaging.topology import permissions
from local_stack.private_node import PrivateNode
from tests.contract_check import Published
from tests.deployment import connected
from tests.workers.node_control import evaluate

_QUEUE: Final = "antrean.test.copies"
_TRACER: Final = "amq.rabbitmq.trace"
_PROPERTIES: Final = {
    "type": "type",
    "message_id": "messageId",
    "correlation_id": "correlationId",
    "reply_to": "replyTo",
    "content_type": "contentType",
    "timestamp": "timestamp",
    "delivery_mode": "deliveryMode",
    "user_id": "userId",
}
"""AMQP's properties as the contract calls them."""


class MessageCopies:
    """The copies, which lie in a queue of the broker until they are taken."""

    def __init__(self, amqp_url: str) -> None:
        self._amqp_url = amqp_url
        with connected(amqp_url) as connection:
            channel = connection.channel()
            channel.queue_declare(_QUEUE, durable=True)
            channel.queue_bind(_QUEUE, _TRACER, "publish.#")

    def close(self) -> None:
        """Removes the queue."""
        with connected(self._amqp_url) as connection:
            connection.channel().queue_delete(_QUEUE)

    def forget(self) -> None:
        """Leaves out all messages until now."""
        with connected(self._amqp_url) as connection:
            connection.channel().queue_purge(_QUEUE)

    def taken(self) -> Iterator[Published]:
        """All messages since the last call, in order."""
        with connected(self._amqp_url) as connection:
            channel = connection.channel()
            waiting = channel.queue_declare(_QUEUE, passive=True).method.message_count
            for _, properties, body in islice(channel.consume(_QUEUE, auto_ack=True), waiting):
                assert properties is not None
                headers = properties.headers
                yield Published(
                    headers["exchange_name"],
                    headers["routing_keys"][0],
                    {
                        _PROPERTIES[name]: _value(value)
                        for name, value in headers["properties"].items()
                        if name in _PROPERTIES
                    },
                    _read(body or b""),
                )


@contextmanager
def message_copies(node: PrivateNode) -> Iterator[MessageCopies]:
    """Has the node's tracer copy all messages while the block runs."""
    usual = permissions()["deploy"]
    evaluate(node, _permit({**usual, "read": f"{usual['read']}|^amq\\.rabbitmq\\.trace$"}) + _trace("start"))
    copies = MessageCopies(node.urls["deploy"])
    try:
        yield copies
    finally:
        copies.close()
        evaluate(node, _permit(usual) + _trace("stop"))


def _permit(patterns: Mapping[str, str]) -> str:
    given = ", ".join(f'<<"{patterns[action]}">>' for action in ("configure", "write", "read"))
    escaped = given.replace("\\", "\\\\")
    return f'rabbit_auth_backend_internal:set_permissions(<<"deploy">>, <<"/">>, {escaped}, <<"tests">>), '


def _trace(verb: str) -> str:
    return f'rabbit_trace:{verb}(<<"/">>).'


def _value(value: Any) -> Any:
    return int(value.timestamp()) if isinstance(value, datetime) else value


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
