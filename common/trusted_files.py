"""Files that tell a program where to connect, or what is its user's: read only where nobody else can have
written them."""

import errno
import os
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from antrean_client.visible_text import visible
from common.translation import N_, languages, translated

_ROOT: Final = 0
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True)
class Reason:
    """Why a file is not read and what to do, as marked sentences with places for `path`."""

    of_settings: str
    of_record: str


_NOT_OURS: Final = Reason(
    N_(
        "{path} is not read, and its settings are not used: it belongs to another user. Delete it, or run in"
        " another directory."
    ),
    N_("{path} is not read: it belongs to another user. Delete it."),
)
_WRITABLE: Final = Reason(
    N_(
        "{path} is not read, and its settings are not used: other users can change it. Run: chmod go-w {path}"
    ),
    N_("{path} is not read: other users can change it. Run: chmod go-w {path}"),
)
_READABLE: Final = Reason(
    of_settings=N_("{path} is not read: other users can read or change it. Run: chmod go= {path}"),
    of_record=N_("{path} is not read: other users can read or change it. Run: chmod go= {path}"),
)


class FileNotTrusted(PermissionError):
    """A file that somebody else can have written, or has read though it holds a secret."""

    def __init__(self, path: Path, reason: Reason) -> None:
        super().__init__(errno.EPERM, "it has to be of its user alone", str(path))
        self.path = path
        self.reason = reason

    def tell(self) -> None:
        """Says of a file of settings, on standard error and in both languages, that it is not read; each
        file once in a process."""
        _tell(self.path, self.reason.of_settings)


def read_trusted(path: Path) -> str:
    """The text, in UTF-8, of a file of this user or of root that nobody else can write; a link to it has to
    be theirs too.

    The folder needs no look: whoever may write there can put another file or link in its place, but only one
    of their own. Raises FileNotTrusted, other OSErrors, and UnicodeDecodeError.
    """
    for found in (path.lstat(), path.stat()):
        _check(path, found)
    _see_that_it_is_a_file(path)
    with path.open(encoding="utf-8") as file:
        _check(path, os.fstat(file.fileno()))
        return file.read()


def read_private(path: Path) -> str:
    """As `read_trusted`, of a file that holds a secret: nobody else may be able to read it either."""
    try:
        text = read_trusted(path)
    except FileNotTrusted as error:
        if error.reason is _WRITABLE:  # what helps against reading helps against both
            raise FileNotTrusted(path, _READABLE) from error
        raise
    if stat.S_IMODE(path.stat().st_mode) & _OTHERS:
        raise FileNotTrusted(path, _READABLE)
    return text


def read_secret(path: Path) -> str:
    """The text of a file that a setting names and that holds a secret: nobody else may be able to write it
    nor, where it belongs to this user, to read it. (Those that a container's engine puts in place are root's,
    or of who owns them on the host, and all in the container can read them.) Raises as `read_trusted`."""
    _see_that_it_is_a_file(path)
    with path.open(encoding="utf-8") as file:
        check_secret(path, os.fstat(file.fileno()))
        return file.read()


def check_secret(path: Path, found: os.stat_result) -> None:
    """Raises FileNotTrusted where others have access to a secret that they should not have."""
    is_open = found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) & _OTHERS
    if is_open or _others_write(found):
        raise FileNotTrusted(path, _READABLE)


def check_trusted(path: Path) -> None:
    """Raises FileNotTrusted where a file or folder is another user's, or others can write it."""
    _check(path, path.stat())


def is_only_ours(found: os.stat_result) -> bool:
    """Whether a file or folder belongs to this user or to root, and nobody else can write it."""
    return _is_ours(found) and not _others_write(found)


def _check(path: Path, found: os.stat_result) -> None:
    if not _is_ours(found):
        raise FileNotTrusted(path, _NOT_OURS)
    if not stat.S_ISLNK(found.st_mode) and _others_write(found):
        raise FileNotTrusted(path, _WRITABLE)


def _see_that_it_is_a_file(path: Path) -> None:
    """Raises OSError where it is something else: to open a pipe would be to wait for its writer."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "it has to be a file", str(path))


def _is_ours(found: os.stat_result) -> bool:
    return found.st_uid in (os.geteuid(), _ROOT)


def _others_write(found: os.stat_result) -> bool:
    if found.st_mode & stat.S_IWOTH:
        return True
    return bool(found.st_mode & stat.S_IWGRP) and not _is_private_group(found)


def _is_private_group(found: os.stat_result) -> bool:
    """Whether the group is that of the owner alone, which many systems give to each user: files that such a
    user makes can be written by the group."""
    import grp  # only here: hardly ever needed, and `antrean` has to be quick to start
    import pwd

    try:
        owner, group = pwd.getpwuid(found.st_uid), grp.getgrgid(found.st_gid)
    except KeyError:
        return False
    members = {*group.gr_mem, *(each.pw_name for each in pwd.getpwall() if each.pw_gid == group.gr_gid)}
    return group.gr_name == owner.pw_name and members <= {owner.pw_name}


@cache
def _tell(path: Path, sentence: str) -> None:
    if sys.stderr is None:
        return
    told = [translated(sentence, language).format(path=visible(str(path))) for language in languages()[:2]]
    with suppress(OSError):
        print(*told, sep="\n", file=sys.stderr)
