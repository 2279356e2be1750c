"""`antrean-admin access-log` against a real database: the latest looks, by the hospital's clock."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from admin_cli.program import run
from common.storage.engine import transaction
from common.storage.tables import access_log
from tests.store.catalogs import NOW, WIT, apply, clinic, hospital

Look = Callable[..., Any]
ROWS = [
    ("siti", "RSHS", "GIG", 0, "desk_queue", 2, 9),
    ("siti", "RSHS", "GIG", 1, "desk_queue", 1, 11),
    ("budi", "RSHS", "INT", 1, "find_tickets", 3, 20),
    ("dewi", "RSDH", "GIG", 2, "desk_ticket", 1, 1),
]
"""User, hospital, clinic, minutes after NOW, request, looks, names."""


@pytest.fixture
def log(
    engine: Engine,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Look:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTREAN_STACK_DIR", str(tmp_path / "no-stack"))
    monkeypatch.setenv("ANTREAN_DATABASE_URL", database_url)
    apply(engine, hospital("RSHS", clinic("GIG"), clinic("INT")), hospital("RSDH", clinic(), time_zone=WIT))
    with transaction(engine) as connection:
        names = [column.name for column in access_log.c]
        for user, of, code, minute, *rest in ROWS:
            values = [user, of, code, NOW + timedelta(minutes=minute), *rest]
            connection.execute(insert(access_log).values(dict(zip(names, values, strict=True))))

    def look(*words: str, as_json: bool = True) -> Any:
        exit_code = run(["access-log", *words, "--lang", "en", *(["--json"] if as_json else [])])
        printed = capsys.readouterr()
        assert exit_code == 0, printed.err
        return json.loads(printed.out) if as_json else printed.out + printed.err

    return look


def test_all_is_shown_in_the_order_of_time_by_the_hospitals_clock(log: Look) -> None:
    found = log()
    assert [row["minute"] for row in found["looks"]] == [
        "2026-11-23T10:00:00+07:00",
        "2026-11-23T10:01:00+07:00",
        "2026-11-23T10:01:00+07:00",
        "2026-11-23T12:02:00+09:00",
    ]
    assert found["more"] is False
    assert found["looks"][0] == {
        "minute": "2026-11-23T10:00:00+07:00",
        "username": "siti",
        "hospital": "RSHS",
        "clinic": "GIG",
        "request": "desk_queue",
        "looks": 2,
        "names": 9,
    }
    assert "2026-11-23 12:02 WIT  dewi  RSDH GIG  desk_ticket" in log(as_json=False)


@pytest.mark.parametrize(
    ("words", "users"),
    [
        (["--user", "siti"], ["siti", "siti"]),
        (["--hospital", "rsdh"], ["dewi"]),
        (["--hospital", "RSHS", "--clinic", "int"], ["budi"]),
        (["--since", "2026-11-23T10:01:00+07:00"], ["siti", "budi", "dewi"]),
        (["--until", "2026-11-23T10:01:00+07:00"], ["siti"]),
        (["--since", "2026-11-23T10:01:00+07:00", "--until", "2026-11-23T10:02:00+07:00"], ["siti", "budi"]),
    ],
)
def test_what_is_asked_for_is_shown(log: Look, words: list[str], users: list[str]) -> None:
    assert sorted(row["username"] for row in log(*words)["looks"]) == sorted(users)


def test_the_latest_are_shown_where_there_are_many_and_it_is_said(log: Look) -> None:
    found = log("--limit", "1")
    assert ([row["username"] for row in found["looks"]], found["more"]) == (["dewi"], True)
    assert "There are earlier ones" in log("--limit", "1", as_json=False)
    assert "Nobody looked at names" in log("--user", "tono", as_json=False)


@pytest.mark.usefixtures("log")
def test_moments_that_cannot_be_read_are_refused() -> None:
    assert run(["access-log", "--since", "yesterday"]) == 2
    assert run(["access-log", "--since", "1h", "--until", "2h"]) == 2
