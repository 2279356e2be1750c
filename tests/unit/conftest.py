"""What several unit tests share."""

import pytest

from tests.unit.publishing import Connection


@pytest.fixture
def connections() -> list[Connection]:
    """Every connection that a publisher opens."""
    return []
