"""The fast path to PostgreSQL: statements and their results by libpq itself.

psycopg's own pipeline writes to the socket, looks whether it can be read, and makes a cursor, for each
statement. Here the socket is used where a result is waited for, or where the server is to begin: a small
transaction spends most of its processor time on that (docs/performance.md, "What the fast path earns").

| name of psycopg's that its documentation does not promise | used for |
| --- | --- |
| `psycopg.errors.error_from_result` | the exception for an error of the server |
| `dump_sequence`, `set_pgresult`, `load_rows` of `psycopg.adapt.Transformer` | values and rows |

No name is private by its underscore. Where one is missing, or `ANTREAN_FAST_PATH` is `off`, workers use
`BoundedConnection`, which does the same by psycopg's public ways; tests/store/test_pipeline.py runs the same
cases through both.

Source: https://www.postgresql.org/docs/current/libpq-pipeline-mode.html
"""

import select
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Any

import psycopg
import structlog
from psycopg import errors
from psycopg.abc import Transformer as Adapter
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus, PipelineStatus
from psycopg.pq.abc import PGconn, PGresult

from common.storage.bounded_connection import REPLAN_FACTOR, BoundedConnection, Fetch

_NAMES = (
    (errors, "error_from_result"),
    (Transformer, "dump_sequence"),
    (Transformer, "set_pgresult"),
    (Transformer, "load_rows"),
)

_FAILED = frozenset({ExecStatus.FATAL_ERROR, ExecStatus.PIPELINE_ABORTED})

_log = structlog.get_logger()


def connection_class(*, fast_path: bool) -> type[BoundedConnection]:
    """What a worker connects with. Where psycopg has not what the fast path needs, the log says so."""
    missing = [f"{owner.__name__}.{name}" for owner, name in _NAMES if not hasattr(owner, name)]
    if fast_path and missing:
        _log.warning("no fast path", missing=missing, advice="the public way is used; use psycopg 3.3")
    return FastConnection if fast_path and not missing else BoundedConnection


class FastConnection(BoundedConnection):
    """Does what `BoundedConnection` does, at less cost."""

    prepared_after = None
    """Never by psycopg, which throws away all that is prepared together with its own."""

    def __init__(self, pgconn: PGconn, **options: Any) -> None:
        super().__init__(pgconn, **options)
        self._statements = _Statements(pgconn, Transformer(self), self._wait_until)

    def before_transaction(self, *, pipelined: bool) -> None:
        """As BoundedConnection's; statements are planned again where they are sent."""
        if pipelined:
            self._statements.begin()

    def send(self, statement: str, values: Sequence[Any]) -> Fetch:
        """As BoundedConnection's."""
        return self._statements.send(statement, values)

    def push(self) -> None:
        """As BoundedConnection's."""
        if self._statements.is_open:
            self.pgconn.flush()

    def commit(self) -> None:
        """As BoundedConnection's."""
        if not self._statements.is_open:
            super().commit()
            return
        self._statements.send("COMMIT", ())
        self._statements.end()

    def rollback(self) -> None:
        """As BoundedConnection's, but what was prepared stays."""
        if self._statements.is_open:
            with suppress(psycopg.Error):  # of what is undone now
                self._statements.end()
        super().rollback()

    def _wait_until(self, ready: int) -> None:
        poll = select.poll()
        poll.register(self.pgconn.socket, ready)
        if not poll.poll(self.answer_seconds_max * 1000):
            self.close()
            raise psycopg.OperationalError("no answer in time")


@dataclass(slots=True)
class _Plan:
    """A statement's name on the server, and how many executions it has left until it is planned again."""

    name: bytes
    left: int
    next_left: int


@dataclass(slots=True, eq=False)
class _Expected:
    """A result that will come: `result`, once it is there; `prepares` is the statement that is prepared."""

    prepares: str | None = None
    result: PGresult | None = None


class _Statements:
    """Executes prepared statements over one connection. Between `begin` and `end`, a statement is sent
    without waiting for the results of those before; otherwise its result is waited for at once.

    `pgconn` is the connection, which does not block. `wait` waits until `select.POLLIN` or `select.POLLOUT`,
    or one of both, holds for it, and raises psycopg.OperationalError where that takes too long.
    """

    def __init__(self, pgconn: PGconn, adapter: Adapter, wait: Callable[[int], None]) -> None:
        self._pgconn = pgconn
        self._adapter = adapter
        self._wait = wait
        self._plans: dict[str, _Plan] = {}
        self._new_name = map(b"antrean_%d".__mod__, count())
        self._expected: deque[_Expected] = deque()
        self._failure: PGresult | None = None

    @property
    def is_open(self) -> bool:
        """Whether it was begun, and has not ended."""
        return self._pgconn.pipeline_status != PipelineStatus.OFF

    def begin(self) -> None:
        """From now on results are not waited for."""
        self._pgconn.enter_pipeline_mode()

    def end(self) -> None:
        """Waits for all results. Raises the first error that there was, even if it was raised before."""
        self._pgconn.pipeline_sync()
        self._receive(self._expect())
        self._pgconn.exit_pipeline_mode()
        failure, self._failure = self._failure, None
        if failure is not None:
            raise errors.error_from_result(failure)

    def send(self, statement: str, values: Sequence[Any]) -> Fetch:
        """Sends a statement, with `$1` ... for its values; the first time, it is prepared before."""
        plan = self._plans.get(statement)
        if plan is None or not plan.left:
            plan = self._prepare(statement, plan)
        if values:  # else there is nothing to be planned: it begins a transaction, or ends it
            plan.left -= 1
        written = self._adapter.dump_sequence(values, [PyFormat.TEXT] * len(values))
        self._pgconn.send_query_prepared(plan.name, written)
        expected = self._expect()
        if not self.is_open:
            rows = self._rows(expected)
            return lambda: rows
        return lambda: self._rows(expected)

    def _prepare(self, statement: str, before: _Plan | None) -> _Plan:
        left = REPLAN_FACTOR
        if before is not None:
            left = before.next_left
            self._pgconn.send_query_params(b"DEALLOCATE " + before.name, None)
            self._settle(self._expect())
        plan = self._plans[statement] = _Plan(next(self._new_name), left, left * REPLAN_FACTOR)
        self._pgconn.send_prepare(plan.name, statement.encode())
        self._settle(self._expect(prepares=statement))
        return plan

    def _settle(self, expected: _Expected) -> None:
        if not self.is_open:
            self._rows(expected)

    def _expect(self, prepares: str | None = None) -> _Expected:
        self._expected.append(expected := _Expected(prepares))
        return expected

    def _rows(self, expected: _Expected) -> Sequence[Sequence[Any]]:
        if expected.result is None:
            self._receive(expected)
        result = expected.result
        assert result is not None
        if result.status in _FAILED:
            raise errors.error_from_result(self._failure or result)
        self._adapter.set_pgresult(result)
        return self._adapter.load_rows(0, result.ntuples, tuple)

    def _receive(self, upto: _Expected) -> None:
        """Waits for the results that are outstanding, up to this one."""
        if self.is_open:
            self._pgconn.send_flush_request()
        while self._pgconn.flush():
            # The server may take nothing more before it has got rid of what it has to say.
            self._wait(select.POLLIN | select.POLLOUT)
            self._pgconn.consume_input()
        while upto.result is None:
            expected = self._expected.popleft()
            expected.result = self._next_result()
            if expected.prepares is not None and expected.result.status in _FAILED:
                del self._plans[expected.prepares]

    def _next_result(self) -> PGresult:
        """The next statement's result: if there are several, the first."""
        first: PGresult | None = None
        while True:
            while self._pgconn.is_busy():
                self._wait(select.POLLIN)
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
