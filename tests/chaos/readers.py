"""What is in the broker at the end of a run: the journal's stream, and the dead letters."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel

from antrean_client.connection import blocking_connection
from common.messaging.topology import DEAD_LETTER_QUEUES, JOURNAL_QUEUE
from tests.chaos.history import JsonLines

_PREFETCH = 500
_SILENCE_SECONDS_MAX = 300.0
_MARKER_TYPE = "end-of-reading"


def read_stream(amqp_url: str, path: Path) -> int:
    """Writes every event of the journal's stream to `path`; returns how many there are.

    The end is a marker that is put into the stream first. Needs the user `deploy`. Raises TimeoutError where
    the stream gives nothing for 300 s, and BrokerUnavailable or AMQPError where the broker is away.
    """
    with _channel(amqp_url) as channel:
        marker = _put_marker(channel)
        count = 0
        path.unlink(missing_ok=True)
        lines = JsonLines(path)
        channel.basic_qos(prefetch_count=_PREFETCH)
        arriving = channel.consume(
            JOURNAL_QUEUE, arguments={"x-stream-offset": "first"}, inactivity_timeout=_SILENCE_SECONDS_MAX
        )
        for method, properties, body in arriving:
            if method is None or properties is None or body is None:
                raise TimeoutError("The journal's stream does not come to its end.")
            channel.basic_ack(method.delivery_tag)
            if properties.message_id == marker:
                break
            if properties.type == _MARKER_TYPE:
                continue  # of an earlier reader
            line = {"offset": properties.headers["x-stream-offset"], "routing_key": method.routing_key}
            lines.write(line | {"event": json.loads(body)})
            count += 1
        lines.close()
        return count


def _put_marker(channel: BlockingChannel) -> str:
    """Appends a message to the stream, and to no other queue; returns its id."""
    marker = str(uuid.uuid4())
    exchange = f"antrean.chaos.{marker}"
    channel.confirm_delivery()
    channel.exchange_declare(exchange, "fanout", durable=True)
    channel.queue_bind(JOURNAL_QUEUE, exchange)
    properties = pika.BasicProperties(message_id=marker, type=_MARKER_TYPE, delivery_mode=2)
    channel.basic_publish(exchange, "", b"", properties, mandatory=True)
    channel.exchange_delete(exchange)
    return marker


def read_dead_letters(amqp_url: str, path: Path) -> int:
    """Writes what is in the queues of dead letters to `path`, without its contents, and leaves it there;
    returns how many there are. Raises BrokerUnavailable or AMQPError where the broker is away."""
    path.unlink(missing_ok=True)
    lines = JsonLines(path)
    count = 0
    with _channel(amqp_url) as channel:
        for queue in DEAD_LETTER_QUEUES:
            while (properties := channel.basic_get(queue)[1]) is not None:
                lines.write(
                    {
                        "message_id": properties.message_id,
                        "type": properties.type,
                        "reason": _reason(properties.headers or {}),
                    }
                )
                count += 1
    lines.close()
    return count


def _reason(headers: dict[str, Any]) -> str | None:
    """Why it is dead: what a worker says, or the broker (`delivery_limit`, `rejected` ...)."""
    reason = headers.get("x-antrean-reason") or headers.get("x-first-death-reason")
    return None if reason is None else str(reason)


@contextmanager
def _channel(amqp_url: str) -> Iterator[BlockingChannel]:
    with blocking_connection(amqp_url, "chaos-reader") as connection:
        yield connection.channel()
