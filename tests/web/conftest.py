"""A hospital at work, for the web processes that a module tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broker import RunningBroker
from tests.deployment import Deployment, at_work
from tests.web.board_hospital import board_catalog
from tests.web.visiting import Visits
from tests.web.web_process import WebProcess


@pytest.fixture(scope="module")
def hospital(
    broker: RunningBroker, _migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """A deployment with one worker of each kind, for all tests of a module."""
    with at_work(broker, _migrated_sqlite, tmp_path_factory.mktemp("hospital")) as deployment:
        yield deployment


@pytest.fixture(scope="module")
def board_hospital(
    broker: RunningBroker, _migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """At work, with clinics that no other test has."""
    with at_work(
        broker, _migrated_sqlite, tmp_path_factory.mktemp("hospital"), board_catalog()
    ) as deployment:
        yield deployment


@pytest.fixture
def visits(process: WebProcess) -> Iterator[Visits]:
    """Who visits, in one test, the process of its module."""
    visits = Visits(process)
    yield visits
    visits.leave()
