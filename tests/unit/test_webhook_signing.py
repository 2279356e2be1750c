"""Signatures and secrets of webhooks, held against the library of Standard Webhooks and by hand."""

import base64
import hashlib
import hmac
import stat
import time
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from common.errors import SettingsError
from event_tap.webhooks.signing import Signer, can_be_webhook_id, make_secret, read_secrets

BODY = '{"type":"id.antrean.ticket.called.v1","subject":"GIG-017","data":{"room_name":"Ruang é"}}'.encode()
ID = "5d0c7a1e-7a44-4d52-9c1e-5b1f0a6d2e11"


def secret(fill: int = 1, size: int = 32) -> str:
    return "whsec_" + base64.b64encode(bytes([fill]) * size).decode()


def signed_by_hand(given: str, webhook_id: str, timestamp: str, body: bytes) -> str:
    """As section "Signature scheme" of the specification says."""
    key = base64.b64decode(given.removeprefix("whsec_"))
    content = webhook_id.encode() + b"." + timestamp.encode() + b"." + body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def test_signed_as_the_specification_says() -> None:
    headers = Signer([secret()]).headers(ID, BODY)
    assert headers["webhook-id"] == ID
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    by_hand = signed_by_hand(secret(), ID, headers["webhook-timestamp"], BODY)
    assert headers["webhook-signature"] == by_hand
    Webhook(secret()).verify(BODY, dict(headers))


def test_while_a_secret_is_exchanged_both_sign() -> None:
    headers = dict(Signer([secret(2), secret(1)]).headers(ID, BODY))
    new, old = headers["webhook-signature"].split(" ")
    timestamp = headers["webhook-timestamp"]
    assert new == signed_by_hand(secret(2), ID, timestamp, BODY)
    assert old == signed_by_hand(secret(1), ID, timestamp, BODY)
    for fill in (1, 2):
        assert Signer([secret(fill)]).verifies(headers, BODY)
    assert Signer([secret(3), secret(1)]).verifies(headers, BODY)
    assert not Signer([secret(3)]).verifies(headers, BODY)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("webhook-id", "other"),
        ("webhook-id", ""),
        ("webhook-timestamp", "1674087231"),
        ("webhook-timestamp", "9674087231"),
        ("webhook-timestamp", "now"),
        ("webhook-timestamp", "nan"),
        ("webhook-timestamp", "1e400"),
        ("webhook-signature", ""),
        ("webhook-signature", "v1"),
        ("webhook-signature", "v1,"),
        ("webhook-signature", "v1,no base64!"),
        ("webhook-signature", "v1,pöli"),
        ("webhook-signature", "v2,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="),
        ("webhook-signature", "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="),
        ("webhook-signature", ",,, ,"),
    ],
)
def test_a_forged_header_is_found(name: str, value: str) -> None:
    signer = Signer([secret()])
    assert not signer.verifies(dict(signer.headers(ID, BODY)) | {name: value}, BODY)


def test_a_changed_body_is_found() -> None:
    signer = Signer([secret()])
    headers = signer.headers(ID, BODY)
    for body in (BODY + b" ", b"", b"\xff", BODY.replace(b"017", b"018")):
        assert not signer.verifies(headers, body)


def test_ids_that_cannot_be_signed() -> None:
    assert can_be_webhook_id(ID)
    for text in ("", "a.b", "a b", "a\r\nb", "a\n", "é", "a" * 65):
        assert not can_be_webhook_id(text)


def test_a_new_secret_is_its_users_alone(tmp_path: Path) -> None:
    path = tmp_path / "webhook.secret"
    make_secret(path, keeps_old=False)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (first,) = read_secrets(path)
    assert len(base64.b64decode(first.removeprefix("whsec_"))) == 32
    with pytest.raises(SettingsError, match="is there already"):
        make_secret(path, keeps_old=False)
    make_secret(path, keeps_old=True)
    new, old = read_secrets(path)
    assert old == first != new
    make_secret(path, keeps_old=True)
    assert read_secrets(path)[1] == new
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["webhook.secret"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "verysecret",
        "whsec_",
        "whsec_verysecret",
        secret(size=23),
        secret(size=65),
        secret()[:-1],
        secret().removeprefix("whsec_"),
        secret().replace("whsec_", "whsk_"),
        "\n".join([secret()] * 3),
        f"{secret()}\nverysecret",
    ],
)
def test_a_file_without_a_usable_secret(tmp_path: Path, text: str) -> None:
    path = tmp_path / "webhook.secret"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(SettingsError) as refused:
        read_secrets(path)
    assert "holds no secret" in str(refused.value)
    assert not {"verysecret", secret()} & set(str(refused.value).split())


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o666])
def test_a_file_that_others_can_read(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "webhook.secret"
    path.write_text(secret())
    path.chmod(mode)
    with pytest.raises(SettingsError, match="chmod go="):
        read_secrets(path)


def test_a_file_that_is_missing_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        read_secrets(tmp_path / "webhook.secret")
    (tmp_path / "webhook.secret").write_bytes(b"\xff\xfe")
    (tmp_path / "webhook.secret").chmod(0o600)
    with pytest.raises(SettingsError, match="cannot be read"):
        read_secrets(tmp_path / "webhook.secret")
