"""What `antrean-admin check-integrity` prints, how it ends, and that it changes nothing."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, select

from admin_cli.database import integrity
from admin_cli.program import run
from common.storage.engine import snapshot
from common.storage.tables import metadata
from tests.store.ended import Ended
from tests.store.spoiled import (
    a_day_of_work,
    day,
    found_after,
    looked_through,
    ticket,
)


@pytest.fixture
def command(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    """Runs `antrean-admin check-integrity`."""
    monkeypatch.setenv("ANTREAN_DATABASE_URL", database_url)

    def run_command(*words: str) -> Ended:
        exit_code = run(["check-integrity", *words])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return Ended(exit_code, printed.out, printed.err)

    return run_command


def test_the_command_says_what_it_checked(command: Callable[..., Ended], engine: Engine) -> None:
    a_day_of_work(engine)
    clean = command("--lang", "en")
    assert clean.exit_code == 0
    assert clean.out.startswith("Nothing is wrong: ")
    assert "5 tickets, " in clean.out
    assert command().out.startswith("Tidak ada yang salah: ")
    assert json.loads(command("--json").out)["findings"] == []


def test_the_command_says_what_is_wrong_and_what_to_do(command: Callable[..., Ended], engine: Engine) -> None:
    a_day_of_work(engine)
    found_after(engine, day(waiting=3, now_serving=None))
    ended = command("--lang", "en")
    assert ended.exit_code == 1
    lines = ended.out.splitlines()
    assert lines[:2] == [
        "- RSHS GIG 2026-11-23: clinic_days.waiting is 3, but tickets and journal say 2."
        " Stop the workers and set it to 2.",
        "- RSHS GIG 2026-11-23: clinic_days.now_serving is NULL, but tickets and journal say 2."
        " Stop the workers and set it to 2.",
    ]
    assert lines[2].startswith("Findings: 2. Checked: ")
    as_json = command("--json")
    assert as_json.exit_code == 1
    first = json.loads(as_json.out)["findings"][0]
    assert first["values"] == {"counter": "waiting", "stored": 3, "found": 2}
    assert (first["hospital"], first["clinic"], first["service_date"]) == ("RSHS", "GIG", "2026-11-23")
    assert "RSHS GIG 2026-11-23" in first["detail"]


def test_many_findings_are_cut_short(
    command: Callable[..., Ended], engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_day_of_work(engine)
    found_after(engine, ticket(4, status="called"), ticket(5, status="called"))
    monkeypatch.setattr(integrity, "FINDINGS_MAX", 1)
    assert [found.check for found in looked_through(engine).findings].count("status") == 1
    assert "There are more findings" in command("--lang=en").out
    assert json.loads(command("--json").out)["cut_short"] is True


def test_the_command_changes_nothing(command: Callable[..., Ended], engine: Engine) -> None:
    a_day_of_work(engine)

    def everything() -> list[list[Any]]:
        with snapshot(engine) as connection:
            tables = metadata.sorted_tables
            return [sorted(map(repr, connection.execute(select(table)))) for table in tables]

    before = everything()
    command()
    assert everything() == before


@pytest.mark.parametrize(
    ("url", "exit_code"),
    [("postgresql://x@127.0.0.1:1/x", 69), ("sqlite:////no/such/folder/x", 69), ("x", 2)],
)
def test_a_database_that_does_not_answer(
    url: str,
    exit_code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ANTREAN_DATABASE_URL", url)
    assert run(["check-integrity"]) == exit_code
    ended = capsys.readouterr()
    assert ended.out == ""
    assert len(ended.err.splitlines()) == 1
