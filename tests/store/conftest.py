"""Staff for the tests of the store."""

import pytest
from sqlalchemy import Engine

from tests.store.staff import Staff, staff_of


@pytest.fixture
def staff(engine: Engine) -> Staff:
    """The staff of RSHS with its one clinic GIG, on Monday at 09:00."""
    return staff_of(engine)
