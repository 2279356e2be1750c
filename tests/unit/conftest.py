"""What several unit tests share."""

from typing import Any

import pytest

from common.messaging import link
from tests.unit.publishing import Connection


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[Connection]:
    """Every connection that was opened."""
    found: list[Connection] = []

    def connect(*arguments: Any, **callbacks: Any) -> Connection:
        callbacks.pop("custom_ioloop")
        found.append(Connection(*arguments, **callbacks))
        return found[-1]

    monkeypatch.setattr(link, "QuickConnection", connect)
    return found
