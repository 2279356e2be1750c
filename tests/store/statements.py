"""The statements that reach the database, whichever way they take to it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import Connection, Engine, event

from common.storage import prepared


@contextmanager
def noticed(engine: Engine | type[Engine], notice: Callable[[str], None]) -> Iterator[None]:
    """Calls `notice` with each statement of the block before it is executed, on one engine or on all; what it
    raises is raised."""
    send = prepared._send

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        notice(statement)

    def send_prepared(connection: Connection, statement: str, values: Any, has_rows: bool) -> Any:
        if not statement.startswith("BEGIN"):
            notice(statement)
        return send(connection, statement, values, has_rows)

    event.listen(engine, "before_cursor_execute", note)
    try:
        with patch.object(prepared, "_send", send_prepared):
            yield
    finally:
        event.remove(engine, "before_cursor_execute", note)


class Killed(Exception):
    """The process is no more."""


@contextmanager
def killed_in_step(engine: Engine, step: int) -> Iterator[None]:
    """Whatever happens in this step, counted from 0, is not committed."""
    left = step

    def notice(statement: str) -> None:
        nonlocal left
        if "INSERT INTO journal" in statement:
            if left == 0:
                raise Killed
            left -= 1

    with noticed(engine, notice), pytest.raises(Killed):
        yield
