"""Workers for the tests of the store."""

import pytest
from sqlalchemy import Engine

from tests.store.workers import Workers, workers_of


@pytest.fixture
def workers(engine: Engine) -> Workers:
    """The workers of RSHS with its one clinic GIG, on Monday at 09:00."""
    return workers_of(engine)
