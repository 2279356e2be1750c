"""A SQLite file is its owner's, and a worker that lost it works again as soon as it can."""

import ctypes
import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text, update

from common.errors import StoreUnavailable
from common.storage.engine import open_engine, snapshot, transaction
from common.storage.sqlite_file import exposed
from common.storage.tables import catalog_version
from tests.database import opened, sqlite_file
from tests.processes import SECONDS_MAX


@pytest.fixture
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A database with the newest schema."""
    copy = tmp_path / "antrean.sqlite"
    shutil.copyfile(request.getfixturevalue("_migrated_sqlite"), copy)
    return copy


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    """An engine on it, connected already."""
    with opened(f"sqlite:///{path}") as engine:
        count(engine)
        yield engine


def count(engine: Engine) -> int:
    """Writes, and reads what was written."""
    with transaction(engine) as connection:
        connection.execute(update(catalog_version).values(version=catalog_version.c.version + 1))
    with snapshot(engine) as connection:
        return int(connection.execute(select(catalog_version.c.version)).scalar_one())


def refused(engine: Engine) -> str:
    """Why it cannot be written now."""
    with pytest.raises(StoreUnavailable) as told:
        count(engine)
    return str(told.value)


# --- whose it is ----------------------------------------------------------------------------------------


@contextmanager
def umask(mask: int) -> Iterator[None]:
    """For a block."""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def modes(path: Path) -> dict[str, int]:
    """What may be done with the files of a folder."""
    return {each.name: stat.S_IMODE(each.stat().st_mode) for each in sorted(path.parent.iterdir())}


@pytest.mark.parametrize("mask", [0, 0o022, 0o077])
def test_a_new_file_is_its_owner_s_only_whatever_the_umask(tmp_path: Path, mask: int) -> None:
    path = tmp_path / "new 100% #.db"
    with umask(mask), opened(f"sqlite:///{path}") as engine:
        with transaction(engine) as connection:
            connection.execute(text("CREATE TABLE names (name TEXT)"))
        assert modes(path) == dict.fromkeys((path.name, f"{path.name}-shm", f"{path.name}-wal"), 0o600)
        assert exposed(path) == []


def test_a_file_of_an_earlier_version_is_its_owner_s_from_the_next_connection_on(path: Path) -> None:
    path.chmod(0o644)
    assert exposed(path) == [path]
    with opened(f"sqlite:///{path}") as engine:
        count(engine)
        assert set(modes(path).values()) == {0o600}


def test_a_file_that_a_group_writes_stays_the_group_s(path: Path) -> None:
    path.chmod(0o664)
    with opened(f"sqlite:///{path}") as engine:
        count(engine)
        assert set(modes(path).values()) == {0o660}


# --- what becomes of it ---------------------------------------------------------------------------------


def test_a_connection_that_cannot_write_is_opened_anew(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = 1")
    assert "SQLITE_READONLY" in refused(engine)
    assert count(engine) == 2


_WORKER = """
import sys
from tests.store.test_sqlite_file import write_at_each_line
write_at_each_line(sys.argv[1])
"""


def write_at_each_line(url: str) -> None:
    """Writes at each line of input, and says what came of it."""
    _obey_permissions()
    engine = open_engine(url)
    print("ready", flush=True)
    for _ in sys.stdin:
        try:
            print(count(engine), flush=True)
        except StoreUnavailable as error:
            print(error, flush=True)


def _obey_permissions() -> None:
    """What root may do beyond them is given up."""
    if os.getuid() == 0:
        version, nothing = ctypes.c_uint64(0x20080522), (ctypes.c_uint32 * 6)()
        assert ctypes.CDLL(None, use_errno=True).capset(ctypes.byref(version), nothing) == 0


@contextmanager
def worker(url: str) -> Iterator[Callable[[], str]]:
    """A process that writes each time it is called, as far as permissions allow, and says what came of it."""
    process = subprocess.Popen(
        [sys.executable, "-c", _WORKER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin
    assert process.stdout
    stdin, stdout = process.stdin, process.stdout

    def write() -> str:
        print(file=stdin, flush=True)
        return stdout.readline()

    try:
        assert stdout.readline() == "ready\n"
        yield write
    finally:
        stdin.close()
        stdout.close()
        process.wait(SECONDS_MAX)


def test_who_connected_while_the_file_was_read_only_writes_when_it_is_not(path: Path) -> None:
    path.chmod(0o400)
    with worker(f"sqlite:///{path}") as write:
        assert "SQLITE_READONLY" in write()
        assert "SQLITE_READONLY" in write()
        path.chmod(0o600)
        assert write() == "1\n"


def test_who_found_no_file_that_it_may_open_writes_when_it_may(path: Path) -> None:
    path.chmod(0o000)
    with worker(f"sqlite:///{path}") as write:
        assert "SQLITE_CANTOPEN" in write()
        path.chmod(0o600)
        assert write() == "1\n"


def test_a_disk_that_takes_nothing_is_written_to_when_it_does(engine: Engine) -> None:
    before, was = resource.getrlimit(resource.RLIMIT_FSIZE), signal.getsignal(signal.SIGXFSZ)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1024, before[1]))
        assert "SQLITE_IOERR" in refused(engine) or "SQLITE_FULL" in refused(engine)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, was)
    assert count(engine) == 2


def test_what_is_written_goes_into_the_file_that_is_there_now(engine: Engine, path: Path) -> None:
    """A backup was put back while the worker ran: the file that it has open is deleted."""
    backup = path.with_name("backup.sqlite")
    with sqlite_file(path) as connection:
        connection.execute("VACUUM INTO ?", (str(backup),))
    assert count(engine) == 2
    for addition in ("-wal", "-shm"):
        path.with_name(path.name + addition).unlink()
    backup.replace(path)
    assert count(engine) == 2
    with opened(f"sqlite:///{path}") as another:
        assert count(another) == 3


def test_a_file_that_has_vanished_does_not_come_back_empty(engine: Engine, path: Path) -> None:
    aside = path.with_name("aside.sqlite")
    path.replace(aside)
    assert "SQLITE_CANTOPEN" in refused(engine)
    assert not path.exists()
    aside.replace(path)
    assert count(engine) == 2


def test_a_file_that_is_no_database_is_waited_for(engine: Engine, path: Path) -> None:
    aside = path.with_name("aside.sqlite")
    path.replace(aside)
    path.write_bytes(b"no database" * 1000)
    assert "SQLITE_NOTADB" in refused(engine)
    aside.replace(path)
    assert count(engine) == 2
