"""Where settings come from, which come first, and how a bad one is told."""

import json
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from common.clock import ScaledClock, SystemClock
from common.errors import SettingsError
from common.known_passwords import role_passwords, role_urls
from common.settings import STACK_FILE, clock_environment, load_settings

STACK = {
    "pid": 123,
    "amqp_urls": {
        "patient": "amqp://patient:p@127.0.0.1:5999/",
        "registrar": "amqp://registrar:r@127.0.0.1:5999/",
    },
    "database_url": "sqlite:////var/antrean/antrean.sqlite",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, in which no stack was ever started."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTREAN_STACK_DIR", str(tmp_path / "stack"))
    return tmp_path


def write_stack(folder: Path, content: str) -> None:
    """Writes what a running local stack says of itself."""
    (folder / "stack").mkdir()
    (folder / "stack" / STACK_FILE).write_text(content)


def test_nothing_set_is_real_time_and_no_broker_known() -> None:
    settings = load_settings("patient")
    assert settings.amqp_url is None
    assert settings.database_url is None
    assert settings.tick_seconds == 10
    assert settings.language == "id"
    assert isinstance(settings.clock(), SystemClock)


def test_the_environment_comes_before_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".env").write_text("ANTREAN_LANGUAGE=en\nANTREAN_TICK_SECONDS=20\n")
    monkeypatch.setenv("ANTREAN_TICK_SECONDS", "30")
    settings = load_settings("ticker")
    assert settings.language == "en"
    assert settings.tick_seconds == 30


def test_an_address_for_one_role_comes_before_the_one_for_all(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".env").write_text("ANTREAN_AMQP_URL=amqp://all@h/\nANTREAN_AMQP_URL_DESK=amqp://desk@h/\n")
    assert load_settings("desk").amqp_url == "amqp://desk@h/"
    assert load_settings("patient").amqp_url == load_settings(None).amqp_url == "amqp://all@h/"
    monkeypatch.setenv("ANTREAN_AMQP_URL", "amqp://here@h/")
    assert load_settings("desk").amqp_url == "amqp://here@h/", "the environment comes before the file"
    monkeypatch.setenv("ANTREAN_AMQP_URL_DESK", "amqp://desk-here@h/")
    assert load_settings("desk").amqp_url == "amqp://desk-here@h/"


def test_the_local_stacks_clock_is_that_of_its_clients(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nine = datetime.fromisoformat("2026-11-30T09:00:00+07:00")
    clock = clock_environment(nine, datetime.now(UTC), 1.0)
    write_stack(folder, json.dumps(STACK | {"clock": clock}))
    assert abs(load_settings("patient").clock().now() - nine) < timedelta(minutes=5)
    assert isinstance(load_settings(None).clock(), SystemClock)
    monkeypatch.setenv("ANTREAN_AMQP_URL", "amqp://another@h/")
    assert isinstance(load_settings("patient").clock(), SystemClock), "another installation"
    monkeypatch.setenv("ANTREAN_AMQP_URL", "amqp://papan:q@127.0.0.1:5999/")
    papan = load_settings("patient")
    assert abs(papan.clock().now() - nine) < timedelta(minutes=5), "the stack's own broker, as another user"
    assert papan.amqp_url == "amqp://papan:q@127.0.0.1:5999/"
    assert papan.database_url is None


def test_an_antrean_web_is_asked_without_broker_and_local_stack(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nine = datetime(2026, 11, 23, 2, tzinfo=UTC)
    write_stack(folder, json.dumps(STACK | {"clock": clock_environment(nine, datetime.now(UTC), 1.0)}))
    monkeypatch.setenv("ANTREAN_AMQP_URL_FILE", "/nowhere/amqp_url")
    monkeypatch.setenv("ANTREAN_TLS_CA_FILE", "/etc/antrean/ca.pem")
    monkeypatch.setenv("ANTREAN_URL", "https://antrean.example/")
    elsewhere = load_settings("patient")
    assert elsewhere.url == "https://antrean.example/?cacertfile=/etc/antrean/ca.pem"
    assert isinstance(elsewhere.clock(), SystemClock)
    monkeypatch.setenv("ANTREAN_URL", "http://127.0.0.1:8470/")
    here = load_settings("patient")
    assert here.url == "http://127.0.0.1:8470/"
    assert abs(here.clock().now() - nine) < timedelta(minutes=5), "the local stack's"
    with pytest.raises(SettingsError, match="ANTREAN_AMQP_URL_FILE"):
        load_settings("desk")


def test_the_fast_path_is_taken_unless_it_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings("ticker").fast_path
    for value, taken in (("on", True), ("off", False)):
        monkeypatch.setenv("ANTREAN_FAST_PATH", value)
        assert load_settings("ticker").fast_path is taken


def test_the_nodes_of_a_cluster_are_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings("registrar").broker_nodes == ()
    monkeypatch.setenv("ANTREAN_BROKER_NODES", "rabbit@broker-1, rabbit@broker-2")
    assert load_settings("registrar").broker_nodes == ("rabbit@broker-1", "rabbit@broker-2")


def test_what_is_set_to_nothing_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTREAN_TICK_SECONDS", "")
    assert load_settings("ticker").tick_seconds == 10


def test_variables_of_others_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICK_SECONDS", "nonsense")
    monkeypatch.setenv("ANTREAN_FUTURE_SETTING", "nonsense")
    assert load_settings("ticker").tick_seconds == 10


def test_a_running_local_stack_says_where_things_are(folder: Path) -> None:
    write_stack(folder, json.dumps(STACK))
    patient, registrar = load_settings("patient"), load_settings("registrar")
    assert patient.amqp_url == "amqp://patient:p@127.0.0.1:5999/"
    assert registrar.amqp_url == "amqp://registrar:r@127.0.0.1:5999/"
    assert registrar.database_url == "sqlite:////var/antrean/antrean.sqlite"


def test_a_running_local_stack_says_where_its_broker_can_be_looked_into(folder: Path) -> None:
    write_stack(folder, json.dumps(STACK | {"management_url": "http://deploy:d@127.0.0.1:5998"}))
    settings = load_settings("patient")
    assert settings.management_url == "http://deploy:d@127.0.0.1:5998"
    assert role_urls(settings) == STACK["amqp_urls"]


def test_the_address_of_each_role_whose_password_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTREAN_PASSWORD_STATUS", "s/e:c@ret")
    assert role_urls(load_settings("deploy")) == {}
    monkeypatch.setenv("ANTREAN_AMQP_URL", "amqps://deploy:d@broker.example:5671/clinic?heartbeat=5")
    assert role_urls(load_settings("deploy")) == {
        "status": "amqps://status:s%2Fe%3Ac%40ret@broker.example:5671/clinic?heartbeat=5"
    }


def test_a_broker_named_by_hand_goes_without_the_local_stack(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_stack(folder, json.dumps(STACK))
    monkeypatch.setenv("ANTREAN_AMQP_URL", "amqp://elsewhere/")
    settings = load_settings("patient")
    assert settings.amqp_url == "amqp://elsewhere/"
    assert settings.database_url is None


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "17", "{}", '{"amqp_urls": {}, "database_url": "sqlite:///x"}', "\x00"]
)
def test_a_broken_stack_file_is_told_in_one_sentence(folder: Path, content: str) -> None:
    write_stack(folder, content)
    with pytest.raises(
        SettingsError, match=r"^[^\n]+stack\.json cannot be read: stop the local stack[^\n]+$"
    ):
        load_settings("patient")


def test_what_is_not_known_is_asked_for_by_name() -> None:
    settings = load_settings("registrar")
    with pytest.raises(SettingsError, match=r"^No broker is known: [^\n]+ANTREAN_AMQP_URL\.$"):
        settings.require_amqp_url()
    with pytest.raises(SettingsError, match=r"^No database is known: [^\n]*ANTREAN_DATABASE_URL[^\n]*$"):
        settings.require_database_url()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ANTREAN_AMQP_URL", "localhost:5672"),
        ("ANTREAN_AMQP_URL", "http://guest:verysecret@localhost/"),
        ("ANTREAN_DATABASE_URL", "antrean.sqlite"),
        ("ANTREAN_DATABASE_URL", "mysql://antrean:verysecret@localhost/antrean"),
        ("ANTREAN_MANAGEMENT_URL", "amqp://deploy:verysecret@localhost/"),
        ("ANTREAN_MANAGEMENT_URL", "http://localhost:15672/"),
        ("ANTREAN_BROKER_NODES", "rabbit@broker-1, verysecret"),
        ("ANTREAN_LANGUAGE", "fr"),
        ("ANTREAN_LOG_LEVEL", "LOUD"),
        ("ANTREAN_REPLY_TIMEOUT_SECONDS", "0"),
        ("ANTREAN_REPLY_TIMEOUT_SECONDS", "ten"),
        ("ANTREAN_TICK_SECONDS", "-1"),
        ("ANTREAN_TICK_SECONDS", "0"),
        ("ANTREAN_TICK_SECONDS", "nan"),
        ("ANTREAN_TICK_SECONDS", "inf"),
        ("ANTREAN_BATCH_SIZE", "0"),
        ("ANTREAN_BATCH_SIZE", "1.5"),
        ("ANTREAN_BATCH_SIZE", "1000000"),
        ("ANTREAN_HEARTBEAT_SECONDS", "0"),
        ("ANTREAN_FAST_PATH", "no"),
        ("ANTREAN_CLOCK_SPEED", "0"),
        ("ANTREAN_CLOCK_SPEED", "nan"),
        ("ANTREAN_CLOCK_STARTS_AT", "tomorrow"),
        ("ANTREAN_CLOCK_STARTS_AT", "2026-11-23T08:00:00"),
    ],
)
def test_a_bad_value_is_told_in_one_sentence_that_names_it_and_keeps_it_secret(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=rf"^{name} cannot be used: [^\n]+\.$") as error:
        load_settings("patient")
    assert "verysecret" not in str(error.value)


def test_a_file_that_is_no_text_is_told_in_one_sentence(folder: Path) -> None:
    (folder / ".env").write_bytes(b"ANTREAN_LANGUAGE=\xff\xfe\n")
    with pytest.raises(SettingsError, match=r"^[^\n]*\.env[^\n]*\.$"):
        load_settings("patient")


def test_a_child_process_is_given_the_same_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    starts_at, started_at = datetime(2026, 11, 23, 1, tzinfo=UTC), datetime.now(UTC) - timedelta(minutes=1)
    for name, value in clock_environment(starts_at, started_at, 59.5).items():
        monkeypatch.setenv(name, value)
    assert load_settings("ticker").clock() == ScaledClock(starts_at, started_at, 59.5)


def test_settings_cannot_be_changed_afterwards() -> None:
    settings: Any = load_settings("patient")
    with pytest.raises(FrozenInstanceError):
        settings.language = "en"


def test_every_missing_password_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTREAN_PASSWORD_PATIENT", "p")
    with pytest.raises(SettingsError, match=r"^[^\n]+$") as error:
        role_passwords()
    assert "ANTREAN_PASSWORD_TICKER" in str(error.value)
    assert "ANTREAN_PASSWORD_PATIENT" not in str(error.value)
    for role in ("DESK", "REGISTRAR", "TICKER", "STATUS", "INTEGRATOR", "WEB", "BOARD", "DEPLOY"):
        monkeypatch.setenv(f"ANTREAN_PASSWORD_{role}", "x")
    assert role_passwords()["patient"] == "p"
