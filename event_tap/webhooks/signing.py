"""Secrets and signatures of webhooks.

Source: Standard Webhooks 1.0.0, https://www.standardwebhooks.com
"""

import base64
import binascii
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from standardwebhooks import Webhook, WebhookVerificationError

from common.clock import SystemClock
from common.errors import SettingsError
from common.translation import N_
from common.trusted_files import FileNotTrusted, read_private

_PREFIX: Final = "whsec_"
_BYTES_NEW: Final = 32
_BYTES_MIN, _BYTES_MAX = 24, 64
_SECRETS_MAX: Final = 2
_FILE_MODE: Final = 0o600
_WEBHOOK_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")

HEADERS: Final = ("webhook-id", "webhook-timestamp", "webhook-signature")


class Signer:
    """Signs with each secret, so that a receiver may know either while they are exchanged."""

    def __init__(self, given: Sequence[str]) -> None:
        self._webhooks = [Webhook(each) for each in given]

    def headers(self, webhook_id: str, body: bytes) -> Mapping[str, str]:
        """The headers of an attempt that is made now; raises UnicodeDecodeError where `body` is no text."""
        now, text = SystemClock().now(), body.decode()
        signatures = [each.sign(webhook_id, now, text) for each in self._webhooks]
        values = (webhook_id, str(int(now.timestamp())), " ".join(signatures))
        return dict(zip(HEADERS, values, strict=True))

    def verifies(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether one of the signatures in `headers` is by one of the secrets, and made within 5 minutes."""
        for each in self._webhooks:
            with suppress(WebhookVerificationError, ValueError):  # of base64 or UTF-8 that is none
                each.verify(body, dict(headers), json_parse=False)
                return True
        return False


def can_be_webhook_id(text: str) -> bool:
    """Whether a text can be signed as an id: a full stop would let two contents have one signature."""
    return _WEBHOOK_ID.fullmatch(text) is not None


def read_secrets(path: Path) -> list[str]:
    """The secrets in a file that is its user's alone, the present one first; raises SettingsError."""
    try:
        lines = read_private(path).split()
    except FileNotTrusted as error:
        raise SettingsError(error.reason.of_record, path=path) from error
    except (OSError, UnicodeDecodeError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
        raise SettingsError(
            N_("The secret in {path} cannot be read ({reason})."), path=path, reason=why
        ) from error
    if not 1 <= len(lines) <= _SECRETS_MAX or not all(map(_is_secret, lines)):
        raise SettingsError(
            N_(
                "{path} holds no secret of webhooks: one or two lines, each of whsec_ and 24 to 64 bytes in"
                " base64. `antrean-events new-secret` makes one."
            ),
            path=path,
        )
    return lines


def make_secret(path: Path, *, keeps_old: bool) -> None:
    """Writes a new secret to a new file; or, where it `keeps_old`, before the present one of this file.

    Raises SettingsError where the file is there, or has none to keep.
    """
    old = read_secrets(path)[:1] if keeps_old else []
    new = _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES_NEW)).decode()
    target = path.with_name(f"{path.name}.new") if keeps_old else path
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
    except FileExistsError as error:
        raise SettingsError(
            N_("{path} is there already: name another file, or add --rotate."), path=target
        ) from error
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write("".join(f"{each}\n" for each in [new, *old]))
        file.flush()
        os.fsync(file.fileno())
    if keeps_old:
        target.replace(path)


def _is_secret(text: str) -> bool:
    if not text.startswith(_PREFIX):
        return False
    try:
        size = len(base64.b64decode(text.removeprefix(_PREFIX), validate=True))
    except (binascii.Error, ValueError):
        return False
    return _BYTES_MIN <= size <= _BYTES_MAX
