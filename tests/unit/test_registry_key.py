"""What a registry keeps of a patient, and how its key is given."""

import json
from pathlib import Path
from typing import get_args

import pytest

from common.domain.partial_dates import PartialDate
from common.errors import SettingsError
from common.registry_key import KEY_LENGTH_MIN, RegistryKey
from common.settings import STACK_FILE, Role, Settings, load_settings

SECRET = "0123456789abcdef" * 4
BORN = PartialDate(1990, 1, 31)


def test_the_digest_is_that_of_the_documents() -> None:
    """HMAC-SHA256 of four lines: who has the key can work it out elsewhere."""
    assert RegistryKey(SECRET).digest("RSHS", "00123456", BORN).hex() == (
        "56a55a0113f1f4b88cb051b4bd9e323d10082b9117c9441f25101656b0da2af8"
    )


def test_each_part_and_the_key_decide_the_digest() -> None:
    keys = [RegistryKey(SECRET), RegistryKey(SECRET.upper())]
    patients = [
        (hospital, number, born)
        for hospital in ("RSHS", "RSH")
        for number in ("S123", "123", "00123")
        for born in (BORN, PartialDate(1990, 1, 30))
    ]
    digests = {key.digest(*patient) for key in keys for patient in patients}
    assert len(digests) == len(keys) * len(patients)
    numbers = {key.number_digest(*patient[:2]) for key in keys for patient in patients}
    assert len(numbers) == len(keys) * len(patients) // 2
    assert not (digests | numbers) & {key.check for key in keys}
    assert not digests & numbers
    assert len({key.check for key in keys}) == 2


def test_a_key_is_given_itself_or_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{SECRET}\n")
    file.chmod(0o600)
    by_value = Settings.read({"ANTREAN_REGISTRY_KEY": SECRET}).require_registry_key()
    by_file = Settings.read({"ANTREAN_REGISTRY_KEY_FILE": str(file)}).require_registry_key()
    assert by_value.check == by_file.check == RegistryKey(SECRET).check


def test_no_key_is_none_where_none_is_needed() -> None:
    assert Settings.read({"ANTREAN_REGISTRY_KEY": ""}).read_registry_key() is None
    with pytest.raises(SettingsError, match="openssl rand -hex 32"):
        Settings.read({}).require_registry_key()


@pytest.mark.parametrize("content", [b"short", b"", b"\xff" * KEY_LENGTH_MIN, None])
def test_a_key_that_could_be_guessed_or_read_by_nobody_is_refused(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
        file.chmod(0o600)
    with pytest.raises(SettingsError, match="ANTREAN_REGISTRY_KEY_FILE cannot be used"):
        Settings.read({"ANTREAN_REGISTRY_KEY_FILE": str(file)}).read_registry_key()


def test_the_key_is_not_shown_with_the_settings() -> None:
    settings = Settings.read({"ANTREAN_REGISTRY_KEY": SECRET})
    assert SECRET not in repr(settings)
    assert SECRET not in repr(settings.require_registry_key())
    with pytest.raises(SettingsError) as refused:
        Settings.read({"ANTREAN_REGISTRY_KEY": "a secret"}).read_registry_key()
    assert "a secret" not in str(refused.value)


def test_the_local_stack_s_key_is_for_registrars_and_operators(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTREAN_STACK_DIR", str(tmp_path))
    key_file, stack_file = tmp_path / "registry.key", tmp_path / STACK_FILE
    key_file.write_text(SECRET)
    key_file.chmod(0o600)
    urls = {role: f"amqp://{role}:secret@127.0.0.1/" for role in get_args(Role)}
    stack = {"amqp_urls": urls, "database_url": "sqlite:///x", "registry_key_file": str(key_file)}
    stack_file.touch(mode=0o600)
    stack_file.write_text(json.dumps(stack))
    found = {role for role in get_args(Role) if load_settings(role).read_registry_key() is not None}
    assert found == {"registrar", "deploy"}
    monkeypatch.setenv("ANTREAN_REGISTRY_KEY", SECRET.upper())
    assert load_settings("deploy").require_registry_key().check == RegistryKey(SECRET.upper()).check
