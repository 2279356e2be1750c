"""The file of a SQLite database: only its owner can read it, and no connection outlives it.

It holds names, dates of birth and medical record numbers. SQLite itself makes files that everybody on the
machine can read (as the umask has it), and its `-wal` and `-shm` with the permissions of the database.
"""

import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

_BESIDE = ("", "-wal", "-shm", "-journal")
"""What SQLite adds to the name of a database."""

_BUSY_SECONDS = 0.01

_CACHE_KIB = 16 * 1024
"""Of SQLite's pages: a day of a busy hospital. Its own 2 MiB are read again and again."""

_USABLE_AFTER = frozenset(
    {
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_ABORT,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_SCHEMA,
        sqlite3.SQLITE_TOOBIG,
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_MISUSE,
        sqlite3.SQLITE_RANGE,
    }
)
"""Errors that concern one statement, or pass. After all others (the file is read-only, cannot be opened or
read, is no database) a connection keeps failing, whatever becomes of the file: another one is opened."""

Identity = tuple[int, int] | None


class SqliteFile:
    """The database at `path`. The first connection creates it where it is missing; later ones do not: a file
    that has vanished is not to come back empty."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._may_create = True

    def connect(self, *, timeout: float, **options: Any) -> sqlite3.Connection:
        """A connection that leaves `BEGIN` to its user, and waits for locks for `timeout` seconds; raises
        sqlite3.Error."""
        if self._may_create:
            create_private(self.path)
        tighten(self.path)
        uri = f"file:{quote(os.fsencode(self.path))}?mode=rw"
        connection: sqlite3.Connection = sqlite3.connect(
            uri, uri=True, isolation_level=None, timeout=timeout, **options
        )
        try:
            _write_ahead(connection, timeout)
            connection.execute("PRAGMA synchronous = FULL")  # NORMAL can lose commits on power loss
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            connection.create_function("antrean_unhex", 1, _unhex, deterministic=True)
        except BaseException:
            connection.close()
            raise
        self._may_create = False
        return connection

    def identity(self) -> Identity:
        """Which file it is, None where there is none: another one, after a backup was put back."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return (found.st_dev, found.st_ino)


def is_of_no_use_after(error: BaseException | None) -> bool:
    """Whether the connection on which the error was raised is better closed."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF not in _USABLE_AFTER


def create_private(path: Path) -> None:
    """Makes an empty file that only its owner can read, unless there is one already. Where that is not
    possible, whoever opens it will say so."""
    with suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def tighten(path: Path) -> None:
    """Takes from others what they may do with a database of an earlier version, as far as it is ours.

    What SQLite keeps beside it follows: made while the database was read-only, it would stay read-only.
    """
    for file, mode, private in _modes(path):
        if mode != private:
            with suppress(OSError):  # another user's, or gone by now
                file.chmod(private)


def exposed(path: Path) -> list[Path]:
    """Of the files of a database, those that others than its users can read."""
    return [file for file, mode, private in _modes(path) if mode & ~private]


def _modes(path: Path) -> Iterator[tuple[Path, int, int]]:
    """The files of a database, and what may be done with each: as it is, and as it is to be."""
    of_database = 0
    for addition in _BESIDE:
        file = path.with_name(path.name + addition)
        with suppress(OSError):
            mode = stat.S_IMODE(file.stat().st_mode)
            of_database = of_database or _private(mode)
            yield file, mode, _private(mode) if file == path else of_database | 0o600


def _private(mode: int) -> int:
    """What stays of a mode. A group that may write shares the database on purpose; one that may only read was
    let in by the umask."""
    return mode & (0o660 if mode & stat.S_IWGRP else 0o600)


def _write_ahead(connection: sqlite3.Connection, timeout_seconds: float) -> None:
    # Once for a new file. SQLite's own timeout does not wait for others who are doing it at this moment.
    until = time.monotonic() + timeout_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_BUSY_SECONDS)
        else:
            return


def _unhex(text: str | None) -> bytes | None:
    """Bytes of what was given as JSON (see `Prepared`); SQLite has had a function for it only since 3.41."""
    return None if text is None else bytes.fromhex(text)
