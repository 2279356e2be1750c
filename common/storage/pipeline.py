"""Statements on their way to PostgreSQL, and their answers on the way back, on libpq itself.

psycopg's own pipeline writes to the socket, and looks whether it can be read, at each statement. Here that
happens where an answer is waited for: a small transaction spends its time on it.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from psycopg import errors
from psycopg.abc import Transformer
from psycopg.adapt import PyFormat
from psycopg.pq import ExecStatus, PipelineStatus
from psycopg.pq.abc import PGconn, PGresult

_PLANNED_AGAIN_FACTOR = 8
"""A statement is prepared anew after 8 executions, 64, 512 and so on. PostgreSQL keeps the plan that it made
while a table was empty until it has analysed the table, and goes through all of it until then."""

Answer = Callable[[], list[tuple[Any, ...]]]
"""Waits for the answer to a statement, and returns its rows; raises the statement's psycopg.Error."""

_FAILED = frozenset({ExecStatus.FATAL_ERROR, ExecStatus.PIPELINE_ABORTED})


@dataclass(slots=True)
class _Prepared:
    """A statement's name on the server, and how many executions it has left until it is prepared anew."""

    name: bytes
    left: int
    next_left: int


@dataclass(slots=True, eq=False)
class _Expected:
    """An answer that will come: `result`, once it is there; `prepares` is the statement that is prepared."""

    prepares: str | None = None
    result: PGresult | None = None


class Pipeline:
    """Sends prepared statements over one connection. Between `begin` and `end`, a statement is sent without
    waiting for the answers to those before; otherwise its answer is waited for at once.

    `pgconn` is the connection, which does not block; `wait_readable` and `wait_writable` wait until it can be
    read, or written to or read.
    """

    def __init__(
        self,
        pgconn: PGconn,
        transformer: Transformer,
        wait_readable: Callable[[], None],
        wait_writable: Callable[[], None],
    ) -> None:
        self._pgconn = pgconn
        self._transformer = transformer
        self._wait_readable = wait_readable
        self._wait_writable = wait_writable
        self._prepared: dict[str, _Prepared] = {}
        self._new_name = map(b"antrean_%d".__mod__, count())
        self._expected: deque[_Expected] = deque()
        self._failure: PGresult | None = None

    @property
    def is_open(self) -> bool:
        """Whether it was begun, and has not ended."""
        return self._pgconn.pipeline_status != PipelineStatus.OFF

    def begin(self) -> None:
        """From now on answers are not waited for."""
        self._pgconn.enter_pipeline_mode()

    def end(self) -> None:
        """Waits for all answers. Raises the first error that there was, even if it was raised before."""
        self._pgconn.pipeline_sync()
        self._receive(self._expect())
        self._pgconn.exit_pipeline_mode()
        failure, self._failure = self._failure, None
        if failure is not None:
            raise errors.error_from_result(failure)

    def send(self, statement: str, values: Sequence[Any]) -> Answer:
        """Sends a statement, with `$1` ... for its values; the first time, it is prepared before."""
        prepared = self._prepared.get(statement)
        if prepared is None or not prepared.left:
            prepared = self._prepare(statement, prepared)
        if values:  # else there is nothing to be planned: it begins a transaction, or ends it
            prepared.left -= 1
        written = self._transformer.dump_sequence(values, [PyFormat.TEXT] * len(values))
        self._pgconn.send_query_prepared(prepared.name, written)
        answer = self._expect()
        if not self.is_open:
            rows = self._rows(answer)
            return lambda: rows
        return lambda: self._rows(answer)

    def push(self) -> None:
        """Lets the server begin with what was sent, without waiting for anything."""
        self._pgconn.flush()

    def _prepare(self, statement: str, before: _Prepared | None) -> _Prepared:
        left = _PLANNED_AGAIN_FACTOR
        if before is not None:
            left = before.next_left
            self._pgconn.send_query_params(b"DEALLOCATE " + before.name, None)
            self._settle(self._expect())
        name = next(self._new_name)
        prepared = self._prepared[statement] = _Prepared(name, left, left * _PLANNED_AGAIN_FACTOR)
        self._pgconn.send_prepare(name, statement.encode())
        self._settle(self._expect(prepares=statement))
        return prepared

    def _settle(self, answer: _Expected) -> None:
        if not self.is_open:
            self._rows(answer)

    def _expect(self, prepares: str | None = None) -> _Expected:
        self._expected.append(expected := _Expected(prepares))
        return expected

    def _rows(self, answer: _Expected) -> list[tuple[Any, ...]]:
        if answer.result is None:
            self._receive(answer)
        result = answer.result
        assert result is not None
        if result.status in _FAILED:
            raise errors.error_from_result(self._failure or result)
        self._transformer.set_pgresult(result)
        return self._transformer.load_rows(0, result.ntuples, tuple)

    def _receive(self, upto: _Expected) -> None:
        """Waits for the answers that are outstanding, up to this one."""
        if self.is_open:
            self._pgconn.send_flush_request()
        while self._pgconn.flush():
            # It may take nothing more before it has got rid of what it has to say.
            self._wait_writable()
            self._pgconn.consume_input()
        while upto.result is None:
            answer = self._expected.popleft()
            answer.result = self._next_result()
            if answer.prepares is not None and answer.result.status in _FAILED:
                del self._prepared[answer.prepares]

    def _next_result(self) -> PGresult:
        """The next statement's result: if there are several, the first."""
        first: PGresult | None = None
        while True:
            while self._pgconn.is_busy():
                self._wait_readable()
                self._pgconn.consume_input()
            result = self._pgconn.get_result()
            if result is None:
                assert first is not None
                return first
            if self.is_open and self._failure is None and result.status == ExecStatus.FATAL_ERROR:
                self._failure = result
            if result.status == ExecStatus.PIPELINE_SYNC:
                return result
            first = first or result
