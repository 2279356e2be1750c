"""An integrator of a run, as one process: writes each event that it gets to `events.jsonl`.

`python -m tests.chaos.subscriber DIRECTORY --url ...` declares a durable queue of its own, tells so by the
file `control/subscribed`, and consumes through every outage. Told to stop (SIGTERM), it takes what is left
in its queue; it ends with 1 where it cannot.
"""

import argparse
import json
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError, ChannelClosed
from pika.spec import Basic

from antrean_client.connection import blocking_connection
from common.errors import BrokerUnavailable
from common.messaging.topology import EVENTS_EXCHANGE
from tests.chaos.history import JsonLines

QUEUE = "antrean.sub.chaos"
_OF_CLINICS = ("opened", "closed", "hours_changed", "rooms_changed", "mode_changed", "away", "back")
BINDINGS = ("*.*.ticket.*", *(f"*.*.clinic.{verb}" for verb in _OF_CLINICS))
SUBSCRIBED_FILE = "subscribed"
DRAIN_SECONDS_MAX = 300.0

_PREFETCH = 100
_POLL_SECONDS = 0.5
_RECONNECT_SECONDS = 0.5


class Subscriber:
    """Consumes until it is told to stop and its queue is empty."""

    def __init__(self, amqp_url: str, directory: Path) -> None:
        self._amqp_url = amqp_url
        self._lines = JsonLines(directory / "events.jsonl")
        self._subscribed_file = directory / "control" / SUBSCRIBED_FILE
        self._stopping = threading.Event()
        self._count = 0

    def stop(self) -> None:
        """Take what is left, then end."""
        self._stopping.set()

    def run(self) -> bool:
        """Returns whether the queue was empty at the end."""
        until: float | None = None
        while until is None or time.monotonic() < until:
            if self._stopping.is_set() and until is None:
                until = time.monotonic() + DRAIN_SECONDS_MAX
            # A broker that is down or starting fails in many ways; all are temporary.
            with suppress(AMQPError, OSError, BrokerUnavailable):
                if self._consume(until):
                    return True
            time.sleep(_RECONNECT_SECONDS)
        return False

    def _consume(self, until: float | None) -> bool:
        """Consumes on one connection; returns True when it is stopped and nothing is left."""
        connection = blocking_connection(self._amqp_url, "chaos-subscriber")
        with connection:
            channel = connection.channel()
            channel.queue_declare(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
            for routing_key in BINDINGS:
                channel.queue_bind(QUEUE, EVENTS_EXCHANGE, routing_key)
            self._subscribed_file.touch()
            channel.basic_qos(prefetch_count=_PREFETCH)
            consumer = channel.basic_consume(QUEUE, self._arrived)
            while until is None or time.monotonic() < until:
                before = self._count
                connection.process_data_events(_POLL_SECONDS)
                if not channel.is_open or consumer not in channel.consumer_tags:
                    raise ChannelClosed(0, "the broker has cancelled the consumer")
                if self._stopping.is_set() and self._count == before and _is_empty(channel):
                    return True
                if self._stopping.is_set() and until is None:
                    until = time.monotonic() + DRAIN_SECONDS_MAX
        return False

    def _arrived(
        self, channel: BlockingChannel, method: Basic.Deliver, properties: pika.BasicProperties, body: bytes
    ) -> None:
        self._lines.write(
            {
                "at": time.time(),
                "routing_key": method.routing_key,
                "redelivered": method.redelivered,
                "message_id": properties.message_id,
                "event": json.loads(body),
            }
        )
        channel.basic_ack(method.delivery_tag)
        self._count += 1


def _is_empty(channel: BlockingChannel) -> bool:
    declared = channel.queue_declare(QUEUE, passive=True)
    return bool(declared.method.message_count == 0)


def main() -> None:
    """Reads the command line and runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--url", required=True, help="where the broker is, for a user who may declare")
    options = parser.parse_args()
    subscriber = Subscriber(options.url, options.directory)
    signal.signal(signal.SIGTERM, lambda *_: subscriber.stop())
    if not subscriber.run():
        sys.exit("Events were left in the subscriber's queue.")


if __name__ == "__main__":
    main()
