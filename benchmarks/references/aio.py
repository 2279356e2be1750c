"""P, the tuned asynchronous way: aio-pika and asyncpg, one SQL statement for each registration, many at once.

The statement takes the number from the clinic's counter and inserts the ticket. There is no journal, no
event, no confirm, no check of what was asked. What was tried and made it faster: uvloop; a task for each
database connection, with its own prepared statement, instead of a pool and a task for each message; few
connections (4 before 8, 16, 24 and 32); replies without `mandatory`, which the broker would return.
"""

import asyncio
import signal

import aio_pika
import asyncpg
import uvloop
from aio_pika.abc import AbstractExchange, AbstractIncomingMessage

from benchmarks.references.tickets import CREATE_TABLES, NEXT_NUMBER, read, reply
from common.clock import SystemClock
from common.messaging.topology import REGISTRAR_QUEUE
from common.process import run_process
from common.settings import load_settings

_DATABASE_CONNECTIONS = 4
_PREFETCH = 128
_REGISTER = (
    f"WITH taken AS ({NEXT_NUMBER})"  # noqa: S608 - a constant
    " INSERT INTO bench_tickets SELECT $3, $1, $2, last_number, $4, $5, $6, 'waiting', $7 FROM taken"
    " RETURNING number"
)


async def serve(amqp_url: str, database_url: str) -> None:
    """Works until SIGTERM."""
    connections = [await asyncpg.connect(database_url) for _ in range(_DATABASE_CONNECTIONS)]
    for statement in CREATE_TABLES:
        await connections[0].execute(statement)
    broker = await aio_pika.connect(amqp_url)
    channel = await broker.channel(publisher_confirms=False)
    await channel.set_qos(prefetch_count=_PREFETCH)
    queue = await channel.get_queue(REGISTRAR_QUEUE, ensure=False)
    arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
    workers = [
        asyncio.create_task(_register(arrived, channel.default_exchange, each)) for each in connections
    ]
    await queue.consume(arrived.put)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()
    for worker in workers:
        worker.cancel()
    await broker.close()
    for connection in connections:
        await connection.close()


async def _register(
    arrived: "asyncio.Queue[AbstractIncomingMessage]",
    exchange: AbstractExchange,
    connection: asyncpg.Connection,
) -> None:
    statement = await connection.prepare(_REGISTER)
    clock = SystemClock()
    while True:
        message = await arrived.get()
        now = clock.now()
        asked = read(message.body)
        code, hospital, clinic, *patient = asked
        number = await statement.fetchval(hospital, clinic, code, *patient, now)
        ticket = aio_pika.Message(
            reply(asked, number, now),
            content_type="application/json",
            type="ticket",
            correlation_id=message.correlation_id,
        )
        await exchange.publish(ticket, message.reply_to or "", mandatory=False)
        await message.ack()


def main() -> None:
    """Runs until SIGTERM."""
    settings = load_settings(None)
    uvloop.run(serve(settings.require_amqp_url(), settings.require_database_url()))


if __name__ == "__main__":
    run_process(main)
