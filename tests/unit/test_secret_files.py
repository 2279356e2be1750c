"""Secrets in files: which form of a setting comes first, and what a file has to be."""

import os
import traceback
from pathlib import Path

import pytest

from common.errors import SettingsError
from common.known_passwords import role_passwords, role_urls
from common.settings import Role, Settings, load_settings

HERE, THERE = "amqp://registrar:here@h/", "amqp://registrar:there@h/"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, in which no stack was ever started."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTREAN_STACK_DIR", str(tmp_path / "stack"))
    return tmp_path


def secret(folder: Path, name: str, content: str) -> str:
    """The path of a file that only its user can read."""
    path = folder / name
    path.write_text(content)
    path.chmod(0o600)
    return str(path)


@pytest.mark.parametrize(
    ("environment", "env_file", "found"),
    [
        ({"AMQP_URL_FILE": HERE}, {}, HERE),
        ({"AMQP_URL": THERE, "AMQP_URL_FILE": HERE}, {}, THERE),
        ({"AMQP_URL_FILE": HERE}, {"AMQP_URL": THERE}, HERE),
        ({"AMQP_URL": THERE}, {"AMQP_URL_FILE": HERE}, THERE),
        ({}, {"AMQP_URL_FILE": HERE}, HERE),
        ({"AMQP_URL": THERE, "AMQP_URL_REGISTRAR_FILE": HERE}, {}, HERE),
        ({"AMQP_URL_FILE": THERE, "AMQP_URL_REGISTRAR": HERE}, {}, HERE),
        ({"AMQP_URL_FILE": THERE, "AMQP_URL_REGISTRAR_FILE": HERE}, {}, HERE),
        ({"AMQP_URL_FILE": HERE, "AMQP_URL_TICKER_FILE": THERE}, {}, HERE),
    ],
)
def test_which_comes_first(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    env_file: dict[str, str],
    found: str,
) -> None:
    def value(name: str, text: str) -> str:
        return secret(folder, f"{name}-{len(text)}", text + "\n") if name.endswith("_FILE") else text

    for name, text in environment.items():
        monkeypatch.setenv(f"ANTREAN_{name}", value(name, text))
    lines = [f"ANTREAN_{name}={value(name, text)}\n" for name, text in env_file.items()]
    (folder / ".env").write_text("".join(lines))
    assert load_settings("registrar").amqp_url == found


def test_every_secret_has_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = {
        "AMQP_URL": "amqp://deploy:a@h/",
        "DATABASE_URL": "postgresql://antrean:b@h/d",
        "MANAGEMENT_URL": "http://deploy:c@h:15672/",
        "REGISTRY_KEY": "k" * 32,
    }
    users = ("patient", "registrar", "ticker", "status", "integrator", "web", "board", "deploy", "accounts")
    contents |= {f"PASSWORD_{user.upper()}": f"secret of {user}" for user in users}
    for name, content in contents.items():
        monkeypatch.setenv(f"ANTREAN_{name}_FILE", secret(folder, name, content))
    settings = load_settings("deploy")
    for name in ("AMQP_URL", "DATABASE_URL", "MANAGEMENT_URL"):
        assert getattr(settings, name.lower()) == contents[name]
    assert settings.read_registry_key() is not None
    assert role_passwords() == {user: f"secret of {user}" for user in users}
    assert role_urls(settings)["status"] == "amqp://status:secret%20of%20status@h/"


def test_a_program_reads_no_file_that_it_does_not_need(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTREAN_AMQP_URL", HERE)
    for name in ("DATABASE_URL", "MANAGEMENT_URL"):
        monkeypatch.setenv(f"ANTREAN_{name}_FILE", str(folder / "missing"))
    readers: tuple[Role, ...] = ("patient", "desk", "integrator")
    for role in readers:
        assert load_settings(role).database_url is None
    with pytest.raises(SettingsError, match="ANTREAN_DATABASE_URL_FILE cannot be used: the file"):
        load_settings("registrar")


def test_a_file_is_read_again_for_a_new_connection(folder: Path) -> None:
    file = secret(folder, "address", HERE)
    settings = Settings.read({"ANTREAN_AMQP_URL_FILE": file}).with_files_read("registrar")
    assert settings.current_amqp_url() == settings.amqp_url == HERE
    secret(folder, "address", THERE)
    assert settings.current_amqp_url() == THERE
    secret(folder, "address", "no address, but a secret")
    with pytest.raises(SettingsError) as raised:
        settings.current_amqp_url()
    assert "ANTREAN_AMQP_URL_FILE cannot be used: write amqp://" in str(raised.value)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("mode", "content", "said"),
    [
        (0o644, HERE, "other users can read or change it. Run: chmod go="),
        (0o620, HERE, "other users can read or change it. Run: chmod go="),
        (0o600, " \n", "is empty"),
        (0o600, None, "cannot be read"),
    ],
)
def test_what_a_file_has_to_be(
    folder: Path, monkeypatch: pytest.MonkeyPatch, mode: int, content: str | None, said: str
) -> None:
    path = folder / "address"
    if content is not None:
        path.write_text(content)
        path.chmod(mode)
    monkeypatch.setenv("ANTREAN_AMQP_URL_FILE", str(path))
    with pytest.raises(SettingsError) as raised:
        load_settings("registrar")
    assert said in str(raised.value)
    assert "here" not in str(raised.value).replace(str(folder), "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_what_the_engine_of_a_container_puts_in_place_is_taken(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(secret(folder, "address", HERE))
    path.chmod(0o444)
    os.chown(path, 65534, 65534)
    monkeypatch.setenv("ANTREAN_AMQP_URL_FILE", str(path))
    assert load_settings("registrar").amqp_url == HERE
    path.chmod(0o446)
    with pytest.raises(SettingsError, match="other users can read or change it"):
        load_settings("registrar")


def test_certificates_go_with_an_address_over_tls_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = secret(folder, "key", "k")
    for name, value in {"CA": "/etc/ca.pem", "CERTIFICATE": "/etc/c.pem", "KEY": key}.items():
        monkeypatch.setenv(f"ANTREAN_TLS_{name}_FILE", value)
    monkeypatch.setenv("ANTREAN_AMQP_URL", "amqp://h/")
    assert load_settings("registrar").amqp_url == "amqp://h/"
    monkeypatch.setenv("ANTREAN_AMQP_URL", "amqps://h/v?heartbeat=5")
    files = f"cacertfile=/etc/ca.pem&certfile=/etc/c.pem&keyfile={key}"
    assert load_settings("registrar").amqp_url == f"amqps://h/v?heartbeat=5&{files}"
    monkeypatch.setenv("ANTREAN_AMQP_URL", "amqps://h/?cacertfile=/own.pem")
    assert load_settings("registrar").amqp_url == "amqps://h/?cacertfile=/own.pem"
    monkeypatch.setenv("ANTREAN_MANAGEMENT_URL", "https://deploy:x@h:15671/")
    assert load_settings("deploy").management_url == f"https://deploy:x@h:15671/?{files}"
    Path(key).chmod(0o640)
    with pytest.raises(SettingsError, match="chmod go="):
        load_settings("deploy")


@pytest.mark.parametrize("name", ["AMQP_URL_FILE", "DATABASE_URL_FILE", "REGISTRY_KEY_FILE"])
def test_a_pipe_is_not_waited_for(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    os.mkfifo(folder / "pipe", 0o600)
    monkeypatch.setenv(f"ANTREAN_{name}", str(folder / "pipe"))
    with pytest.raises(SettingsError, match=f"ANTREAN_{name} cannot be used: the file .* cannot be read"):
        load_settings("registrar").read_registry_key()


def test_nor_is_one_in_place_of_the_settings(folder: Path) -> None:
    os.mkfifo(folder / ".env", 0o600)
    with pytest.raises(SettingsError, match=r"\.env cannot be read"):
        load_settings("patient")


@pytest.mark.parametrize("form", ["AMQP_URL", "AMQP_URL_FILE", "MANAGEMENT_URL", "MANAGEMENT_URL_FILE"])
@pytest.mark.parametrize("where", ["mawar\n@h/", "mawar@[::1/", "mawar\u2100@h/"])
def test_what_is_no_address_is_said_without_the_password(
    folder: Path, monkeypatch: pytest.MonkeyPatch, form: str, where: str
) -> None:
    address = f"{'http' if form.startswith('M') else 'amqp'}://registrar:{where}"
    value = secret(folder, "address", address) if form.endswith("_FILE") else address
    monkeypatch.setenv(f"ANTREAN_{form}", value)
    with pytest.raises(SettingsError, match=f"^ANTREAN_{form} cannot be used: write") as refused:
        load_settings("deploy")
    assert "mawar" not in "".join(traceback.format_exception(refused.value))
