"""`antrean-admin patients`: files in, counts out, and nothing of a patient in any output."""

import io
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from admin_cli.doctor.findings import Status
from admin_cli.doctor.registry_checks import registry_findings
from admin_cli.program import run
from common.domain.partial_dates import PartialDate
from common.registry_key import RegistryKey
from common.settings import Settings
from common.storage.engine import snapshot
from common.storage.registries import find_registered
from tests.builders import hospital_table
from tests.store.workers import workers_of

KEY = "k" * 64
SECRET = "00998877"
"""A record number that no output may show."""


class _Input(io.TextIOWrapper):
    """Standard input, from a terminal or not."""

    def __init__(self, piped: io.BytesIO, is_terminal: bool) -> None:
        super().__init__(piped)
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


class Admin:
    """Runs `antrean-admin` on the database of a test."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        self.is_at_a_terminal = False

    def __call__(self, *words: str | Path, piped: bytes = b"") -> tuple[int, str, str]:
        """Exit code, output and errors."""
        self._monkeypatch.setattr(sys, "stdin", _Input(io.BytesIO(piped), self.is_at_a_terminal))
        exit_code = run([str(word) for word in words])
        out, err = self._capsys.readouterr()
        assert SECRET not in out + err
        assert "Traceback" not in err
        return exit_code, out, err

    def json(self, *words: str | Path, piped: bytes = b"") -> Any:
        """The result of a command that succeeds."""
        exit_code, out, err = self(*words, "--json", piped=piped)
        assert exit_code == 0, err
        return json.loads(out)

    def sentence(self, *words: str | Path, piped: bytes = b"", exit_code: int = 1) -> str:
        """What a command that fails says, in English."""
        ended, _out, err = self(*words, "--lang", "en", piped=piped)
        assert ended == exit_code, err
        return err


@pytest.fixture
def admin(
    engine: Engine,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Admin:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTREAN_STACK_DIR", str(tmp_path / "no-stack"))
    monkeypatch.setenv("ANTREAN_DATABASE_URL", database_url)
    monkeypatch.setenv("ANTREAN_REGISTRY_KEY", KEY)
    workers_of(engine, hospital_table("RSHS", identity="registry"), hospital_table("RSUD"))
    return Admin(capsys, monkeypatch)


def of(*numbers: str) -> bytes:
    """A file of these patients."""
    return b"".join(f"{number},1990-01-31\n".encode() for number in numbers)


def known(engine: Engine, *numbers: str) -> list[bool | None]:
    entries = [("RSHS", number, PartialDate(1990, 1, 31)) for number in numbers]
    with snapshot(engine) as connection:
        answers = find_registered(connection, RegistryKey(KEY), entries)()
    return [answers.knows(entry) for entry in entries]


def test_patients_are_imported_counted_and_removed(admin: Admin, engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "patients.csv"
    file.write_bytes(of("1", "2", "2", SECRET))
    assert admin.json("patients", "import", "rshs", file) == {
        "hospital": "RSHS",
        "replaced": True,
        "added": 3,
        "dates_replaced": 0,
        "patients": 3,
        "lines_with_another_date": [],
        "partial_dates": 0,
        "unreadable_lines": [],
        "unreadable_columns": {"number": [], "date_of_birth": [], "division": []},
    }
    assert known(engine, "1", "2", "3", SECRET) == [True, True, False, True]
    [counted] = admin.json("patients", "count")
    assert (counted["hospital"], counted["patients"], counted["key_fits"]) == ("RSHS", 3, True)

    told = admin("patients", "import", "RSHS", "-", "--lang", "en", piped=of("3", "1"))[1]
    assert told == (
        "Patients added to the registry of RSHS: 1; dates of birth replaced: 0; it knows 4 now.\n"
    )
    assert admin.json("patients", "remove", "RSHS", file)["patients"] == 1
    assert known(engine, "1", "2", "3") == [False, False, True]

    replaced = admin.json("patients", "import", "RSHS", "-", "--replace", piped=of("4", "5"))
    assert (replaced["replaced"], replaced["patients"]) == (True, 2)
    assert known(engine, "3", "4", "5") == [False, True, True]

    told = admin.sentence("patients", "remove", "RSHS", "--all", exit_code=2)
    assert "add --yes" in told
    assert admin.json("patients", "remove", "RSHS", "--all", "--yes")["removed"] == 2
    assert admin.json("patients", "count") == []
    assert known(engine, "4") == [None]


def test_many_patients_are_imported(admin: Admin, engine: Engine) -> None:
    """More than one transaction takes."""
    content = b"medical_record_number;date_of_birth\r\n" + b"".join(
        f"{number:06d};31-01-1990\r\n".encode() for number in range(4_500)
    )
    assert admin.json("patients", "import", "RSHS", "-", piped=content)["patients"] == 4_500
    assert known(engine, "000000", "004499", "004500") == [True, True, False]


def test_lines_that_cannot_be_read_are_named_and_the_others_added(admin: Admin, engine: Engine) -> None:
    admin.json("patients", "import", "RSHS", "-", piped=of("1"))
    wrong = of("2") + f"{SECRET},31/01/90\nSiti {SECRET}\n".encode() + of("3")
    told = admin.sentence("patients", "import", "RSHS", "-", piped=wrong)
    assert told == "Lines that cannot be read were left out (date of birth: 2, 3).\n"
    assert known(engine, "1", "2", "3") == [True, True, True]
    exit_code, _, err = admin("patients", "import", "RSHS", "-", "--skip-unreadable", piped=wrong)
    assert exit_code == 0
    assert "2, 3" in err
    assert admin.json("patients", "remove", "RSHS", "-", "--skip-unreadable", piped=wrong)["removed"] == 2


@pytest.mark.parametrize(
    "content", [b"", b"no_rm,tanggal_lahir\n", of("2") + b"rubbish\n", b"rubbish\n" * 99]
)
def test_no_replacement_comes_into_force_by_half(admin: Admin, engine: Engine, content: bytes) -> None:
    admin.json("patients", "import", "RSHS", "-", piped=of("1"))
    told = admin.sentence("patients", "import", "RSHS", "-", "--replace", piped=content)
    assert told.startswith("Nothing came into force: ")
    assert known(engine, "1", "2") == [True, False]


def test_a_first_import_with_lines_that_cannot_be_read_leaves_nothing(admin: Admin, engine: Engine) -> None:
    told = admin.sentence("patients", "import", "RSHS", "-", piped=of("1") + b"2,rubbish\n")
    assert told.startswith("Nothing came into force: lines that cannot be read (date of birth: 2).")
    assert known(engine, "1") == [None]
    assert "has not ended" in admin("patients", "count", "--lang", "en")[1]
    [counted] = admin.json("patients", "count")
    assert (counted["import_ended"], counted["patients"]) == (False, 0)
    admin.json("patients", "import", "RSHS", "-", piped=of("2"))
    assert known(engine, "1", "2") == [False, True]
    assert admin.json("patients", "count", "RSHS", "RSUD")[1]["import_ended"] is None


def test_a_file_in_utf_16_leaves_nothing(admin: Admin, engine: Engine) -> None:
    told = admin.sentence("patients", "import", "RSHS", "-", piped=of("1").decode().encode("utf-16"))
    assert "save it as CSV UTF-8" in told
    assert known(engine, "1") == [None]


def test_a_corrected_date_of_birth_replaces_the_wrong_one(admin: Admin, engine: Engine) -> None:
    admin.json("patients", "import", "RSHS", "-", piped=b"1,01/01/1980\n")
    exit_code, out, err = admin(
        "patients", "import", "RSHS", "-", "--lang", "en", piped=b"1,05/06/1980\n1,31/01/1990\n2,31/01/1990\n"
    )
    assert (exit_code, out) == (
        0,
        "Patients added to the registry of RSHS: 1; dates of birth replaced: 1; it knows 2 now.\n",
    )
    assert " number: 2. The last one counts." in " ".join(err.split())
    entries = [
        ("RSHS", "1", PartialDate(1980, 1, 1)),
        ("RSHS", "1", PartialDate(1980, 6, 5)),
        ("RSHS", "1", PartialDate(1990, 1, 31)),
    ]
    with snapshot(engine) as connection:
        answers = find_registered(connection, RegistryKey(KEY), entries)()
    assert [answers.knows(each) for each in entries] == [False, False, True]


def test_the_number_alone_takes_a_patient_out(admin: Admin, engine: Engine) -> None:
    admin.json("patients", "import", "RSHS", "-", piped=of("1", "2", "3"))
    assert admin.json("patients", "remove", "RSHS", "-", piped=b"1\n2,05/06/1980\n")["removed"] == 2
    assert known(engine, "1", "2", "3") == [False, False, True]


def test_an_operator_is_asked_before_everybody_is_removed(
    admin: Admin, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return "y" if len(asked) > 1 else ""

    admin.json("patients", "import", "RSHS", "-", piped=of("1", "2"))
    admin.is_at_a_terminal = True
    monkeypatch.setattr("builtins.input", answer)
    assert admin.sentence("patients", "remove", "RSHS", "--all") == "Nothing was removed.\n"
    assert known(engine, "1") == [True]
    assert "of RSHS: 2; it knows 0 now." in admin("patients", "remove", "RSHS", "--all", "--lang", "en")[1]
    assert known(engine, "1") == [None]
    assert asked == ["Remove the whole registry of RSHS, 2 patients? [y/n]: "] * 2


def test_a_catalog_that_asks_for_a_registry_that_is_not_there_is_warned_of(
    admin: Admin, tmp_path: Path
) -> None:
    clinic = """
[[hospitals.clinics]]
code = "GIG"
name = "Poli Gigi"
rooms = 2
daily_quota = 60
mean_service_minutes = 10
hours = { mon = ["08:00-12:00"] }
"""
    hospitals = "".join(
        f'''
[[hospitals]]
code = "{code}"
name = "RS"
city = "Bandung"
time_zone = "Asia/Jakarta"
identity = "registry"
{clinic}'''
        for code in ("RSHS", "RSUD")
    )
    file = tmp_path / "catalog.toml"
    file.write_text(hospitals)
    admin.json("patients", "import", "RSHS", "-", piped=of("1"))
    admin("patients", "import", "RSUD", "-", piped=b"rubbish")
    assert admin.json("catalog", "apply", file, "--dry-run")["without_registry"] == ["RSUD"]
    for lang, words in (("en", "no registry is in force: RSUD."), ("id", "RSUD")):
        exit_code, _, err = admin("catalog", "apply", file, "--lang", lang)
        assert exit_code == 0
        assert words in " ".join(err.split())
    formed = hospitals.replace("identity", "record_number_format = { length = 8, padded = true }\nidentity")
    file.write_text(formed)
    assert admin.json("catalog", "apply", file, "--dry-run")["registry_outdated"] == ["RSHS"]
    for words in ("have the form of before: RSHS. Import them again", ""):
        exit_code, _, err = admin("catalog", "apply", file, "--lang", "en")
        assert exit_code == 0
        assert words in " ".join(err.split())
        assert ("the form of before" in " ".join(err.split())) == bool(words)


@pytest.mark.parametrize(
    ("words", "exit_code", "told"),
    [
        (("import", "RSXX", "-"), 1, "The catalog has no hospital RSXX"),
        (("count", "RSXX"), 1, "The catalog has no hospital RSXX"),
        (("import", "RSHS", "nowhere.csv"), 1, "nowhere.csv cannot be read: No such file or directory."),
        (("import", "RSHS", "."), 1, ". cannot be read: Is a directory."),
        (("remove", "RSHS"), 2, "Name a file of patients, or --all."),
        (("remove", "RSHS", "-", "--all"), 2, "Name a file of patients, or --all."),
        (("remove", "RSHS", "-"), 1, "RSHS has no registry."),
    ],
)
def test_what_cannot_be_done_is_told(admin: Admin, words: tuple[str, ...], exit_code: int, told: str) -> None:
    assert told in admin.sentence("patients", *words, piped=of("1"), exit_code=exit_code)


def test_without_the_key_nothing_is_imported(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTREAN_REGISTRY_KEY")
    told = admin.sentence("patients", "import", "RSHS", "-", piped=of("1"), exit_code=2)
    assert "openssl rand -hex 32" in told
    assert admin.json("patients", "count") == []


def test_another_key_is_told(admin: Admin, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    admin.json("patients", "import", "RSHS", "-", piped=of("1"))
    monkeypatch.setenv("ANTREAN_REGISTRY_KEY", "o" * 64)
    for words in (("import", "RSHS", "-"), ("remove", "RSHS", "-")):
        told = admin.sentence("patients", *words, piped=of("2"))
        assert told.startswith("The registry of RSHS was made with another key")
    assert admin.json("patients", "count")[0]["key_fits"] is False
    assert "; made with another key" in admin("patients", "count", "--lang", "en")[1]
    assert known(engine, "1", "2") == [True, False]


@pytest.mark.parametrize(
    ("settings", "is_imported", "check"),
    [
        ({}, True, "database.registries.no_key"),
        ({"ANTREAN_REGISTRY_KEY": "o" * 64}, True, "database.registries.other_key"),
        ({"ANTREAN_REGISTRY_KEY": KEY}, False, "database.registries.not_imported"),
        ({"ANTREAN_REGISTRY_KEY": "short"}, True, "database.registries"),
        ({"ANTREAN_REGISTRY_KEY": KEY}, True, None),
    ],
)
def test_the_doctor_says_why_a_registry_cannot_be_asked(
    admin: Admin, engine: Engine, settings: Mapping[str, str], is_imported: bool, check: str | None
) -> None:
    if is_imported:
        admin.json("patients", "import", "RSHS", "-", piped=of("1"))
    [finding] = registry_findings(Settings.read(settings), engine)
    assert (finding.check, finding.status) == (
        (check, Status.FAILED) if check else ("database.registries", Status.OK)
    )
    if check and finding.values.get("hospitals"):
        assert finding.values["hospitals"] == "RSHS"


def test_the_doctor_has_nothing_to_say_where_everybody_may_register(engine: Engine) -> None:
    workers_of(engine)
    assert list(registry_findings(Settings(), engine)) == []
