"""The tickets that this user took, remembered in a file that only this user can read.

The file holds what finds a ticket again and nothing about the patient: no name, no date of birth, no medical
record number. Several commands may write at once: each rewrites the file under a lock, as a whole.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from common.domain.ticket_codes import parse_ticket_code
from common.trusted_files import read_trusted

TICKETS_MAX: Final = 200
"""The newest tickets are kept."""

FIELDS: Final = ("ticket_code", "display_number", "hospital", "clinic", "service_date")

NAMES: Final = ("hospital_name", "clinic_name")
"""Kept beside them where they are known: what an earlier version has written has none."""

_LOCK_SECONDS_MAX: Final = 10.0
_LOCK_RETRY_SECONDS: Final = 0.01
_DIRECTORY_MODE: Final = 0o700
_FILE_MODE: Final = 0o600
_VERSION: Final = 1

Entry = dict[str, str]


class BookDamaged(Exception):
    """The file could not be read; it was moved to `moved_to`, and the book is empty."""

    def __init__(self, moved_to: Path) -> None:
        super().__init__(f"moved to {moved_to}")
        self.moved_to = moved_to


class TicketBook:
    """Entries with the members `FIELDS`, and `NAMES` perhaps, in the order in which the tickets were taken.

    Both methods raise BookDamaged, and OSError where the directory cannot be used, or another user can have
    written the file.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / "tickets.json"
        self._lock_path = directory / "tickets.lock"

    def entries(self) -> list[Entry]:
        """All entries, the oldest first."""
        if not self.path.exists():
            return []
        with self._locked():
            return self._read()

    def add(self, ticket: Mapping[str, Any]) -> None:
        """Remembers a ticket of a reply; where it is known already, nothing changes.

        After BookDamaged the ticket is remembered, in a new file.
        """
        entry = _entry(ticket)
        with self._locked():
            damaged = None
            try:
                entries = self._read()
            except BookDamaged as error:
                entries, damaged = [], error
            if all(each["ticket_code"] != entry["ticket_code"] for each in entries):
                self._write([*entries, entry][-TICKETS_MAX:])
            if damaged:
                raise damaged

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.parent.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
        descriptor = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, _FILE_MODE)
        try:
            _lock(descriptor)
            yield
        finally:
            os.close(descriptor)

    def _read(self) -> list[Entry]:
        try:
            return _entries_in(read_trusted(self.path))
        except FileNotFoundError:
            return []
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            aside = self.path.with_name("tickets.damaged.json")
            self.path.replace(aside)
            raise BookDamaged(aside) from error

    def _write(self, entries: list[Entry]) -> None:
        # Under the lock the name is ours alone; what a killed writer left is overwritten, no link followed.
        new = self.path.with_name("tickets.new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, _FILE_MODE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"version": _VERSION, "tickets": entries}, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path)


def _entries_in(text: str) -> list[Entry]:
    entries = [_entry(each) for each in json.loads(text)["tickets"]]
    for each in entries:
        parse_ticket_code(each["ticket_code"])
    return entries


def _entry(ticket: Mapping[str, Any]) -> Entry:
    names = {name: str(ticket[name]) for name in NAMES if ticket.get(name)}
    return {field: str(ticket[field]) for field in FIELDS} | names


def _lock(descriptor: int) -> None:
    deadline = time.monotonic() + _LOCK_SECONDS_MAX
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_LOCK_RETRY_SECONDS)
        else:
            return
