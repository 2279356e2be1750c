"""Starts programs of ours by forks of a process that has read their modules, at a tenth of the cost.

It makes no difference to them (see `tests.fork_server`). What it would make one to is started as users do.
"""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import weakref
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest

from local_stack.child import wait_until

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
"""Where the console scripts of this installation are."""

_SCRIPTS = (
    *("antrean", "antrean-desk", "antrean-admin", "antrean-events", "antrean-stack"),
    *("antrean-registrar", "antrean-ticker", "antrean-status"),
)

_OF_THE_INTERPRETER = ("PYTHON", "COVERAGE_", "LANG", "LC_")
"""Beginnings of the names of what Python itself reads at its start."""

_START_SECONDS_MAX = 90.0
_ANSWER_BYTES_MAX = 1024


class Forked:
    """A process that was forked; as `subprocess.Popen` to those who wait for it."""

    def __init__(self, arguments: Sequence[str], told: socket.socket) -> None:
        self._arguments = arguments
        self._told = told
        # A test that kills a process need not wait for its end.
        weakref.finalize(self, told.close)
        self.returncode: int | None = None
        self.pid = self._next("pid", _START_SECONDS_MAX)

    def poll(self) -> int | None:
        """None while it runs; the negative number of the signal that ended it."""
        if self.returncode is None and select.select([self._told], [], [], 0)[0]:
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Waits for its end; returns the exit code, or raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            self.returncode = self._next("exit_code", timeout)
            self._told.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Sends a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Ends it at once."""
        self.send_signal(signal.SIGKILL)

    def wait_stopped(self) -> None:
        """Waits until a SIGSTOP that was sent has stopped it."""
        stat = Path(f"/proc/{self.pid}/stat")
        if not wait_until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T", _START_SECONDS_MAX):
            pytest.fail("A process did not stop.")

    def _next(self, name: str, seconds: float | None) -> int:
        if not select.select([self._told], [], [], seconds)[0]:
            raise subprocess.TimeoutExpired(self._arguments, seconds or 0)
        said = self._told.recv(_ANSWER_BYTES_MAX)
        if not said:
            pytest.fail("The process that forks has died.")
        return int(json.loads(said)[name])


def fork(
    arguments: Sequence[str | bytes],
    environment: Mapping[str, str],
    directory: Path,
    streams: tuple[int, int, int],
    *,
    terminal: bool = False,
) -> Forked | None:
    """Starts a program in `directory`, in a session of its own; None where only a new interpreter will do.

    `streams` are its standard input, output and error. With `terminal`, standard input controls the session.
    The process ends with this one.
    """
    words = [os.fsdecode(each) for each in arguments]
    module, words = _module_and_words(words)
    if not words or not _same_interpreter(environment):
        return None
    request = {
        "module": module,
        "arguments": words,
        "environment": {**environment},
        "directory": str(directory),
        "terminal": terminal,
    }
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        socket.send_fds(_server(), [json.dumps(request).encode()], [*streams, theirs.fileno()])
    return Forked(words, ours)


def _module_and_words(words: list[str]) -> tuple[str, list[str]]:
    """Of a command line, the module, if it runs one, and `sys.argv`; nothing of what is not ours."""
    match words:
        case [python, "-m", module, *rest] if python == sys.executable:
            return module, [module, *rest]
        case [script, *_] if script in {str(BIN / name) for name in _SCRIPTS}:
            return "", words
    return "", []


def _same_interpreter(environment: Mapping[str, str]) -> bool:
    own = {name: value for name, value in environment.items() if name.startswith(_OF_THE_INTERPRETER)}
    return sys.platform == "linux" and own == _LOCALE


_LOCALE = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}


@cache
def _server() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.fork_server"],
            env={"PATH": os.defpath, **_LOCALE},
            cwd=ROOT,
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
    atexit.register(server.wait)
    atexit.register(ours.close)  # is called first, and ends it
    return ours
