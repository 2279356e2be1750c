"""A connection to PostgreSQL that bounds every wait, and sends several statements in one round trip.

The server bounds its statements itself. A server that is frozen bounds nothing, and neither does a connection
of which only the near end is left, whose TCP something in between still acknowledges.
"""

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, suppress
from itertools import count
from typing import Any, TypeVar

import psycopg
from psycopg.pq.abc import PGconn
from psycopg.rows import TupleRow

T = TypeVar("T")

Fetch = Callable[[], Sequence[Sequence[Any]]]
"""Waits for the result of a statement, and returns its rows; raises psycopg.Error."""

REPLAN_FACTOR = 8
"""Statements are planned again after one of them was executed 8 times, 64, 512 and so on. PostgreSQL keeps a
plan that it made while a table was empty until it has analysed the table, and scans all of it until then."""

_PREPARED_MAX = 500
"""Statements that are prepared at once; psycopg drops the least recently used beyond it."""

_ONLY_ON_REQUEST = 2**31
"""A number of executions that is never reached: we ask for what is worth being prepared."""


class BoundedConnection(psycopg.Connection[TupleRow]):
    """Closes itself, and raises OperationalError, where the server takes longer than `answer_seconds_max`
    for one answer. (psycopg itself bounds the connecting, by `connect_timeout`.)

    It is to be opened with `autocommit`: whoever wants a transaction sends BEGIN.
    """

    answer_seconds_max = 7.0
    """Longer than the server takes to end a statement by itself."""

    prepared_after: int | None = _ONLY_ON_REQUEST
    """Executions after which psycopg prepares a statement unasked."""

    def __init__(self, pgconn: PGconn, **options: Any) -> None:
        super().__init__(pgconn, **options)
        self.prepared_max = _PREPARED_MAX
        self._open_pipeline: AbstractContextManager[psycopg.Pipeline] | None = None
        self._plans = _PlanAges()
        self._renewals = count(1)

    @classmethod
    def open(cls, *arguments: Any, **options: Any) -> "BoundedConnection":
        """As psycopg's `connect`, in the only mode that is used here."""
        connection = cls.connect(*arguments, autocommit=True, prepare_threshold=cls.prepared_after, **options)
        assert isinstance(connection, BoundedConnection)
        return connection

    def before_transaction(self, *, pipelined: bool) -> None:
        """To be called before each BEGIN. Where the transaction is `pipelined`, its statements are sent
        without waiting for the results of those before, until `commit` or `rollback`."""
        if self._plans.are_due:
            # psycopg forgets what was prepared when this succeeds, but only where the text is new to it.
            self.execute(f"DEALLOCATE ALL -- {next(self._renewals)}".encode())
            self._plans.renew()
        if pipelined:
            self._open_pipeline = self.pipeline()
            self._open_pipeline.__enter__()

    def send(self, statement: str, values: Sequence[Any]) -> Fetch:
        """Sends a statement, with `$1` ... for its values; the server keeps its plan.

        In a pipelined transaction its error, or that of a statement before, may be raised here, by a later
        call, by `Fetch` or by `commit`.
        """
        if values:  # else there is nothing to be planned: it begins a transaction, or ends it
            self._plans.count(statement)
        # Without types of their own: one statement has one plan, however large its numbers are.
        untyped = [str(value) if type(value) is int else value for value in values]
        cursor = psycopg.RawCursor(self)
        cursor.execute(statement.encode(), untyped, prepare=True)
        return cursor.fetchall

    def push(self) -> None:
        """Lets the server begin with what was sent, without waiting for it. Here it has begun already."""

    def commit(self) -> None:
        """As psycopg's; with all that was sent and not answered yet."""
        if self._open_pipeline is None:
            super().commit()
            return
        try:
            self.send("COMMIT", ())
        except psycopg.Error:
            with suppress(psycopg.Error):
                self._end_pipeline()
            raise
        self._end_pipeline()

    def rollback(self) -> None:
        """As psycopg's."""
        with suppress(psycopg.Error):  # of what is undone now
            self._end_pipeline()
        super().rollback()

    def close(self) -> None:
        """As psycopg's."""
        super().close()
        with suppress(psycopg.Error):
            self._end_pipeline()

    def wait(self, gen: Generator[Any, Any, T], *arguments: Any, **options: Any) -> T:
        """As psycopg's, which bounds no wait unless it is told to."""
        timeout_seconds = options.setdefault("timeout", self.answer_seconds_max)
        until = time.monotonic() + timeout_seconds
        try:
            return super().wait(gen, *arguments, **options)
        except psycopg.OperationalError as error:
            if error.sqlstate is not None or time.monotonic() < until:
                raise
            super().close()  # ours needs a lock of psycopg that may be held here
            raise psycopg.OperationalError("no answer in time") from error

    def _end_pipeline(self) -> None:
        """Waits for all results; raises the first error among them that was not raised before."""
        pipeline, self._open_pipeline = self._open_pipeline, None
        if pipeline is not None:
            pipeline.__exit__(None, None, None)


class _PlanAges:
    """How often each statement was executed, to tell when plans are to be made again."""

    def __init__(self) -> None:
        self._executions: dict[str, int] = {}
        self._limits: dict[str, int] = {}
        self._over: set[str] = set()

    @property
    def are_due(self) -> bool:
        """Whether a statement was executed so often that it is to be planned again."""
        return bool(self._over)

    def count(self, statement: str) -> None:
        """The statement is executed."""
        executions = self._executions.get(statement, 0) + 1
        self._executions[statement] = executions
        if executions >= self._limits.get(statement, REPLAN_FACTOR):
            self._over.add(statement)

    def renew(self) -> None:
        """All statements will be planned at their next execution; those that were due, again after
        `REPLAN_FACTOR` times as many executions."""
        for statement in self._over:
            self._limits[statement] = self._limits.get(statement, REPLAN_FACTOR) * REPLAN_FACTOR
            self._executions[statement] = 0
        self._over.clear()
