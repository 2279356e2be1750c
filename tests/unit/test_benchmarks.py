"""What the benchmarks do with their figures: targets, tables, the document, and what verification refuses."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from benchmarks import report
from benchmarks.findings import Findings, Table, Target, spread
from benchmarks.load_client import LoadResult
from benchmarks.tables import markdown, shown, target_table
from benchmarks.verify import VerificationFailed, verify_answered, verify_registrations
from tests.database import opened


def _result(*tickets: tuple[str, str, int, str], unanswered: int = 0) -> LoadResult:
    return LoadResult(
        sent=len(tickets) + unanswered,
        seconds=2.0,
        cpu_seconds=0.1,
        latencies_ms=[float(number) for number in range(1, len(tickets) + 1)],
        replies={"ticket": len(tickets)},
        problems={},
        tickets=[*tickets],
        not_taken=0,
        unanswered=unanswered,
    )


def test_percentiles_are_latencies_that_so_many_did_not_exceed() -> None:
    result = _result(*(("RSUJI", "K001", number, "A") for number in range(100)))

    assert [result.percentile_ms(percent) for percent in (1, 50, 99, 100)] == [1, 50, 99, 100]
    assert result.per_second == 50


@pytest.mark.parametrize(
    ("target", "met", "limit"),
    [
        (Target("a", 0.6, least=0.6), True, "≥ 0.60"),
        (Target("b", 0.59, least=0.6), False, "≥ 0.60"),
        (Target("c", 120.0, most=100, shown="{:.0f} ms"), False, "≤ 100 ms"),
    ],
)
def test_a_target_is_met_within_its_limits(target: Target, met: bool, limit: str) -> None:
    assert target.met is met
    assert target.limit == limit


def test_numbers_are_shown_with_what_says_something() -> None:
    assert [shown(cell) for cell in (4123.4, 12.34, 1.234, 0.1234, "x", None)] == [
        "4,123", "12.3", "1.23", "0.123", "x", "-",
    ]  # fmt: skip
    assert spread([4100.4, 3900.0]) == "3,900-4,100"


def test_tables_put_numbers_to_the_right() -> None:
    table = Table("Speed", ["", "a second"], [["ours", 2000.0], ["theirs", None]])

    assert markdown(table).splitlines() == [
        "**Speed**", "", "|  | a second |", "| --- | ---: |", "| ours | 2,000 |", "| theirs | - |",
    ]  # fmt: skip
    assert "**missed**" in markdown(target_table([Target("slow", 0.1, least=0.6)]))


def test_the_report_writes_between_its_markers_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "DOCS", tmp_path)
    places = "".join(
        f"by hand: {name}\n<!-- measured: {name} -->\nold\n<!-- end: {name} -->\n"
        for name in ("machine", "targets", "latency")
    )
    (tmp_path / "performance.md").write_text(places)
    machine = {"cores": "2", "processor": "any", "memory": "8 GiB", "system": "Linux 6.1"}
    for seen in (2.0, 3.0):
        findings = Findings("latency", "Latency", [Target("p50 / echo", seen, most=2.5)])
        report.write_report([findings], machine, {"Python": "3.11.7"}, date(2026, 11, 23))

    written = (tmp_path / "performance.md").read_text()
    assert written.count("by hand") == 3
    assert "old" not in written
    assert "| p50 / echo | ≤ 2.50 | 3.00 | **missed** |" in written
    assert "2 cores (any), 8 GiB of memory, Linux 6.1; Python 3.11.7." in written


def test_the_report_refuses_what_has_no_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "DOCS", tmp_path)
    (tmp_path / "performance.md").write_text("nothing here")

    with pytest.raises(report.ReportFailed, match="has no place for"):
        report.write_report(
            [], {"cores": "2", "processor": "", "memory": "", "system": ""}, {}, date(2026, 11, 23)
        )


@pytest.fixture
def empty_sqlite(tmp_path: Path) -> Iterator[Engine]:
    """An engine on a SQLite file without any table."""
    with opened(f"sqlite:///{tmp_path / 'empty.sqlite'}") as engine:
        yield engine


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param([1, 2], id="agrees"),
        pytest.param([1], id="a ticket is missing"),
        pytest.param([1, 3], id="a number is left out"),
        pytest.param([1, 2, 3], id="a ticket too many"),
    ],
)
def test_verification_wants_tickets_and_replies_to_agree(empty_sqlite: Engine, stored: list[int]) -> None:
    engine = empty_sqlite
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE bench_tickets (hospital, clinic, number, ticket_code)"))
        for number in stored:
            connection.execute(
                text("INSERT INTO bench_tickets VALUES ('RSUJI', 'K001', :number, :code)"),
                {"number": number, "code": f"C{number}"},
            )
    replies = _result(("RSUJI", "K001", 1, "C1"), ("RSUJI", "K001", stored[-1], f"C{stored[-1]}"))

    if stored == [1, 2]:
        verify_registrations(engine, [replies], ours=False)
    else:
        with pytest.raises(VerificationFailed):
            verify_registrations(engine, [replies], ours=False)


def test_verification_wants_every_request_answered() -> None:
    with pytest.raises(VerificationFailed, match="1 left without a reply"):
        verify_answered([_result(("RSUJI", "K001", 1, "C1"), unanswered=1)])
