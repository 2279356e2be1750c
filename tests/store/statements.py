"""The statements that reach the database, whichever way they take to it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from sqlalchemy import Connection, Engine, event

from common.storage import prepared


@contextmanager
def noticed(engine: Engine, notice: Callable[[str], None]) -> Iterator[None]:
    """Calls `notice` with each statement of the block before it is executed; what it raises is raised."""
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
