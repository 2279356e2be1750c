"""Who works at the desks of the local stack."""

from collections.abc import Mapping
from typing import Final

import click

from common.domain.staff import EVERY_HOSPITAL, Duty, StaffRole
from common.storage.catalog import CatalogCache, take_version
from common.storage.engine import open_engine, transaction
from common.storage.staff import read_staff, write_duty
from local_stack.bilingual import say

STAFF: Final[Mapping[str, Duty]] = {
    "siti": Duty("RSHS", frozenset({"GIG"}), StaffRole.CALLER),
    "budi": Duty("RSHS", None, StaffRole.RECEPTION),
    "dewi": Duty(EVERY_HOSPITAL, None, StaffRole.MANAGER),
}
"""Users of the broker, and what they may do; of the sample catalog's hospitals."""

MANAGER: Final = "dewi"
"""As whom the desk's programs work where no user is named."""


def let_serve(database_url: str, staff: Mapping[str, Duty]) -> None:
    """Gives these users these duties, where the catalog has the hospital and the clinics, and the database
    has no such row: what an administrator has changed stays."""
    engine = open_engine(database_url)
    try:
        with transaction(engine) as connection:
            catalog = CatalogCache()
            catalog.refresh(connection)
            known = {(row.user, row.duty.hospital) for row in read_staff(connection, 0)}
            for user, duty in staff.items():
                if (user, duty.hospital) not in known and _exists(catalog, duty):
                    write_duty(connection, user, duty, take_version(connection))
    finally:
        engine.dispose()


def say_who_serves() -> None:
    """Prints who may do what at the desks."""
    say("Staff who may work at the desks:")
    width = max(map(len, STAFF))
    for user, duty in STAFF.items():
        place = " ".join([duty.hospital, *sorted(duty.clinics or ())])
        click.echo(f"  {user:<{width}}  {duty.role.value:<9}  {place}")


def _exists(catalog: CatalogCache, duty: Duty) -> bool:
    if duty.hospital == EVERY_HOSPITAL:
        return True
    here = {clinic.code for clinic in catalog.clinics_of(duty.hospital)}
    return bool(here) and (duty.clinics or set()) <= here
