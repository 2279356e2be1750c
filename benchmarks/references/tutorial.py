"""T, the tutorial's way: one message, one transaction, one reply, one acknowledgement."""

import re
import signal

import pika
import psycopg
from pika.adapters.blocking_connection import BlockingChannel
from pika.spec import Basic

from benchmarks.references.tickets import CREATE_TABLES, NEXT_NUMBER, read, reply
from common.clock import SystemClock
from common.messaging.topology import REGISTRAR_QUEUE
from common.process import run_process
from common.settings import load_settings

_NEXT_NUMBER = re.sub(r"\$\d", "%s", NEXT_NUMBER)
_INSERT = "INSERT INTO bench_tickets VALUES (%s, %s, %s, %s, %s, %s, %s, 'waiting', %s)"


class Registrar:
    """Takes a message to its end before it looks at the next."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._clock = SystemClock()

    def on_message(
        self, channel: BlockingChannel, method: Basic.Deliver, request: pika.BasicProperties, body: bytes
    ) -> None:
        """Registers, replies, acknowledges."""
        now = self._clock.now()
        asked = read(body)
        code, *place_and_patient = asked
        with self._connection.transaction(), self._connection.cursor() as cursor:
            row = cursor.execute(_NEXT_NUMBER.encode(), (asked.hospital, asked.clinic)).fetchone()
            assert row is not None
            number: int = row[0]
            place, patient = place_and_patient[:2], place_and_patient[2:]
            cursor.execute(_INSERT, (code, *place, number, *patient, now))
        properties = pika.BasicProperties(
            content_type="application/json", type="ticket", correlation_id=request.correlation_id
        )
        channel.basic_publish("", request.reply_to or "", reply(asked, number, now), properties)
        channel.basic_ack(method.delivery_tag or 0)


def main() -> None:
    """Runs until SIGTERM."""
    settings = load_settings(None)
    with psycopg.connect(settings.require_database_url(), autocommit=True) as connection:
        for statement in CREATE_TABLES:
            connection.execute(statement.encode())
        broker = pika.BlockingConnection(pika.URLParameters(settings.require_amqp_url()))
        channel = broker.channel()
        signal.signal(signal.SIGTERM, lambda *_: broker.add_callback_threadsafe(channel.stop_consuming))
        channel.basic_qos(prefetch_count=1)
        channel.basic_consume(REGISTRAR_QUEUE, Registrar(connection).on_message)
        channel.start_consuming()
        broker.close()


if __name__ == "__main__":
    run_process(main)
