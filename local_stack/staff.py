"""Who serves in the local stack: one manager of every hospital."""

from common.domain.staff import EVERY_HOSPITAL, Duty, StaffRole
from common.storage.catalog import CatalogCache, take_version
from common.storage.engine import open_engine, transaction
from common.storage.staff import write_duty


def let_manage(database_url: str, user: str) -> None:
    """Makes a user of the broker the manager of every hospital, unless they serve already."""
    engine = open_engine(database_url)
    try:
        with transaction(engine) as connection:
            catalog = CatalogCache()
            catalog.refresh(connection)
            if catalog.staff_member(user) is None:
                duty = Duty(EVERY_HOSPITAL, None, StaffRole.MANAGER)
                write_duty(connection, user, duty, take_version(connection))
    finally:
        engine.dispose()
