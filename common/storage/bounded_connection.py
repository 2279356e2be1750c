"""A connection to PostgreSQL that waits for no answer for ever, and need not wait for each one.

The server bounds its statements itself. One that is frozen bounds nothing, and neither does a connection of
which only the near end is left, whose TCP something in between still acknowledges.
"""

from collections.abc import Generator
from contextlib import ExitStack, suppress
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.rows import TupleRow

T = TypeVar("T")


class BoundedConnection(psycopg.Connection[TupleRow]):
    """Closes itself, and raises OperationalError, where the server takes longer than `answer_seconds_max`
    for one answer. (psycopg itself bounds the connecting, by `connect_timeout`.)

    It is to be opened with `autocommit`: whoever wants a transaction says BEGIN.
    """

    answer_seconds_max = 7.0
    """Longer than the server takes to end a statement by itself."""

    _pipeline_of_transaction: ExitStack | None = None

    def begin_pipeline(self) -> None:
        """From now until the end of the transaction, statements are sent without waiting for the answers to
        those before. An answer is waited for where it is fetched, and an error raised there, or at the end.
        """
        self._pipeline_of_transaction = ExitStack()
        self._pipeline_of_transaction.enter_context(self.pipeline())

    def commit(self) -> None:
        """As psycopg's; with all that was sent and not answered yet."""
        if (pipeline := self._pipeline_of_transaction) is None:
            super().commit()
            return
        self._pipeline_of_transaction = None
        with pipeline:
            self.execute("COMMIT")

    def rollback(self) -> None:
        """As psycopg's."""
        if (pipeline := self._pipeline_of_transaction) is not None:
            self._pipeline_of_transaction = None
            with suppress(psycopg.Error):  # of what is undone now
                pipeline.close()
        super().rollback()

    def wait(self, gen: Generator[Any, Any, T], *arguments: Any, **options: Any) -> T:
        """As psycopg's, which bounds no wait unless it is told to."""
        try:
            return super().wait(gen, *arguments, **{"timeout": self.answer_seconds_max, **options})
        except errors._WaitTimeout as error:
            self.close()
            raise psycopg.OperationalError("no answer in time") from error
