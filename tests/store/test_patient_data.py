"""`antrean-admin export-patient` and `erase-patient` on real databases."""

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from admin_cli.database.registry_changes import add_patients, begin_filling, end_filling
from admin_cli.operating_user import operating_user
from admin_cli.program import run
from common.clock import ScaledClock
from common.domain.partial_dates import PartialDate
from common.registry_key import RegistryKey
from common.storage.engine import snapshot, transaction
from common.storage.tables import access_log, mismatches
from tests.builders import MONDAY, in_bandung, patient
from tests.store.desks import at_the_counter, calls, desk_of, does, is_whole
from tests.store.ended import Ended
from tests.store.workers import Workers, ticket_rows

SECRET = "k" * 32
REFUSED, USAGE = 1, 2
THURSDAY = MONDAY + timedelta(days=3)
ONE = patient(1)
NUMBER = ONE["medical_record_number"]


Command = Callable[..., Ended]


@pytest.fixture
def command(
    workers: Workers,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Command:
    """Runs a command at the time of the workers' clock; what is given as `typed` comes by a pipe."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTREAN_STACK_DIR", str(tmp_path / "no-stack"))
    monkeypatch.setenv("ANTREAN_DATABASE_URL", database_url)
    monkeypatch.setattr(ScaledClock, "now", lambda _: workers.clock.now())
    for name in ("STARTS_AT", "STARTED_AT"):
        monkeypatch.setenv(f"ANTREAN_CLOCK_{name}", in_bandung("09:00").isoformat())

    def run_words(*words: str, typed: str = "", as_json: bool = True) -> Ended:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        exit_code = run([*words, "--lang", "en", *(["--json"] if as_json else [])])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        assert NUMBER not in printed.err
        return Ended(exit_code, printed.out, printed.err)

    return run_words


@pytest.fixture
def workers(engine: Engine) -> Workers:
    """Patient 1 was at GIG on Monday, and her newborn at MAT, to which patient 2 was transferred. It is
    Thursday now, all queues are empty, and somebody has tried patient 1's number."""
    workers = desk_of(engine)
    workers.register_many(2)
    at_the_counter(workers, {**ONE, "date_of_birth": "2026-11-20", "newborn": 1}, "MAT")
    does(workers, "transfer", number=2, to_clinic="MAT")
    does(workers, "complete", number=calls(workers))
    for room in (1, 2):
        does(workers, "complete", "MAT", number=calls(workers, room, "MAT"))
    workers.clock.set("09:00", THURSDAY)
    workers.tick()
    tried = {"hospital": "RSHS", "service_date": THURSDAY, "medical_record_number": NUMBER, "times": 1}
    with transaction(workers.engine) as connection:
        connection.execute(insert(mismatches).values(tried))
    is_whole(workers)
    return workers


def looks(engine: Engine) -> list[tuple[Any, ...]]:
    columns = [access_log.c[name] for name in ("username", "hospital", "clinic", "request", "names")]
    with snapshot(engine) as connection:
        return [tuple(row) for row in connection.execute(select(*columns).where(access_log.c.clinic == "*"))]


def names_left(engine: Engine) -> list[str]:
    return sorted(row["patient_name"] for row in ticket_rows(engine) if row["patient_name"])


def test_an_export_has_all_that_is_kept_and_is_recorded(workers: Workers, command: Command) -> None:
    found = command("export-patient", "rshs", NUMBER).said
    assert (found["hospital"], found["medical_record_number"], found["registry"]) == ("RSHS", NUMBER, False)
    adult, newborn = found["tickets"]
    assert adult["patient_name"] == ONE["name"]
    assert adult["date_of_birth"] == ONE["date_of_birth"]
    assert [each["event"] for each in adult["events"]] == [
        "ticket.registered",
        "ticket.called",
        "ticket.served",
    ]
    assert newborn["birth_order"] == 1
    assert [each["times"] for each in found["mismatches"]] == [1]
    assert looks(workers.engine) == [(operating_user(), "RSHS", "*", "admin_export", 2)]


@pytest.mark.parametrize("given", [(), ("-",)])
def test_a_number_can_be_given_on_standard_input(command: Command, given: tuple[str, ...]) -> None:
    assert len(command("export-patient", "RSHS", *given, typed=f"{NUMBER}\n").said["tickets"]) == 2


def test_whom_nobody_knows_has_an_empty_export(command: Command) -> None:
    assert command("export-patient", "RSHS", "99999999").said["tickets"] == []


@pytest.mark.parametrize("name", ["export-patient", "erase-patient"])
def test_what_is_no_number_or_no_hospital_is_said(command: Command, name: str) -> None:
    assert command(name, "RSHS", "?", as_json=False).exit_code == USAGE
    assert command(name, "RSHS", typed="", as_json=False).exit_code == USAGE
    ended = command(name, "RSXX", NUMBER, as_json=False)
    assert (ended.exit_code, ended.err.strip()) == (REFUSED, "The catalog has no hospital RSXX.")


def test_an_erasure_leaves_the_tickets_of_others_and_all_numbers(workers: Workers, command: Command) -> None:
    before = ticket_rows(workers.engine)
    planned = command("erase-patient", "RSHS", NUMBER, "--dry-run").said
    assert planned == {
        "hospital": "RSHS",
        "tickets": 2,
        "left_open": [],
        "mismatches": 1,
        "registry": None,
        "dry_run": True,
    }
    assert ticket_rows(workers.engine) == before
    assert looks(workers.engine) == []
    assert command("erase-patient", "RSHS", NUMBER, "--yes").said == {**planned, "dry_run": False}
    is_whole(workers)
    assert names_left(workers.engine) == [patient(2)["name"]] * 2
    after = ticket_rows(workers.engine)
    assert [(row["clinic"], row["number"], row["status"]) for row in after] == [
        (row["clinic"], row["number"], row["status"]) for row in before
    ]
    with snapshot(workers.engine) as connection:
        assert connection.execute(select(mismatches)).all() == []
    assert looks(workers.engine) == [(operating_user(), "RSHS", "*", "admin_erase", 2)]
    again = command("erase-patient", "RSHS", NUMBER, "--yes").said
    assert (again["tickets"], again["mismatches"]) == (0, 0)
    assert command("export-patient", "RSHS", NUMBER).said["tickets"] == []


def test_who_was_transferred_is_erased_whole(workers: Workers, command: Command) -> None:
    command("erase-patient", "RSHS", patient(2)["medical_record_number"], "--yes")
    is_whole(workers)
    assert {row["ticket_code"] for row in ticket_rows(workers.engine)} > {
        row["transferred_to"] for row in ticket_rows(workers.engine) if row["transferred_to"]
    }


def test_an_open_ticket_is_refused_or_left(workers: Workers, command: Command) -> None:
    workers.register(1)
    ended = command("erase-patient", "RSHS", NUMBER, "--yes", as_json=False)
    assert ended.exit_code == REFUSED
    assert "RSHS GIG-001 2026-11-26" in " ".join(ended.err.split())
    assert len(names_left(workers.engine)) == 5
    left = command("erase-patient", "RSHS", NUMBER, "--yes", "--leave-open").said
    assert (left["tickets"], left["left_open"]) == (2, ["RSHS GIG-001 2026-11-26"])
    does(workers, "complete", number=calls(workers))
    # The desk can still take that back, today and tomorrow.
    for days, tickets in ((0, 0), (1, 0), (2, 1)):
        workers.clock.set("09:00", THURSDAY + timedelta(days=days))
        assert command("erase-patient", "RSHS", NUMBER, "--yes", "--leave-open").said["tickets"] == tickets
    is_whole(workers)


def test_it_is_asked_first(workers: Workers, command: Command) -> None:
    ended = command("erase-patient", "RSHS", NUMBER, as_json=False)
    assert ended.exit_code == USAGE
    assert "--yes" in ended.err
    assert len(names_left(workers.engine)) == 4


def test_the_registry_is_left_unless_it_is_named(
    workers: Workers, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, now = RegistryKey(SECRET), workers.clock.now()
    filling = begin_filling(workers.engine, "RSHS", key, now, replace=False)
    add_patients(workers.engine, filling, [key.kept("RSHS", NUMBER, PartialDate.parse("1990-01-31"))])
    end_filling(workers.engine, filling, now)
    assert command("export-patient", "RSHS", NUMBER).said["registry"] is None
    monkeypatch.setenv("ANTREAN_REGISTRY_KEY", SECRET)
    assert command("erase-patient", "RSHS", NUMBER, "--yes").said["registry"] is None
    assert command("export-patient", "RSHS", NUMBER).said["registry"] is True
    assert command("erase-patient", "RSHS", NUMBER, "--yes", "--registry").said["registry"] == 1
    assert command("export-patient", "RSHS", NUMBER).said["registry"] is False
    assert command("erase-patient", "RSHS", NUMBER, "--yes", "--registry").said["registry"] == 0
