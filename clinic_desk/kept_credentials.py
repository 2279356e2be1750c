"""The users and passwords that `antrean-desk login` keeps, in a file that only this user can read.

Each is kept for one broker, so that no password is sent to another that a setting happens to name.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from common.errors import SettingsError
from common.translation import N_
from common.trusted_files import FileNotTrusted, check_trusted, read_private

_DIRECTORY_MODE: Final = 0o700
_FILE_MODE: Final = 0o600
_VERSION: Final = 1
_MEMBERS: Final = ("broker", "user", "password")
_USERS_MAX: Final = 20
"""Of those who signed in last."""


@dataclass(frozen=True)
class Credentials:
    """A user of the broker."""

    user: str
    password: str = field(repr=False)


class KeptCredentials:
    """What is kept in `directory`; a broker is named by its address without a user.

    All methods raise SettingsError where others can read or write the file, it cannot be read or written, or
    it is damaged.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / "desk.json"

    def find(self, broker: str, user: str | None) -> Credentials | None:
        """Those of `user` for this broker; with None of whoever signed in last."""
        for each in self._read():
            if each["broker"] == broker and user in (None, each["user"]):
                return Credentials(each["user"], each["password"])
        return None

    def keep(self, broker: str, credentials: Credentials) -> None:
        """Keeps them, and before those of all who signed in earlier."""
        entry = {"broker": broker, "user": credentials.user, "password": credentials.password}
        others = [each for each in self._read() if _key(each) != _key(entry)]
        self._write([entry, *others][:_USERS_MAX])

    def forget(self, user: str | None) -> list[str]:
        """Forgets this user, with None everybody; returns whom it has forgotten."""
        entries = self._read()
        forgotten = [each for each in entries if user in (None, each["user"])]
        if forgotten:
            self._write([each for each in entries if each not in forgotten])
        return sorted({each["user"] for each in forgotten})

    def _read(self) -> list[dict[str, str]]:
        with self._told():
            try:
                kept = json.loads(read_private(self.path))["users"]
                return [{name: str(each[name]) for name in _MEMBERS} for each in kept]
            except (FileNotFoundError, NotADirectoryError):
                return []

    def _write(self, entries: list[dict[str, str]]) -> None:
        with self._told():
            if entries:
                self._replace(json.dumps({"version": _VERSION, "users": entries}, indent=1))
            else:
                self.path.unlink(missing_ok=True)

    def _replace(self, text: str) -> None:
        folder = self.path.parent
        folder.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
        check_trusted(folder)
        folder.chmod(_DIRECTORY_MODE)
        new = self.path.with_name(f"desk.{os.getpid()}.new")
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _FILE_MODE)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.path)
        finally:
            new.unlink(missing_ok=True)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Says of every failure what to do."""
        try:
            yield
        except FileNotTrusted as error:
            raise SettingsError(error.reason.of_record, path=error.path) from error
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise SettingsError(
                N_("The passwords in {path} cannot be used ({reason})."), path=self.path, reason=why
            ) from error
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise SettingsError(
                N_("{path} is damaged: delete it, and sign in again."), path=self.path
            ) from error


def _key(entry: dict[str, str]) -> tuple[str, str]:
    return entry["broker"], entry["user"]
