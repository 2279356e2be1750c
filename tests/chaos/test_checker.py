"""The checker finds nothing in a consistent run, and objects to each thing that can be wrong with one."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from admin_cli.database.schema import migrate
from tests.chaos import checker
from tests.chaos.checked_run import CheckedRun
from tests.chaos.checker import Invariant, Report, check
from tests.chaos.checker.report import MAY_BE_ABSENT
from tests.chaos.consistent_run import consistent_run
from tests.chaos.violations import PLANTS, Plant
from tests.database import opened, sqlite_file


@pytest.fixture(scope="module")
def unconstrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of the real schema, but without the constraints that keep many violations out."""
    path = tmp_path_factory.mktemp("checker") / "antrean.sqlite"
    with opened(f"sqlite:///{path}") as engine:
        migrate(engine)
    with sqlite_file(path) as connection:
        for table in ("tickets", "journal", "clinic_days", "refusals"):
            connection.execute(f"CREATE TABLE bare AS SELECT * FROM {table}")
            connection.execute(f"DROP TABLE {table}")
            connection.execute(f"ALTER TABLE bare RENAME TO {table}")
    return path


def _checked(run: CheckedRun, directory: Path, database_url: str) -> Report:
    with opened(database_url) as engine, engine.begin() as connection:
        run.fill(connection)
    run.write(directory, database_url)
    return check(directory)


def test_a_consistent_run_is_not_objected_to(tmp_path: Path, database_url: str) -> None:
    report = _checked(consistent_run(), tmp_path, database_url)
    assert report.violations == []
    assert not report.remarks
    unchecked = [invariant for invariant in Invariant if not report.checked[invariant]]
    assert unchecked == [], "the run of these tests has something of everything"


@pytest.mark.parametrize(
    ("plant", "invariant", "sentence"), [pytest.param(*each, id=each[0].__name__) for each in PLANTS]
)
def test_a_violation_is_objected_to(
    plant: Plant, invariant: Invariant, sentence: str, tmp_path: Path, unconstrained: Path
) -> None:
    run = consistent_run()
    plant(run)
    database = shutil.copyfile(unconstrained, tmp_path / "antrean.sqlite")
    report = _checked(run, tmp_path, f"sqlite:///{database}")
    found = [each.sentence for each in report.violations if each.invariant is invariant]
    assert any(sentence in each for each in found), report.violations


def test_every_invariant_has_a_violation_that_is_objected_to() -> None:
    assert {invariant for _, invariant, _ in PLANTS} == set(Invariant)


def test_the_document_says_how_many_there_are() -> None:
    told = (Path(__file__).parents[2] / "docs" / "reliability.md").read_text()
    assert f"plant {len(PLANTS)} violations" in told


def test_a_run_without_anything_in_it_is_objected_to(tmp_path: Path, unconstrained: Path) -> None:
    database = shutil.copyfile(unconstrained, tmp_path / "antrean.sqlite")
    report = _checked(CheckedRun(), tmp_path, f"sqlite:///{database}")
    objected = {each.invariant for each in report.violations if "nothing was checked" in each.sentence}
    assert objected == set(Invariant) - MAY_BE_ABSENT


@pytest.mark.parametrize("name", ["run.json", "plan.json", "events.jsonl", "dead.jsonl", "antrean.sqlite"])
def test_a_missing_file_is_objected_to(name: str, tmp_path: Path, unconstrained: Path) -> None:
    database = shutil.copyfile(unconstrained, tmp_path / "antrean.sqlite")
    _checked(consistent_run(), tmp_path, f"sqlite:///{database}")
    (tmp_path / name).unlink()
    assert [each for each in check(tmp_path).violations if each.invariant is Invariant.EVIDENCE]


def test_only_a_history_may_end_in_half_a_line(tmp_path: Path, unconstrained: Path) -> None:
    database = shutil.copyfile(unconstrained, tmp_path / "antrean.sqlite")
    _checked(consistent_run(), tmp_path, f"sqlite:///{database}")
    for name, objected in (("history-patients", False), ("events", True)):
        with (tmp_path / f"{name}.jsonl").open("a") as file:
            file.write('{"at": 17')
        assert bool(check(tmp_path).violations) == objected


def test_what_the_stream_alone_misses_is_a_remark(tmp_path: Path, unconstrained: Path) -> None:
    run = consistent_run()
    del run.lines["stream"][1]
    database = shutil.copyfile(unconstrained, tmp_path / "antrean.sqlite")
    report = _checked(run, tmp_path, f"sqlite:///{database}")
    assert report.violations == []
    assert report.facts["events missing in the stream alone"] == 1
    assert "the stream misses 1 events" in report.remarks[0]


def test_what_a_jump_of_the_clock_explains_is_no_violation(tmp_path: Path, unconstrained: Path) -> None:
    run = consistent_run()
    held = run.ticket("C01", 1)
    forgotten = run.invoke("late", "cancel", ticket_code=run.shown(held)["ticket_code"])
    run.tell(forgotten, "confirmed")
    unanswered = run.registers("nobody")
    run.tell(unanswered, "confirmed")
    run.run["clock_jumps"].append({"at": run.at, "seconds": 14 * 3600})
    run.jumped += 14 * 3600
    again = run.invoke("late", "cancel", settling=True, ticket_code=run.shown(held)["ticket_code"])
    run.refuses(again, "not_cancellable")
    run.tell(run.registers("first", patient="another"), "refused", code="request_id_reused")
    database = shutil.copyfile(unconstrained, tmp_path / "antrean.sqlite")
    report = _checked(run, tmp_path, f"sqlite:///{database}")
    assert report.violations == []
    assert report.facts["ended as expired without an answer"] == 1
    assert report.facts["settled with an answer that is not kept, a loss could not be detected"] == 1


def test_a_refusal_repeated_word_for_word_may_show_what_was(tmp_path: Path, unconstrained: Path) -> None:
    run = consistent_run()
    shown = run.of("again", "refused")[0]["ticket"]
    run.moves(run.ticket("C01", 2), "called")
    run.asks_for_tickets(run.ticket("C01", 2))
    run.tell(run.registers("again", patient="second"), "refused", code="already_registered", ticket=shown)
    database = shutil.copyfile(unconstrained, tmp_path / "antrean.sqlite")
    assert _checked(run, tmp_path, f"sqlite:///{database}").violations == []


def test_what_was_only_late_is_no_violation_but_shows_nothing(tmp_path: Path, unconstrained: Path) -> None:
    run = consistent_run()
    run.run["drained_at"] = run.run["healed_at"] + 31
    late = {"id": "f001", "kind": "kill:registrar", "phase": "late", "at": 1, "detail": "it died: after 60 s"}
    run.lines["faults"].append(late)
    database = shutil.copyfile(unconstrained, tmp_path / "antrean.sqlite")
    report = _checked(run, tmp_path, f"sqlite:///{database}")
    assert report.violations == []
    assert [each.partition(":")[0] for each in report.late] == ["fault f001 (kill", "the queues drained"]
    command = [sys.executable, "-m", "tests.chaos.checker", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 3
    assert "LATE: the queues drained: after 31.0 s instead of 30 s" in ended.stdout


def test_what_was_late_hides_no_violation(tmp_path: Path, unconstrained: Path) -> None:
    run = consistent_run()
    run.run["drained_at"] = run.run["healed_at"] + 31
    run.ticket("C01", 3)["number"] = 9
    database = shutil.copyfile(unconstrained, tmp_path / "antrean.sqlite")
    _checked(run, tmp_path, f"sqlite:///{database}")
    command = [sys.executable, "-m", "tests.chaos.checker", str(tmp_path)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


def test_the_program_prints_what_it_checked_and_ends_with_1(tmp_path: Path, unconstrained: Path) -> None:
    database = shutil.copyfile(unconstrained, tmp_path / "antrean.sqlite")
    run = consistent_run()
    run.run["drained_at"] = None
    _checked(run, tmp_path, f"sqlite:///{database}")
    command = [sys.executable, "-m", "tests.chaos.checker"]
    ended = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (1, "")
    assert "25  numbers of each clinic-day are exactly 1..N (tickets): ok" in ended.stdout
    assert "VIOLATED 1 times" in ended.stdout
    assert ended.stdout.endswith("1 violations\n")
    assert subprocess.run(command, capture_output=True, check=False).returncode == 2


def test_the_checker_imports_nothing_of_ours() -> None:
    imported = set()
    for path in Path(checker.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(node.module or "")
    outside = {name for name in imported if name.partition(".")[0] not in sys.stdlib_module_names}
    assert {name for name in outside if not name.startswith("tests.chaos.checker")} == {"psycopg"}
