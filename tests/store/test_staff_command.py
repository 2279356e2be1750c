"""`antrean-admin staff` against a real database, without a broker to change."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, select

from admin_cli.catalog_file import Catalog
from admin_cli.database.catalog_changes import apply_catalog
from admin_cli.database.staff_changes import duties_without_clinic
from admin_cli.program import run
from common.storage.engine import snapshot, transaction
from common.storage.tables import catalog_version, staff
from tests.store.catalogs import NOW, catalog, clinic, hospital


class StaffCommand:
    """Runs `antrean-admin staff` on the database of a test."""

    def __init__(self, engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
        self._engine = engine
        self._capsys = capsys

    def __call__(self, *words: str, language: str = "en") -> tuple[int, str, str]:
        exit_code = run(["staff", *words, "--lang", language])
        out, err = self._capsys.readouterr()
        assert "Traceback" not in err
        return exit_code, out, err

    def json(self, *words: str) -> Any:
        exit_code, out, err = self(*words, "--json")
        assert exit_code == 0, err
        return json.loads(out)

    def problem(self, *words: str, exit_code: int = 1) -> str:
        """What a command is refused with; nothing was changed."""
        before = self.stored()
        code, out, err = self(*words)
        assert (code, out) == (exit_code, "")
        assert self.stored() == before
        return err

    def stored(self) -> tuple[int, list[tuple[Any, ...]]]:
        """The catalog's version, and all rows."""
        with snapshot(self._engine) as connection:
            version: int = connection.execute(select(catalog_version.c.version)).scalar_one()
            rows = connection.execute(select(staff).order_by(staff.c.username, staff.c.hospital)).all()
            return version, [tuple(row) for row in rows]


@pytest.fixture
def admin(
    engine: Engine,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> StaffCommand:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTREAN_STACK_DIR", str(tmp_path / "no-stack"))
    monkeypatch.setenv("ANTREAN_DATABASE_URL", database_url)
    apply_catalog(engine, two_hospitals(), NOW)
    with transaction(engine) as connection:
        connection.execute(delete(staff))
    return StaffCommand(engine, capsys)


def two_hospitals(**changed: Any) -> Catalog:
    return catalog(hospital("RSHS", clinic("GIG", **changed), clinic("INT")), hospital("RSUD", clinic("MAT")))


def test_every_change_takes_a_version_of_the_catalog_and_none_without_change(admin: StaffCommand) -> None:
    version, _ = admin.stored()
    add = ("add", "siti", "--hospital", "rshs", "--clinic", "int", "--clinic", "gig", "--role", "caller")
    assert admin.json(*add)["clinics"] == ["GIG", "INT"]
    assert admin.stored() == (version + 1, [("siti", "RSHS", ["GIG", "INT"], "caller", True, version + 1)])
    admin.json(*add)
    assert admin.stored()[0] == version + 1, "the same once more changes nothing"
    assert admin.json("change", "siti", "--role", "manager")["role"] == "manager"
    admin.json("change", "siti", "--role", "manager")
    assert admin.json("change", "siti", "--clinic", "GIG")["clinics"] == ["GIG"]
    assert admin.json("change", "siti", "--all-clinics")["clinics"] is None
    assert admin.stored() == (version + 4, [("siti", "RSHS", None, "manager", True, version + 4)])
    admin.json("disable", "siti")
    admin.json("disable", "siti")
    assert admin.stored() == (version + 5, [("siti", "RSHS", None, "manager", False, version + 5)])
    assert "add lets in again" in admin.problem("change", "siti", "--role", "caller")
    assert "add lets in again" in admin.problem("change", "siti", "--new-password")


def test_the_staff_stay_where_the_catalog_changes(admin: StaffCommand, engine: Engine) -> None:
    admin.json("add", "siti", "--hospital", "RSHS", "--clinic", "GIG", "--role", "caller")
    admin.json("add", "budi", "--hospital", "RSUD", "--role", "reception")
    admin.json("add", "dewi", "--hospital", "*", "--role", "manager")
    _, before = admin.stored()
    apply_catalog(engine, two_hospitals(rooms=5), NOW)
    assert admin.stored()[1] == before
    assert duties_without_clinic(engine) == []
    apply_catalog(engine, catalog(hospital("RSHS", clinic("INT"))), NOW)
    assert admin.stored()[1] == before
    assert duties_without_clinic(engine) == [("budi", "RSUD"), ("siti", "RSHS/GIG")]


def test_a_role_is_said_in_words_beside_its_code(admin: StaffCommand) -> None:
    add = ("add", "siti", "--hospital", "RSHS", "--role", "reception")
    assert "reception (pendaftaran)" in admin(*add, language="id")[1]
    assert "reception (pendaftaran)" in admin("list", language="id")[1]
    assert "as reception." in admin(*add)[1]


@pytest.mark.parametrize(
    ("words", "exit_code", "said"),
    [
        (("add", "Siti", "--hospital", "RSHS", "--role", "caller"), 2, "Write a name such as siti"),
        (("add", "s", "--hospital", "RSHS", "--role", "caller"), 2, "Write a name such as siti"),
        (("add", "ticker", "--hospital", "RSHS", "--role", "caller"), 2, "choose another"),
        (("add", "siti", "--hospital", "RSXX", "--role", "caller"), 1, "The catalog has no hospital RSXX."),
        (
            ("add", "siti", "--hospital", "RSHS", "--clinic", "MAT", "--role", "caller"),
            1,
            "RSHS has no such clinic in the catalog: MAT.",
        ),
        (("add", "siti", "--hospital", "*", "--clinic", "GIG", "--role", "manager"), 2, "needs one hospital"),
        (("change", "siti", "--role", "caller"), 1, "No member of the staff is called siti"),
        (("disable", "siti"), 1, "No member of the staff is called siti"),
        (("change", "siti"), 2, "Say what to change"),
        (("change", "siti", "--clinic", "GIG", "--all-clinics"), 2, "either --clinic or --all-clinics"),
    ],
)
def test_what_cannot_be_is_refused(
    admin: StaffCommand, words: tuple[str, ...], exit_code: int, said: str
) -> None:
    assert said in admin.problem(*words, exit_code=exit_code)


def test_who_serves_in_several_hospitals_is_changed_in_one(admin: StaffCommand) -> None:
    admin.json("add", "siti", "--hospital", "RSHS", "--role", "caller")
    admin.json("add", "siti", "--hospital", "RSUD", "--role", "reception")
    assert "say which with --hospital" in admin.problem("change", "siti", "--role", "manager")
    assert "siti does not serve in RSXX" in admin.problem("disable", "siti", "--hospital", "RSXX")
    assert "give change instead of add" in admin.problem(
        "add", "siti", "--hospital", "RSUD", "--role", "caller"
    )
    admin.json("change", "siti", "--hospital", "RSUD", "--role", "manager")
    ended = admin.json("disable", "siti", "--hospital", "RSHS")
    assert [(row["hospital"], row["role"]) for row in ended["serves"]] == [("RSUD", "manager")]
    assert admin.json("change", "siti", "--role", "caller")["hospital"] == "RSUD", "the only one that is left"


def test_the_list_shows_who_may_do_what(admin: StaffCommand) -> None:
    assert "Nobody of the staff is known" in admin("list")[1]
    admin.json("add", "siti", "--hospital", "RSHS", "--clinic", "GIG", "--role", "caller")
    admin.json("add", "budi", "--hospital", "RSUD", "--role", "reception")
    admin.json("add", "dewi", "--hospital", "*", "--role", "manager")
    admin.json("disable", "budi")
    shown = [line.split() for line in admin("list")[1].splitlines()]
    assert ["siti", "RSHS", "GIG", "caller", "active"] in shown
    assert ["budi", "RSUD", "all", "clinics", "reception", "disabled"] in shown
    assert ["dewi", "every", "hospital", "–", "manager", "active"] in shown
    assert [row["username"] for row in admin.json("list", "--hospital", "rshs")] == ["dewi", "siti"]
    assert "semua poli" in admin("list", language="id")[1]


def test_the_password_is_shown_once_and_kept_nowhere(admin: StaffCommand, database_url: str) -> None:
    _, said, _ = admin("add", "siti", "--hospital", "RSHS", "--role", "caller", language="id")
    [password] = [word for word in said.split() if word.count("-") == 3]
    assert "rabbitmqctl add_user siti" in said
    assert password not in str(admin.stored())
    assert password not in admin("list")[1]
    passwords = {admin.json("change", "siti", "--new-password")["password"] for _ in range(5)}
    assert len(passwords | {password}) == 6
