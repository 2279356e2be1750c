"""As whom a desk signs in, and what is kept of it: all that needs no broker."""

import json
from pathlib import Path

import pytest

from clinic_desk.kept_credentials import Credentials, KeptCredentials
from clinic_desk.session import DeskSession
from clinic_desk.signing_in import (
    Origin,
    SignedIn,
    address_with,
    broker_of,
    credentials_now,
    find_user,
    user_in,
)
from common.errors import SettingsError
from common.settings import STACK_FILE, Settings, load_settings

BROKER = "amqp://broker.example:5672/"
SITI = Credentials("siti", "p@ss/word:1")
BUDI = Credentials("budi", "s3cret")


@pytest.fixture
def kept(tmp_path: Path) -> KeptCredentials:
    return KeptCredentials(tmp_path / "config" / "antrean")


def settings_at(kept: KeptCredentials, amqp_url: str = BROKER, **others: object) -> Settings:
    return Settings(amqp_url=amqp_url, config_dir=kept.path.parent, **others)  # type: ignore[arg-type]


def test_only_its_user_can_read_what_is_kept(kept: KeptCredentials) -> None:
    kept.path.parent.mkdir(parents=True, mode=0o755)
    kept.keep(BROKER, SITI)
    assert kept.path.stat().st_mode & 0o777 == 0o600
    assert kept.path.parent.stat().st_mode & 0o777 == 0o700
    assert [*kept.path.parent.iterdir()] == [kept.path], "nothing else is left there"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644, 0o666])
def test_what_others_can_read_or_write_is_not_used(kept: KeptCredentials, mode: int) -> None:
    kept.keep(BROKER, SITI)
    kept.path.chmod(mode)
    for use in (lambda: kept.find(BROKER, None), lambda: kept.keep(BROKER, BUDI), lambda: kept.forget(None)):
        with pytest.raises(SettingsError, match="chmod go=") as error:
            use()
        assert SITI.password not in str(error.value)


def test_nothing_is_kept_in_a_folder_that_others_can_write(kept: KeptCredentials) -> None:
    kept.path.parent.mkdir(parents=True)
    kept.path.parent.chmod(0o777)
    with pytest.raises(SettingsError, match="chmod go-w"):
        kept.keep(BROKER, SITI)
    assert not kept.path.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"users": [{"broker": "x"}]}', '{"users": 1}', "\x00"])
def test_a_damaged_file_is_told_in_one_sentence(kept: KeptCredentials, content: str) -> None:
    kept.keep(BROKER, SITI)
    kept.path.write_text(content)
    with pytest.raises(SettingsError, match=r"^[^\n]+desk\.json is damaged: [^\n]+\.$"):
        kept.find(BROKER, None)


def test_a_password_is_for_one_broker(kept: KeptCredentials) -> None:
    kept.keep("amqps://broker.example:5671/", SITI)
    assert kept.find("amqps://broker.example:5671/", "siti") == SITI
    for other in (
        "amqp://broker.example:5671/",
        "amqps://another.example:5671/",
        "amqps://broker.example:5671/x",
    ):
        assert kept.find(other, None) is None


def test_who_signed_in_last_is_who_is_meant(kept: KeptCredentials) -> None:
    for each in (SITI, BUDI, SITI):
        kept.keep(BROKER, each)
    assert kept.find(BROKER, None) == SITI
    assert kept.find(BROKER, "budi") == BUDI
    assert kept.find(BROKER, "dewi") is None
    assert kept.forget("siti") == ["siti"]
    assert kept.find(BROKER, None) == BUDI
    assert kept.forget(None) == ["budi"]
    assert not kept.path.exists()
    assert kept.forget(None) == []


@pytest.mark.parametrize(
    ("amqp_url", "user", "broker"),
    [
        ("amqp://h/", Credentials("", ""), "amqp://h/"),
        ("amqps://siti@h:5671/v", Credentials("siti", ""), "amqps://h:5671/v"),
        (
            "amqp://siti:a%40b%2Fc@[::1]:5672/%2f?heartbeat=5",
            Credentials("siti", "a@b/c"),
            "amqp://[::1]:5672/%2f?heartbeat=5",
        ),
        ("amqp://h?x=a@b", Credentials("", ""), "amqp://h?x=a@b"),
    ],
)
def test_an_address_and_its_user(amqp_url: str, user: Credentials, broker: str) -> None:
    assert user_in(amqp_url) == user
    assert broker_of(Settings(amqp_url=amqp_url)) == broker
    with_siti = address_with(amqp_url, SITI)
    assert user_in(with_siti) == SITI
    assert broker_of(Settings(amqp_url=with_siti)) == broker


def test_a_user_with_a_password_in_the_address_is_used_as_it_is(kept: KeptCredentials) -> None:
    kept.keep(BROKER, BUDI)
    settings = settings_at(kept, address_with(BROKER, SITI))
    for user in (None, "siti"):
        assert find_user(settings, user) == (SITI, Origin.ADDRESS)
    assert find_user(settings, "budi") == (BUDI, Origin.KEPT)
    assert find_user(settings, "dewi") is None, "she is asked for her password"


def test_without_one_it_is_who_signed_in(kept: KeptCredentials) -> None:
    assert find_user(settings_at(kept), None) is None
    kept.keep(BROKER, SITI)
    kept.keep(BROKER, BUDI)
    assert find_user(settings_at(kept), None) == (BUDI, Origin.KEPT)
    assert find_user(settings_at(kept, "amqp://siti@broker.example:5672/"), None) == (SITI, Origin.KEPT)


def test_scripts_have_the_password_in_a_file(kept: KeptCredentials, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{SITI.password}\n")
    settings = settings_at(kept, desk_password_file=file)
    assert find_user(settings, "siti") == (SITI, Origin.FILE)
    with pytest.raises(SettingsError, match="--user"):
        find_user(settings, None)
    file.unlink()
    with pytest.raises(SettingsError, match=r"^ANTREAN_DESK_PASSWORD_FILE cannot be used: "):
        find_user(settings, "siti")


def test_the_local_stack_has_staff(
    kept: KeptCredentials, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = tmp_path / "stack"
    stack.mkdir()
    urls = {role: f"amqp://{role}:r@127.0.0.1:5999/" for role in ("patient", "status")}
    state = {
        "amqp_urls": urls | {"desk": "amqp://dewi:d@127.0.0.1:5999/"},
        "database_url": "sqlite:////x",
        "staff": {"dewi": "d", "siti": "s"},
    }
    (stack / STACK_FILE).write_text(json.dumps(state))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTREAN_STACK_DIR", str(stack))
    monkeypatch.setenv("ANTREAN_CONFIG_DIR", str(kept.path.parent))
    settings = load_settings("desk")
    assert find_user(settings, None) == (Credentials("dewi", "d"), Origin.LOCAL_STACK)
    assert find_user(settings, "siti") == (Credentials("siti", "s"), Origin.LOCAL_STACK)
    assert find_user(settings, "tono") is None
    kept.keep(broker_of(settings), Credentials("siti", "an older one"))
    assert find_user(settings, None) == (Credentials("siti", "s"), Origin.LOCAL_STACK)
    assert load_settings("patient").staff_passwords == {}


def test_nobody_is_asked_where_nobody_can_answer(kept: KeptCredentials) -> None:
    session = DeskSession(settings_at(kept), "en")
    with pytest.raises(SettingsError, match=r"^Nobody is signed in at this desk: [^\n]+login[^\n]+\.$"):
        session.ask("desk_user", {})


def test_whose_password_is_missing_is_said_where_nobody_can_be_asked(kept: KeptCredentials) -> None:
    kept.keep(BROKER, SITI)
    session = DeskSession(settings_at(kept), "en")
    session.user_given = "tono"
    with pytest.raises(SettingsError, match=r"^The password of tono is not kept here: .+ login --user tono`"):
        session.ask("desk_user", {})


def test_no_password_is_shown_of_a_session_that_was_signed_out(kept: KeptCredentials) -> None:
    session = DeskSession(settings_at(kept, address_with(BROKER, SITI)), "en")
    assert session.user == "siti"
    assert SITI.password not in repr(find_user(session.settings, None))
    session.sign_out()
    assert session.settings.amqp_url == BROKER
    with pytest.raises(SettingsError):
        assert session.user


def test_a_password_in_a_file_is_read_again(kept: KeptCredentials, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("old\n")
    settings = settings_at(kept, desk_password_file=file)
    signed_in = find_user(settings, "siti")
    assert signed_in is not None
    file.write_text("new\n")
    assert credentials_now(signed_in, settings) == Credentials("siti", "new")
    in_address = SignedIn(SITI, Origin.ADDRESS)
    changed = settings_at(kept, "amqp://siti:new@broker.example:5672/")
    assert credentials_now(in_address, changed) == Credentials("siti", "new")
