"""What is wrong with the file of `antrean-events` in a run is found."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import select

from admin_cli.database.schema import migrate
from common.storage.engine import snapshot
from common.storage.tables import journal
from tests.builders import in_bandung
from tests.chaos.system import System
from tests.chaos.tap import Tap
from tests.database import opened
from tests.store.workers import workers_of

AFTERWARDS = in_bandung("23:00")


Events = list[dict[str, Any]]


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """A database of its own."""
    url = f"sqlite:///{tmp_path / 'antrean.db'}"
    with opened(url) as engine:
        migrate(engine)
    return url


@pytest.fixture
def events(database_url: str) -> Events:
    """Those of a clinic in which six have registered."""
    with opened(database_url) as engine:
        workers_of(engine).register_many(6)
        with snapshot(engine) as connection:
            bodies = connection.execute(select(journal.c.body).order_by(journal.c.sequence)).scalars().all()
    return [json.loads(body) for body in bodies]


def disagreements(url: str, directory: Path, written: Events, stream: Events) -> str:
    (directory / "tap.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in written))
    lines = directory / "stream.jsonl"
    lines.write_text("".join(json.dumps({"event": each}) + "\n" for each in stream))
    tap = Tap(cast("System", SimpleNamespace(directory=directory, database_url=url)))
    return "\n".join(tap.disagreements(lines, AFTERWARDS))


def test_what_is_missing_twice_out_of_order_or_another_is_found(
    database_url: str, tmp_path: Path, events: Events
) -> None:
    def found(written: Events) -> str:
        return disagreements(database_url, tmp_path, written, events)

    first, second, *others = events
    assert found(events) == ""
    assert "has not written" in found(events[:-1])
    assert " 1 behind 1" in found([first, *events])
    assert "behind" in found([second, first, *others])
    assert "not the journal's" in found([first | {"subject": "another"}, second, *others])


def test_what_the_stream_lacks_may_be_missing_at_the_end(
    database_url: str, tmp_path: Path, events: Events
) -> None:
    assert disagreements(database_url, tmp_path, events[:-1], events[:-1]) == ""
