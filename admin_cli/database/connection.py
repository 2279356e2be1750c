"""The database as the commands use it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from common.storage.catalog import CatalogCache, is_empty
from common.storage.engine import open_engine, snapshot
from common.storage.schema import check_schema


@contextmanager
def open_database(url: str, *, check: bool = True) -> Iterator[Engine]:
    """The database at `url`; with `check`, raises SchemaMismatch where its schema is another than ours."""
    engine = open_engine(url)
    try:
        if check:
            check_schema(engine)
        yield engine
    finally:
        engine.dispose()


def catalog_is_empty(engine: Engine) -> bool:
    """Whether no catalog was applied yet."""
    with snapshot(engine) as connection:
        return is_empty(connection)


def catalog_in_force(engine: Engine) -> CatalogCache:
    """The catalog as the workers know it."""
    known = CatalogCache()
    with snapshot(engine) as connection:
        known.refresh(connection)
    return known
