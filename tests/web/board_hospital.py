"""A hospital for tests of the board, which no other test has: a board shows what the stream has kept of those
before, whose events have the same sequences."""

import secrets

from admin_cli.catalog_file import Catalog
from common.domain.opening_hours import WEEKDAYS
from tests.builders import catalog, clinic_table, hospital_table
from tests.deployment import CLINICS

CODE = f"R{secrets.token_hex(3).upper()}"


def board_catalog() -> Catalog:
    """The hospital, with the `CLINICS` of all tests."""
    always = {day: ["00:00-24:00"] for day in WEEKDAYS}
    return catalog(hospital_table(CODE, *(clinic_table(code, hours=always) for code in CLINICS)))
