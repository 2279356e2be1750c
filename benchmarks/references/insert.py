"""L2, the ceiling: requests in batches, one INSERT of many rows for each batch, replies after the commit.

Numbers are counted in memory: it works alone, and loses count when it is started again.
"""

from collections import Counter
from collections.abc import Sequence

import psycopg

from benchmarks.references.batched import BatchedWorker, Request
from benchmarks.references.tickets import CREATE_TABLES, Registration, read, reply
from common.clock import SystemClock
from common.messaging.topology import REGISTRAR_QUEUE
from common.process import run_process
from common.settings import load_settings

_INSERT = (
    "INSERT INTO bench_tickets"
    " SELECT code, hospital, clinic, number, record, name, born, 'waiting', %s"
    " FROM unnest(%s::text[], %s::text[], %s::text[], %s::integer[], %s::text[], %s::text[], %s::date[])"
    " AS given (code, hospital, clinic, number, record, name, born)"
)


class Inserter:
    """Gives out numbers and writes the tickets, in one statement that is its own transaction."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._last_numbers: Counter[tuple[str, str]] = Counter()
        self._clock = SystemClock()

    def handle(self, requests: Sequence[Request]) -> list[bytes]:
        """The tickets, which are committed when this returns."""
        now = self._clock.now()
        read_requests = [read(body) for _, body in requests]
        numbers = [self._next_number(each) for each in read_requests]
        codes, hospitals, clinics, *patient = (list(column) for column in zip(*read_requests, strict=True))
        values = [now, codes, hospitals, clinics, numbers, *patient]
        self._connection.execute(_INSERT, values, prepare=True)
        return [reply(each, number, now) for each, number in zip(read_requests, numbers, strict=True)]

    def _next_number(self, registration: Registration) -> int:
        place = (registration.hospital, registration.clinic)
        self._last_numbers[place] += 1
        return self._last_numbers[place]


def main() -> None:
    """Runs until SIGTERM."""
    settings = load_settings(None)
    with psycopg.connect(settings.require_database_url(), autocommit=True) as connection:
        for statement in CREATE_TABLES:
            connection.execute(statement.encode())
        inserter = Inserter(connection)
        BatchedWorker(settings.require_amqp_url(), REGISTRAR_QUEUE, "ticket", inserter.handle).run()


if __name__ == "__main__":
    run_process(main)
