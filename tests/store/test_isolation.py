"""Transactions have the isolation that they are written for, whatever a database gives by default."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, String, make_url, text

from common.storage.engine import open_engine, snapshot, transaction
from common.storage.prepared import Prepared
from tests.database import new_database

_isolation = Prepared(lambda _: text("SHOW transaction_isolation").columns(transaction_isolation=String()))


@pytest.fixture
def strict(postgres: str) -> Iterator[Engine]:
    """A database whose transactions are serialisable unless they say otherwise."""
    url = new_database(postgres)
    name = make_url(url).database
    server = open_engine(postgres)
    with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_isolation = serializable'))
    engine = open_engine(url)
    yield engine
    engine.dispose()
    with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    server.dispose()


def test_the_default_is_another_one(strict: Engine) -> None:
    with strict.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        assert connection.execute(text("SHOW default_transaction_isolation")).scalar_one() == "serializable"


@pytest.mark.parametrize("pipelined", [False, True])
def test_a_transaction_sees_what_was_committed_before_each_statement(strict: Engine, pipelined: bool) -> None:
    with transaction(strict, pipelined=pipelined) as connection:
        assert _isolation(connection)[0][0] == "read committed"


@pytest.mark.parametrize("pipelined", [False, True])
def test_a_snapshot_sees_one_moment(strict: Engine, pipelined: bool) -> None:
    with snapshot(strict, pipelined=pipelined) as connection:
        assert _isolation(connection)[0][0] == "repeatable read"
