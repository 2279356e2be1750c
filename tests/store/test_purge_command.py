"""`antrean-admin purge`: what it says, how it ends, and that it can be run again."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from admin_cli.database import purge_run
from admin_cli.program import run
from common.clock import ScaledClock
from tests.builders import MONDAY, in_bandung
from tests.store.spoiled import a_day_of_work, looked_through
from tests.store.workers import ticket_rows

USAGE = 2


@pytest.fixture
def purge(
    engine: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Any]:
    """Runs the command a hundred days after a day of work, of which two patients were left waiting."""
    workers = a_day_of_work(engine)
    workers.clock.set("00:00:30", MONDAY + timedelta(days=1))
    workers.tick()
    started = in_bandung("02:00", MONDAY + timedelta(days=100))
    monkeypatch.setattr(ScaledClock, "now", lambda _: started)
    for name in ("STARTS_AT", "STARTED_AT"):
        monkeypatch.setenv(f"ANTREAN_CLOCK_{name}", started.isoformat())
    monkeypatch.setenv("ANTREAN_DATABASE_URL", database_url)

    def run_command(*words: str, exit_code: int = 0) -> Any:
        assert run(["purge", *words]) == exit_code
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        if exit_code:
            assert printed.out == ""
            return printed.err
        return json.loads(printed.out) if "--json" in words else printed.out

    return run_command


def named(engine: Engine) -> int:
    return sum(row["patient_name"] is not None for row in ticket_rows(engine))


def test_a_dry_run_counts_what_the_purge_then_does(
    purge: Callable[..., Any], engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge_run, "TICKETS_MAX", 2)
    count = len(ticket_rows(engine))
    planned = purge("--older-than", "90d", "--dry-run", "--json")
    assert planned == {
        "clinic_days": 1,
        "tickets": count,
        "left": 0,
        "access_log": 0,
        "before": "2026-12-01",
        "dry_run": True,
    }
    assert named(engine) == count
    assert purge("--older-than", "90d", "--json") == {**planned, "dry_run": False}
    assert named(engine) == 0
    assert looked_through(engine).findings == ()
    again = purge("--older-than", "90d", "--json")
    assert (again["tickets"], again["clinic_days"]) == (0, 0)


def test_it_says_what_it_did(purge: Callable[..., Any]) -> None:
    nothing = " ".join(purge("--older-than", "101d", "--lang", "en").split())
    assert nothing.startswith("Purged, of service days before 2026-11-20: 0 tickets of 0 clinic-days;")
    assert "5 tiket dari 1 hari poli" in " ".join(purge("--older-than", "90d").split())


@pytest.mark.parametrize("age", ["0d", "12h", "90", "-1d", "99999d", "x"])
def test_an_age_that_reaches_open_queues_is_refused(
    purge: Callable[..., Any], engine: Engine, age: str
) -> None:
    sentence = purge("--older-than", age, "--lang", "en", exit_code=USAGE)
    assert f"--older-than: {age} cannot be used" in sentence
    assert named(engine)


def test_an_age_of_the_access_log_is_read_alike(purge: Callable[..., Any]) -> None:
    given = ("--older-than", "90d", "--access-log-older-than")
    assert "--access-log-older-than: 0d" in purge(*given, "0d", "--lang", "en", exit_code=USAGE)
    assert purge(*given, "730d", "--json")["access_log"] == 0
