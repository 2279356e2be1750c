"""What `antrean-stack up` says is open, and when the clock of a trial starts."""

from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from admin_cli.catalog_file import Catalog
from admin_cli.database.catalog_changes import apply_catalog
from common.domain.catalog import Clinic
from common.settings import Settings
from local_stack.openings import (
    Openings,
    commands_to_try,
    of_stack,
    openings,
    sample_hours,
    say_what_is_open,
    trial_start,
)
from local_stack.stack import SAMPLE_CATALOG
from tests.database import opened

NIGHT = datetime(2026, 11, 29, 20, 0, tzinfo=UTC)
"""Monday, 03:00 in Bandung."""


@pytest.fixture(scope="module")
def clinics(sample_catalog: Catalog, tmp_path_factory: pytest.TempPathFactory, _migrated_sqlite: Path) -> str:
    """The address of a database with the sample catalog."""
    path = tmp_path_factory.mktemp("openings") / "antrean.db"
    path.write_bytes(_migrated_sqlite.read_bytes())
    with opened(f"sqlite:///{path}") as engine:
        apply_catalog(engine, sample_catalog, NIGHT)
    return f"sqlite:///{path}"


@pytest.mark.parametrize(
    ("at", "now", "start"),
    [
        ("09:00", "2026-11-30T03:00:00+07:00", "2026-11-30T09:00:00+07:00"),
        ("09:00", "2026-11-30T22:00:00+07:00", "2026-11-30T09:00:00+07:00"),
        ("09:00", "2026-11-29T10:00:00+07:00", "2026-11-30T09:00:00+07:00"),  # nothing is open on Sunday
        ("09:00", "2026-11-29T18:00:00+00:00", "2026-11-30T09:00:00+07:00"),  # Monday in Bandung already
        ("03:00", "2026-11-30T10:00:00+07:00", "2026-11-30T03:00:00+07:00"),  # never open then
    ],
)
def test_a_trial_starts_at_that_time_of_the_hospitals(at: str, now: str, start: str) -> None:
    found = trial_start(sample_hours(SAMPLE_CATALOG), time.fromisoformat(at), datetime.fromisoformat(now))
    assert found == datetime.fromisoformat(start)


def test_what_is_open_is_named_by_hospital(clinics: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = openings(clinics, datetime.fromisoformat("2026-11-30T09:00:00+07:00"))
    say_what_is_open(found, "")
    said = capsys.readouterr().out
    assert "Monday, 30 November 2026 at 09:00 WIB. Open now:" in said
    assert "  RSHS   ANA BED GIG INT " in said
    assert "CLOCK" not in said
    assert found.example == ("RSHS", "GIG")


def test_at_night_it_says_what_opens_next_and_how_to_try(
    clinics: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = openings(clinics, NIGHT)
    say_what_is_open(found, "")
    said = capsys.readouterr().out
    assert "Semua poli tutup. Buka berikutnya, Senin, 30 November 2026 pukul 08.00 WIT:" in said
    assert "make up CLOCK=09:00" in said
    assert found.example == ("RSHS", "GIG")


def test_the_example_is_a_clinic_that_is_open(clinics: str) -> None:
    eastern_morning = datetime.fromisoformat("2026-11-30T08:30:00+09:00")  # 06:30 in Bandung
    found = openings(clinics, eastern_morning)
    hospital, clinic = found.example
    assert found.open_now
    assert (hospital, clinic) in [each.key for each in found.open_now]


def test_a_registration_is_proposed_for_an_open_clinic_only(clinics: str) -> None:
    morning = openings(clinics, datetime.fromisoformat("2026-11-30T09:00:00+07:00"))
    proposed = commands_to_try(morning, "antrean", "antrean-desk")
    assert any(each.startswith("antrean register RSHS GIG ") for each in proposed)
    assert "antrean watch KODE" in proposed
    assert commands_to_try(openings(clinics, NIGHT), "antrean", "antrean-desk") == [
        "antrean hospitals",
        "antrean-desk queue RSHS GIG",
        "antrean-desk console RSHS GIG",
    ]


def test_no_clinic_at_all_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    nobody: list[Clinic] = []
    say_what_is_open(Openings(nobody, NIGHT), "")
    assert "No clinic is open." in capsys.readouterr().out


def test_the_commands_for_a_stack_elsewhere_say_where_it_is(
    clinics: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert of_stack(Settings().stack_dir) == ""
    elsewhere = of_stack(tmp_path / "another stack")
    assert elsewhere == f"ANTREAN_STACK_DIR='{tmp_path}/another stack' "
    say_what_is_open(openings(clinics, NIGHT), elsewhere)
    assert f"{elsewhere}make up CLOCK=09:00" in capsys.readouterr().out
