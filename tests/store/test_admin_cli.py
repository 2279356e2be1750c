"""`antrean-admin` against a real database: what an operator reads, and how it ends."""

import json
import stat
from pathlib import Path
from typing import Any, Protocol

import pytest
from sqlalchemy import Engine

from admin_cli.program import run
from common.messaging.topology import roles
from common.storage.engine import transaction
from common.storage.tables import tickets
from tests.broker import RunningBroker
from tests.store.catalogs import add_ticket
from tests.store.ended import Ended

CATALOG = """
[[hospitals]]
code = "RSHS"
name = "RSUP Dr. Hasan Sadikin"
city = "Bandung"
time_zone = "Asia/Jakarta"

[[hospitals.clinics]]
code = "INT"
name = "Poli Penyakit Dalam"
rooms = 2
daily_quota = 60
mean_service_minutes = 10
hours = { mon = ["08:00-12:00"], tue = ["08:00-12:00"], thu = ["13:00-15:00"] }
"""
GIG = """
[[hospitals.clinics]]
code = "GIG"
name = "Poli Gigi"
rooms = 1
daily_quota = 20
mean_service_minutes = 7.5
hours = {}
"""
PASSWORDS = {f"ANTREAN_PASSWORD_{role.upper()}": f"secret of {role.upper()}" for role in roles()}


class Run(Protocol):
    def __call__(self, *words: str | Path) -> Ended: ...


@pytest.fixture
def admin(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs `antrean-admin` in a folder of its own, with nothing set."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTREAN_STACK_DIR", str(tmp_path / "no-stack"))

    def run_words(*words: str | Path) -> Ended:
        exit_code = run([str(word) for word in words])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return Ended(exit_code, printed.out, printed.err)

    return run_words


@pytest.fixture
def on_database(admin: Run, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("ANTREAN_DATABASE_URL", database_url)
    # Monday 10:00 in Jakarta, and hardly moving.
    monkeypatch.setenv("ANTREAN_CLOCK_STARTS_AT", "2026-11-23T10:00:00+07:00")
    monkeypatch.setenv("ANTREAN_CLOCK_STARTED_AT", "2026-11-23T10:00:00+07:00")
    monkeypatch.setenv("ANTREAN_CLOCK_SPEED", "0.000001")
    return admin


def written(path: Path, *parts: str) -> Path:
    path.write_text("".join(parts))
    return path


def test_a_catalog_is_applied_once_and_shown(on_database: Run, tmp_path: Path) -> None:
    file = written(tmp_path / "catalog.toml", CATALOG, GIG)
    foreseen = on_database("catalog", "apply", file, "--dry-run")
    assert foreseen.exit_code == 0
    assert "+ RSHS  RSUP Dr. Hasan Sadikin: GIG, INT" in foreseen.out
    assert "Belum ada yang diterapkan" in foreseen.out
    assert "Katalog masih kosong" in on_database("catalog", "show").out

    applied = on_database("catalog", "apply", file)
    assert applied.exit_code == 0
    assert "Poli ditambah 2," in applied.out
    assert "Tidak ada perubahan; poli yang tetap: 2." in on_database("catalog", "apply", file).out

    shown = on_database("catalog", "show").out.splitlines()
    assert shown[0] == "RSHS  RSUP Dr. Hasan Sadikin, Bandung (Asia/Jakarta)"
    assert shown[1].startswith("  identitas open; untuk satu nomor rekam medis paling banyak 3 pendaftaran")
    assert "7,5 ± 3,75 menit" in shown[2]
    assert shown[2].endswith("tidak pernah buka")
    assert shown[3].endswith("Sen-Sel 08:00-12:00; Kam 13:00-15:00")


def test_changes_are_shown_with_old_and_new(on_database: Run, tmp_path: Path) -> None:
    on_database("catalog", "apply", written(tmp_path / "1.toml", CATALOG, GIG))
    changed = CATALOG.replace("rooms = 2", "rooms = 3").replace("minutes = 10", "minutes = 12.5")
    ended = on_database("catalog", "apply", written(tmp_path / "2.toml", changed), "--lang", "en")
    assert ended.out.splitlines() == [
        "- RSHS GIG  Poli Gigi: retired",
        "~ RSHS INT  Poli Penyakit Dalam: rooms 2 -> 3; mean service (minutes) 10 -> 12.5;"
        " service spread (minutes) 5 -> 6.25",
        "Clinics added 0, changed 1, restored 0, retired 1, unchanged 0.",
    ]


def test_names_of_rooms_are_shown(on_database: Run, tmp_path: Path) -> None:
    names = 'rooms = 2\nroom_names = ["", "Loket A"]'
    on_database("catalog", "apply", written(tmp_path / "1.toml", CATALOG))
    changed = written(tmp_path / "2.toml", CATALOG.replace("rooms = 2", names))
    ended = on_database("catalog", "apply", changed, "--lang", "en")
    assert ended.out.splitlines()[0] == "~ RSHS INT  Poli Penyakit Dalam: names of rooms [] -> [–, Loket A]"
    assert "rooms 2 (–, Loket A), quota 60" in on_database("catalog", "show", "--lang", "en").out
    [shown] = json.loads(on_database("catalog", "show", "--json").out)[0]["clinics"]
    assert shown["room_names"] == ["", "Loket A"]


def test_the_catalog_shows_what_of_the_order_of_calls_is_not_usual(on_database: Run, tmp_path: Path) -> None:
    on_database("catalog", "apply", written(tmp_path / "1.toml", CATALOG))
    assert "lanes" not in on_database("catalog", "show", "--lang", "en").out
    order = """rooms = 2
skip_places = 5
returns_to = "end"
lanes = [{ lane = "emergency", ratio = 3 }, { lane = "priority", ratio = 2 }]"""
    on_database("catalog", "apply", written(tmp_path / "2.toml", CATALOG.replace("rooms = 2", order)))
    shown = " ".join(on_database("catalog", "show", "--lang", "en").out.split())
    assert "; lanes [emergency 3 (emergency), priority 2 (elderly," in shown
    assert "; places that who is late goes back 5; who comes back waits at end" in shown


def test_if_empty_leaves_a_catalog_alone(on_database: Run, tmp_path: Path) -> None:
    assert on_database("catalog", "apply", written(tmp_path / "1.toml", CATALOG), "--if-empty").exit_code == 0
    other = written(tmp_path / "2.toml", CATALOG.replace("rooms = 2", "rooms = 9"))
    ended = on_database("catalog", "apply", other, "--if-empty", "--json")
    assert ended.exit_code == 0
    assert json.loads(ended.out) == {
        "applied": False,
        "skipped": True,
        "changes": [],
        "unchanged": 0,
        "busy": [],
        "without_registry": [],
        "registry_outdated": [],
    }
    assert json.loads(on_database("catalog", "show", "--json").out)[0]["clinics"][0]["rooms"] == 2


def test_the_catalog_is_shown_as_json_with_every_field(on_database: Run, tmp_path: Path) -> None:
    on_database("catalog", "apply", written(tmp_path / "1.toml", CATALOG, GIG))
    shown: list[dict[str, Any]] = json.loads(on_database("catalog", "show", "--json").out)
    assert shown[0]["clinics"][1] == {
        "code": "INT",
        "name": "Poli Penyakit Dalam",
        "rooms": 2,
        "room_names": [],
        "daily_quota": 60,
        "mean_service_minutes": 10.0,
        "service_spread_minutes": 5.0,
        "mode": "clock",
        "state": "schedule",
        "priority_age": 60,
        "lanes": [{"lane": "priority", "ratio": 2, "reasons": ["age", "disability", "pregnancy", "infant"]}],
        "priority_ratio": 2,
        "skip_places": 3,
        "returns_to": "front",
        "day_ends_at": "24:00",
        "hours": {"mon": ["08:00-12:00"], "tue": ["08:00-12:00"], "thu": ["13:00-15:00"]},
    }


def test_who_may_register_and_how_often_is_a_setting_of_the_hospital(
    on_database: Run, tmp_path: Path
) -> None:
    on_database("catalog", "apply", written(tmp_path / "1.toml", CATALOG))
    settings = 'identity = "registry"\nregistrations_max = 2\nmismatches_max = 7\n\n[[hospitals.clinics]]'
    changed = written(tmp_path / "2.toml", CATALOG.replace("[[hospitals.clinics]]", settings, 1))
    assert on_database("catalog", "apply", changed, "--lang", "en").out.splitlines()[0] == (
        "~ RSHS  RSUP Dr. Hasan Sadikin: identity open -> registry; registrations at most 3 -> 2;"
        " mismatches at most 5 -> 7"
    )
    [shown] = json.loads(on_database("catalog", "show", "--json").out)
    assert [shown[name] for name in ("identity", "registrations_max", "mismatches_max")] == ["registry", 2, 7]


@pytest.mark.parametrize("wrong", ['identity = "closed"', "registrations_max = 0", "mismatches_max = 101"])
def test_a_hospital_has_no_other_settings_of_who_may_register(
    on_database: Run, tmp_path: Path, wrong: str
) -> None:
    wrong_file = CATALOG.replace("[[hospitals.clinics]]", f"{wrong}\n\n[[hospitals.clinics]]", 1)
    ended = on_database("catalog", "apply", written(tmp_path / "1.toml", wrong_file))
    assert ended.exit_code == 1
    assert f"hospitals RSHS, {wrong.split()[0]}: " in ended.err


def test_a_clinic_with_patients_is_dropped_only_on_purpose(
    on_database: Run, engine: Engine, tmp_path: Path
) -> None:
    on_database("catalog", "apply", written(tmp_path / "1.toml", CATALOG, GIG))
    add_ticket(engine, 1)
    without = written(tmp_path / "2.toml", CATALOG)
    refused = on_database("catalog", "apply", without)
    assert refused.exit_code == 1
    assert "--retire-busy" in refused.err
    assert "RSHS GIG (pasien: 1)" in refused.err
    assert "Tidak ada perubahan" in on_database("catalog", "apply", tmp_path / "1.toml").out

    insisted = on_database("catalog", "apply", without, "--retire-busy", "--json")
    assert insisted.exit_code == 0
    assert json.loads(insisted.out)["busy"] == [
        {"hospital": "RSHS", "clinic": "GIG", "name": "Poli Gigi", "patients": 1}
    ]
    with transaction(engine) as connection:
        assert connection.execute(tickets.select()).one().status == "waiting"


def test_an_invalid_catalog_is_refused_with_every_problem(on_database: Run, tmp_path: Path) -> None:
    file = written(tmp_path / "bad.toml", CATALOG.replace("rooms = 2", "rooms = 0").replace("RSHS", "rshs"))
    ended = on_database("catalog", "apply", file)
    assert ended.exit_code == 1
    assert ended.out == ""
    assert len(ended.err.splitlines()) == 3
    as_json = json.loads(on_database("catalog", "apply", file, "--json", "--lang=en").err)
    assert as_json["detail"] == "The catalog file was refused, nothing was changed."
    assert len(as_json["problems"]) == 2
    assert "Katalog masih kosong" in on_database("catalog", "show").out


def test_migrate_is_what_helps_an_empty_database(
    admin: Run, empty_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTREAN_DATABASE_URL", empty_engine.url.render_as_string(hide_password=False))
    refused = admin("catalog", "show", "--lang=en")
    assert refused.exit_code == 1
    assert "antrean-admin migrate" in refused.err
    assert admin("migrate", "--lang=en").out.startswith("The database was set up")
    assert admin("migrate").out.startswith("Basis data sudah memakai skema terbaru")
    assert admin("catalog", "show").exit_code == 0


@pytest.mark.parametrize(
    ("words", "variables", "exit_code", "told"),
    [
        (["migrate"], {"ANTREAN_DATABASE_URL": "postgresql://x@127.0.0.1:1/x"}, 69, "Basis data"),
        (["migrate"], {"ANTREAN_DATABASE_URL": "sqlite:////no/such/folder/x"}, 69, "Basis data"),
        (["migrate"], {"ANTREAN_DATABASE_URL": "mysql://x/y"}, 2, "ANTREAN_DATABASE_URL"),
        (["migrate"], {}, 2, "ANTREAN_DATABASE_URL"),
        (["broker", "declare"], {}, 2, "ANTREAN_AMQP_URL"),
        (["broker", "declare"], {"ANTREAN_AMQP_URL": "amqp://a:b@127.0.0.1:1"}, 69, "RabbitMQ"),
        (["broker", "definitions"], {}, 2, "--output"),
        (
            ["broker", "definitions", "--output", "d.json"],
            {},
            2,
            "ANTREAN_PASSWORD_PATIENT, ANTREAN_PASSWORD_R",
        ),
        (["broker", "definitions", "--output", "no/d.json"], PASSWORDS, 2, "no/d.json"),
        (["broker", "definitions", "--output", "d.json", "--mode", "9"], PASSWORDS, 2, "0640"),
        (["catalog", "apply", "no-such-file.toml"], {}, 2, "no-such-file.toml"),
        (["catalog", "appply"], {}, 2, "--help"),
        (["catalog", "show"], {"ANTREAN_LANGUAGE": "fr"}, 2, "ANTREAN_LANGUAGE"),
    ],
)
def test_a_failure_is_one_sentence_and_an_exit_code(
    admin: Run,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    variables: dict[str, str],
    exit_code: int,
    told: str,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    ended = admin(*words)
    assert ended.exit_code == exit_code
    assert ended.out == ""
    assert told in ended.err
    assert len(ended.err.splitlines()) == 1


def test_definitions_hold_every_user_and_no_password(
    admin: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in PASSWORDS.items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "definitions.json"
    assert admin("broker", "definitions", "--output", file).exit_code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    content = file.read_text()
    assert {user["name"] for user in json.loads(content)["users"]} >= {"patient", "registrar", "deploy"}
    assert "secret of" not in content
    assert admin("broker", "definitions", "--output", file, "--mode", "0644").exit_code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert list(tmp_path.iterdir()) == [file]


def test_the_topology_can_be_declared_again_and_again(
    admin: Run, broker: RunningBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTREAN_AMQP_URL", broker.url("deploy"))
    for _ in range(2):
        assert admin("broker", "declare", "--lang=en").out == "Exchanges, queues and bindings are declared.\n"
    monkeypatch.setenv("ANTREAN_MANAGEMENT_URL", "http://deploy:secret@127.0.0.1:1/")
    declared, unknown = admin("broker", "declare", "--lang=en").out.splitlines()
    assert declared == "Exchanges, queues and bindings are declared."
    assert "cluster could not be found out: The management API at 127.0.0.1:1 does not answer" in unknown
    if broker.has_roles:
        monkeypatch.setenv("ANTREAN_AMQP_URL", broker.url("patient"))
        refused = admin("broker", "declare")
        assert refused.exit_code == 69
        assert len(refused.err.splitlines()) == 1


def test_help_is_in_the_operators_language(admin: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Terapkan berkas katalog" in admin("catalog", "apply", "--help").out
    assert "Apply a catalog file" in admin("catalog", "apply", "--help", "--lang", "en").out
    monkeypatch.setenv("ANTREAN_LANGUAGE", "en")
    assert "Apply a catalog file" in admin("catalog", "apply", "--help").out
