"""`.env.example` and the table in docs/operations.md describe exactly the settings that there are."""

import re
import shutil
import subprocess
from dataclasses import MISSING, fields
from pathlib import Path

from dotenv import dotenv_values

from common.messaging.topology import roles
from common.settings import PREFIX, Settings

_ROOT = Path(__file__).parents[2]
_SETTINGS = {PREFIX + field.name.upper(): field for field in fields(Settings)}
_PASSWORDS = {f"{PREFIX}PASSWORD_{role.upper()}" for role in roles()}
_COMPOSE_REQUIRES = {*_PASSWORDS, "ANTREAN_DATABASE_PASSWORD"}
_COMPOSE_TAKES = {*_COMPOSE_REQUIRES, "ANTREAN_BROKER_PORT"}


def _example() -> dict[str, str]:
    """Every variable of the example, the commented ones too, with its value."""
    text = (_ROOT / ".env.example").read_text()
    return dict(re.findall(r"^#? ?(ANTREAN_[A-Z_]+)=(.*)$", text, re.MULTILINE))


def test_the_example_names_every_variable() -> None:
    assert _example().keys() == _SETTINGS.keys() | _COMPOSE_TAKES


def test_the_example_sets_nothing_by_itself() -> None:
    assert dotenv_values(_ROOT / ".env.example") == {}


def test_the_examples_values_are_the_defaults() -> None:
    written = {name: value for name, value in _example().items() if name in _SETTINGS and value}
    read = Settings.read(written)
    for name in written:
        default = _SETTINGS[name].default
        if default is not MISSING and default is not None:
            assert getattr(read, name.removeprefix(PREFIX).lower()) == default, name


def test_operations_describe_every_setting() -> None:
    operations = (_ROOT / "docs" / "operations.md").read_text()
    said = re.findall(r"^\| `(ANTREAN_[A-Z_]+)` \|", operations, re.MULTILINE)
    assert sorted(said) == sorted(_SETTINGS)


def test_compose_demands_every_password_and_hands_it_on() -> None:
    compose = (_ROOT / "docker-compose.yml").read_text()
    assert set(re.findall(r"\$\{(ANTREAN_[A-Z_]+):\?", compose)) == _COMPOSE_REQUIRES
    assert set(re.findall(r"\$\{(ANTREAN_[A-Z_]+)", compose)) == _COMPOSE_TAKES
    assert set(re.findall(r"^      (ANTREAN_PASSWORD_[A-Z]+): \$", compose, re.MULTILINE)) == _PASSWORDS


def test_make_env_writes_what_compose_demands(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    script = shutil.copy(_ROOT / "deploy" / "make-env.sh", tmp_path / "deploy")
    subprocess.run([script], check=True)
    written = dotenv_values(tmp_path / ".env")
    assert written.keys() == _COMPOSE_TAKES | {"ANTREAN_AMQP_URL"}
    assert len({written[name] for name in _COMPOSE_REQUIRES}) == len(_COMPOSE_REQUIRES)
    assert (
        written["ANTREAN_AMQP_URL"] == f"amqp://patient:{written['ANTREAN_PASSWORD_PATIENT']}@127.0.0.1:5672/"
    )
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0
    before = (tmp_path / ".env").read_text()
    assert subprocess.run([script], capture_output=True, check=False).returncode == 1
    assert (tmp_path / ".env").read_text() == before
