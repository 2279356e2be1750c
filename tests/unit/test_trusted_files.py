"""Files of somebody else, or that others can write: they are not read, and that is said."""

import grp
import json
import os
import pwd
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import common
from admin_cli.program import run as admin
from common import trusted_files
from common.errors import SettingsError
from common.known_passwords import role_urls
from common.settings import STACK_FILE, Settings, load_settings
from common.trusted_files import FileNotTrusted, is_only_ours, read_trusted
from local_stack.stack import Stack, StackError
from patient_cli.ticket_book import TicketBook

SOMEBODY = 54_321
"""A user that there is not."""

PLANTED = "ANTREAN_AMQP_URL=amqp://patient:x@planted.example/\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working directory of a program that has said nothing yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTREAN_STACK_DIR", str(tmp_path / "stack"))
    before = os.umask(0o022)
    trusted_files._tell.cache_clear()
    yield tmp_path
    os.umask(before)


def of_somebody(path: Path) -> None:
    """Gives the file away."""
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    os.chown(path, SOMEBODY, -1, follow_symlinks=False)


def for_others(path: Path) -> None:
    """Lets everybody write it."""
    path.chmod(0o646)


def for_a_group(path: Path) -> None:
    """Lets a group write it in which there may be anybody."""
    if os.geteuid() != 0:
        pytest.skip("only root can give files to a group that it is not in")
    os.chown(path, -1, SOMEBODY)
    path.chmod(0o664)


def by_a_link(path: Path) -> None:
    """Puts somebody's link to a file of ours in its place."""
    real = path.rename(path.with_name("of-another-installation"))
    path.symlink_to(real)
    of_somebody(path)


WAYS = [of_somebody, for_others, for_a_group, by_a_link]


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err


@pytest.mark.parametrize("way", WAYS)
def test_an_env_file_that_others_can_have_written_is_passed_over_and_told_once(
    folder: Path, way: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / ".env").write_text(PLANTED)
    way(folder / ".env")
    assert load_settings("patient").amqp_url is None
    indonesian, english = said(capsys).splitlines()
    assert indonesian.startswith(".env tidak dibaca dan pengaturannya tidak dipakai: ")
    assert english.startswith(".env is not read, and its settings are not used: ")
    load_settings("patient")
    load_settings(None)
    assert said(capsys) == "", "once"


@pytest.mark.parametrize("way", WAYS)
def test_an_operator_stops_before_another_system_is_changed(
    folder: Path, way: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Without what the file names, `antrean-admin` would find a local stack that runs."""
    stack = folder / "stack" / STACK_FILE
    stack.parent.mkdir()
    stack.write_text(json.dumps({"amqp_urls": {"deploy": "amqp://x/"}, "database_url": "sqlite:///x"}))
    assert admin(["migrate", "--help"]) == 0
    (folder / ".env").write_text(PLANTED)
    way(folder / ".env")
    capsys.readouterr()
    assert admin(["migrate", "--lang", "en"]) == 2
    assert said(capsys).startswith(".env is not read, and its settings are not used: ")
    assert admin(["migrate", "--help"]) == 0
    assert said(capsys) == ""


def test_an_operator_whose_environment_names_the_system_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As the local stack does, which gives both addresses to the `antrean-admin` that it runs."""
    (folder / ".env").write_text(PLANTED)
    for_others(folder / ".env")
    monkeypatch.setenv("ANTREAN_AMQP_URL", "amqp://deploy:x@127.0.0.1:1/")
    with pytest.raises(SettingsError, match=r"^\.env is not read"):
        load_settings("deploy")
    monkeypatch.setenv("ANTREAN_DATABASE_URL_DEPLOY", "sqlite:////x")
    assert load_settings("deploy").database_url == "sqlite:////x"
    assert said(capsys).startswith(".env tidak dibaca")


def test_an_env_file_of_this_user_or_of_root_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "real").write_text(PLANTED)
    (folder / ".env").symlink_to("real")
    for mode in (0o600, 0o644, 0o400):
        (folder / "real").chmod(mode)
        assert load_settings("patient").amqp_url == "amqp://patient:x@planted.example/"
    if os.geteuid() == 0:
        monkeypatch.setattr(os, "geteuid", lambda: SOMEBODY)
        assert load_settings("patient").amqp_url is not None, "it is root's"
    assert said(capsys) == ""


def test_a_group_of_its_owner_alone_is_nobody_else(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many systems give each user such a group, and let it write what the user makes."""
    path = folder / ".env"
    path.write_text(PLANTED)
    path.chmod(0o664)
    owner = pwd.getpwuid(path.stat().st_uid).pw_name

    def group(name: str, members: list[str]) -> None:
        monkeypatch.setattr(grp, "getgrgid", lambda number: grp.struct_group((name, "x", number, members)))

    for members in ([], [owner]):
        group(owner, members)
        assert read_trusted(path) == PLANTED
    for name, members in ((owner, [owner, "dewi"]), ("staff", [])):
        group(name, members)
        with pytest.raises(FileNotTrusted):
            read_trusted(path)
    group(owner, [])
    dewi = pwd.struct_passwd(("dewi", "x", SOMEBODY, path.stat().st_gid, "", "/", "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwall", lambda: [dewi])
    with pytest.raises(FileNotTrusted):
        read_trusted(path)


def test_a_pipe_of_somebody_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / ".env", 0o600)
    of_somebody(folder / ".env")
    assert load_settings("patient").amqp_url is None


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), lambda path: path.symlink_to("nowhere")])
def test_what_is_no_file_is_nothing(
    folder: Path, make: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    make(folder / ".env")
    assert load_settings("patient").amqp_url is None
    assert said(capsys) == ""


@pytest.mark.parametrize("way", WAYS)
def test_what_somebody_says_of_a_local_stack_is_not_believed(
    folder: Path, way: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "stack" / STACK_FILE
    path.parent.mkdir()
    url = "amqp://patient:x@planted.example/"
    path.write_text(json.dumps({"amqp_urls": {"patient": url}, "database_url": "sqlite:///x"}))
    assert load_settings("patient").amqp_url == url
    assert role_urls(Settings(amqp_url=url, stack_dir=path.parent)) == {"patient": url}
    way(path)
    assert load_settings("patient").amqp_url is None
    assert f"{path} is not read, " in said(capsys)
    assert role_urls(Settings(amqp_url=url, stack_dir=path.parent)) == {}


@pytest.mark.parametrize("way", WAYS)
def test_no_ticket_is_remembered_that_somebody_else_can_have_written(
    folder: Path, way: Callable[[Path], None]
) -> None:
    book = TicketBook(folder)
    ticket = {"display_number": "GIG-001", "hospital": "RSHS", "clinic": "GIG", "service_date": "2026-11-23"}
    book.add(ticket | {"ticket_code": "7K3F-9QXM-2T5R"})
    way(book.path)
    with pytest.raises(FileNotTrusted):
        book.entries()
    with pytest.raises(FileNotTrusted):
        book.add(ticket | {"ticket_code": "D7GM-VV2X-7KK4"})


def test_no_link_is_followed_where_tickets_are_written(folder: Path) -> None:
    (folder / "precious").write_text("precious")
    (folder / "tickets.new").symlink_to("precious")
    ticket = dict.fromkeys(("display_number", "hospital", "clinic", "service_date"), "x")
    with pytest.raises(OSError):  # noqa: PT011 - the system's own
        TicketBook(folder).add(ticket | {"ticket_code": "7K3F-9QXM-2T5R"})
    assert (folder / "precious").read_text() == "precious"


@pytest.mark.parametrize("mode", [0o777, 0o1777])
def test_a_local_stack_does_not_start_where_others_can_write(folder: Path, mode: int) -> None:
    (folder / "stack").mkdir()
    (folder / "stack").chmod(mode)
    with pytest.raises(StackError, match="ANTREAN_STACK_DIR"), Stack(Settings(), folder / "stack"):
        pass
    assert not is_only_ours((folder / "stack").stat())


def test_a_program_says_it_in_both_languages_and_its_exit_code_is_the_same(folder: Path) -> None:
    (folder / ".env").write_text(PLANTED)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(common.__file__).parents[1]),
        "ANTREAN_STACK_DIR": str(folder / "stack"),
        "LC_ALL": "C.UTF-8",
    }

    def run() -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "patient_cli", "hospitals", "--lang", "en"],
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    for_others(folder / ".env")
    told = run()
    (folder / ".env").unlink()
    without = run()
    assert told.returncode == without.returncode == 69
    assert told.stderr == (
        ".env tidak dibaca dan pengaturannya tidak dipakai: pengguna lain dapat mengubahnya."
        " Jalankan: chmod go-w .env\n"
        ".env is not read, and its settings are not used: other users can change it."
        " Run: chmod go-w .env\n" + without.stderr
    )
