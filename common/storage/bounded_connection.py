"""A connection to PostgreSQL that waits for no answer for ever, and need not wait for each one.

The server bounds its statements itself. One that is frozen bounds nothing, and neither does a connection of
which only the near end is left, whose TCP something in between still acknowledges.
"""

import select
from collections.abc import Generator
from contextlib import suppress
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.adapt import Transformer
from psycopg.pq import TransactionStatus
from psycopg.pq.abc import PGconn
from psycopg.rows import TupleRow

from common.storage.pipeline import Pipeline

T = TypeVar("T")


class BoundedConnection(psycopg.Connection[TupleRow]):
    """Closes itself, and raises OperationalError, where the server takes longer than `answer_seconds_max`
    for one answer. (psycopg itself bounds the connecting, by `connect_timeout`.)

    It is to be opened with `autocommit`: whoever wants a transaction says BEGIN. `statements` is the quick
    way for what is executed again and again.
    """

    answer_seconds_max = 7.0
    """Longer than the server takes to end a statement by itself."""

    def __init__(self, pgconn: PGconn, **options: Any) -> None:
        super().__init__(pgconn, **options)
        self.statements = Pipeline(
            pgconn,
            Transformer(self),
            lambda: self._wait_until(select.POLLIN),
            lambda: self._wait_until(select.POLLIN | select.POLLOUT),
        )

    def commit(self) -> None:
        """As psycopg's; with all that was sent and not answered yet."""
        if not self.statements.is_open:
            super().commit()
            return
        self.statements.send("COMMIT", ())
        self.statements.end()

    def rollback(self) -> None:
        """As psycopg's, but what was prepared stays."""
        if self.statements.is_open:
            with suppress(psycopg.Error):  # of what is undone now
                self.statements.end()
        if self.pgconn.transaction_status != TransactionStatus.IDLE:
            self.statements.send("ROLLBACK", ())

    def wait(self, gen: Generator[Any, Any, T], *arguments: Any, **options: Any) -> T:
        """As psycopg's, which bounds no wait unless it is told to."""
        try:
            return super().wait(gen, *arguments, **{"timeout": self.answer_seconds_max, **options})
        except errors._WaitTimeout as error:
            raise self._no_answer() from error

    def _wait_until(self, ready: int) -> None:
        poll = select.poll()
        poll.register(self.pgconn.socket, ready)
        if not poll.poll(self.answer_seconds_max * 1000):
            raise self._no_answer()

    def _no_answer(self) -> psycopg.OperationalError:
        self.close()
        return psycopg.OperationalError("no answer in time")
