"""A connection to PostgreSQL that waits for no answer for ever.

The server bounds its statements itself. One that is frozen bounds nothing, and neither does a connection of
which only the near end is left, whose TCP something in between still acknowledges.
"""

from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.rows import TupleRow

T = TypeVar("T")


class BoundedConnection(psycopg.Connection[TupleRow]):
    """Closes itself, and raises OperationalError, where the server takes longer than `answer_seconds_max`
    for one answer. (psycopg itself bounds the connecting, by `connect_timeout`.)"""

    answer_seconds_max = 7.0
    """Longer than the server takes to end a statement by itself."""

    def wait(self, gen: Generator[Any, Any, T], *arguments: Any, **options: Any) -> T:
        """As psycopg's, which bounds no wait unless it is told to."""
        try:
            return super().wait(gen, *arguments, **{"timeout": self.answer_seconds_max, **options})
        except errors._WaitTimeout as error:
            self.close()
            raise psycopg.OperationalError("no answer in time") from error
