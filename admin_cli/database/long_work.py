"""Work of many short transactions beside the workers, which may be in its way."""

from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine

from common.errors import StoreContended
from common.storage.engine import transaction

T = TypeVar("T")

_ATTEMPTS_MAX: Final = 5
"""Of one transaction that others are in the way of; each waits for their locks for some seconds."""


def in_transaction(engine: Engine, step: Callable[[Connection], T]) -> T:
    """What `step` returns for a transaction of its own, which is done again where the database took it back.
    Raises StoreContended where it always does, StoreUnavailable and StoreForbids."""
    for _ in range(_ATTEMPTS_MAX - 1):
        try:
            with transaction(engine) as connection:
                return step(connection)
        except StoreContended:
            continue
    with transaction(engine) as connection:
        return step(connection)
