"""Who of the staff may do what, for tests."""

from sqlalchemy import Engine

from common.domain.staff import EVERY_HOSPITAL, Duty, StaffRole
from common.storage.catalog import take_version
from common.storage.engine import transaction
from common.storage.staff import write_duty
from tests.builders import DESK_USER

MANAGES_EVERYTHING = Duty(EVERY_HOSPITAL, None, StaffRole.MANAGER)


def let_serve(engine: Engine, user: str = DESK_USER, duty: Duty = MANAGES_EVERYTHING) -> None:
    """Gives a user an active duty."""
    with transaction(engine) as connection:
        write_duty(connection, user, duty, take_version(connection))


def duty(role: str, hospital: str = "RSHS", *clinics: str) -> Duty:
    """A role in these clinics of a hospital, or in all of them."""
    return Duty(hospital, frozenset(clinics) or None, StaffRole(role))
