"""More time for one transaction that goes through whole tables."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

_ANSWER_SECONDS = 5.0
"""How much longer than the server we wait, so that it is the server that ends a statement."""

_USUAL_PLANS = ("enable_hashjoin = on", "enable_mergejoin = on", "plan_cache_mode = auto")
"""What the workers' usual statements do without (see `engine`)."""


@contextmanager
def long_statements(connection: Connection, seconds: int) -> Iterator[None]:
    """Within the block, itself within a transaction, a statement may take `seconds`. SQLite has no limit."""
    if connection.dialect.name != "postgresql":
        yield
        return
    # Imported here: what runs on SQLite need not load psycopg.
    from common.storage.bounded_connection import BoundedConnection

    driver = connection.connection.driver_connection
    assert isinstance(driver, BoundedConnection)
    usual = driver.answer_seconds_max
    connection.execute(text(f"SET LOCAL statement_timeout = '{seconds}s'"))
    for setting in _USUAL_PLANS:
        connection.execute(text(f"SET LOCAL {setting}"))
    driver.answer_seconds_max = seconds + _ANSWER_SECONDS
    try:
        yield
    finally:
        driver.answer_seconds_max = usual
