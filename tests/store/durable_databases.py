"""A SQLite file and a PostgreSQL, both with a disk for which they wait, to measure what takes long there."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

from sqlalchemy import text

from common.errors import StoreUnavailable
from local_stack.install import find_postgresql
from local_stack.private_postgres import PostgresServer
from tests.database import opened

DatabaseKind = Literal["sqlite", "postgresql"]

_KINDS: Final[tuple[DatabaseKind, ...]] = ("sqlite", "postgresql")


def on_both(measure: Callable[[str, Path], int]) -> int:
    """What `measure` returns at worst for the address of an empty database and a directory."""
    results = []
    with tempfile.TemporaryDirectory(prefix="antrean-measured-", ignore_cleanup_errors=True) as name:
        for kind in _KINDS:
            with _database(kind, Path(name)) as url:
                results.append(measure(url, Path(name)))
    return max(results)


def size_mib(url: str) -> float:
    """How large the database is, with what SQLite keeps beside its file."""
    with opened(url) as engine, engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            path = Path(engine.url.database or "")
            return sum(each.stat().st_size for each in path.parent.glob(f"{path.name}*")) / 2**20
        found = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
        return int(found) / 2**20


@contextmanager
def _database(kind: DatabaseKind, directory: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{directory}/antrean.sqlite"
        return
    binaries = find_postgresql()
    if binaries is None:
        raise StoreUnavailable("There is no PostgreSQL here: `make test` installs one.")
    directory.chmod(0o711)  # PostgreSQL runs as another user where we are root
    place = directory / "postgresql"
    place.mkdir()
    server = PostgresServer(binaries, place, durable=True)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()
