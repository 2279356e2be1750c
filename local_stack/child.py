"""A program as a child process that can neither be lost nor mistaken for another.

Each child holds a lock on its own file `NAME.pid` for as long as it lives: the lock is inherited with the
open file, so it tells, whatever became of the parent, whether the process of that number is still ours.
Children live in sessions of their own: a terminal's Ctrl-C reaches the parent, which stops them in order.
"""

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from antrean_client.visible_text import visible
from local_stack.files import open_private

_PR_SET_PDEATHSIG = 1
_POLL_SECONDS = 0.05
_KILL_SECONDS_MAX = 5
_LOG_BYTES_MAX = 8 * 1024 * 1024  # a longer log is set aside at the next start
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class Child:
    """One program, running at most once at a time. All children of one parent are started from one thread.

    In `directory` stand its pid file and `NAME.log` with all that it prints. `environment` holds what it
    gets beside this process's own.
    """

    def __init__(
        self, name: str, arguments: Sequence[str], environment: Mapping[str, str], directory: Path
    ) -> None:
        self.name = name
        self.log_file = directory / f"{name}.log"
        self._arguments = list(arguments)
        self._environment = dict(environment)
        self._pid_file = directory / f"{name}.pid"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the program unless it runs; returns without waiting for it.

        Ends first what is left of an earlier run. Raises OSError where the program cannot be run.
        """
        if self.alive():
            return
        self.kill()
        if self.log_file.exists() and self.log_file.stat().st_size > _LOG_BYTES_MAX:
            self.log_file.replace(self.log_file.with_suffix(".log.1"))
        lock = os.open(self._pid_file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with open(self.log_file, "ab", opener=open_private) as log:
                self._process = subprocess.Popen(
                    self._arguments,
                    env=environment_with(self._environment),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=[lock],
                    start_new_session=True,
                    preexec_fn=_end_with_parent,  # noqa: PLW1509 - safe with one thread starting children
                )
            os.ftruncate(lock, 0)
            os.pwrite(lock, str(self._process.pid).encode(), 0)
        finally:
            os.close(lock)

    @property
    def pid(self) -> int | None:
        """The process number while the program runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def alive(self) -> bool:
        """Whether the program runs."""
        return self.pid is not None

    def last_words(self) -> str:
        """The last line of its log, as a terminal can show it, or the log's name where that is empty."""
        lines = self.log_file.read_text(errors="replace").split("\n") if self.log_file.exists() else []
        return visible(next((line for line in reversed(lines) if line.strip()), str(self.log_file)))

    def ask_to_stop(self) -> None:
        """Sends SIGTERM to the program, or to what it started where only that still runs."""
        if self._process is not None and self.alive():
            self._process.terminate()
        elif (group := _locked_by(self._pid_file)) is not None:
            _signal_group(group, signal.SIGTERM)

    def kill(self) -> None:
        """Sends SIGKILL to the program and to all that it started, and waits for their end.

        Safe in a signal handler, whatever the handler interrupted.
        """
        if (group := _locked_by(self._pid_file)) is not None:
            _signal_group(group, signal.SIGKILL)
        self.wait(_KILL_SECONDS_MAX)

    def wait(self, seconds_max: float) -> bool:
        """Waits until the program and all that it started have ended; returns whether they have in time."""
        return wait_until(lambda: not self.alive() and _locked_by(self._pid_file) is None, seconds_max)

    def stop(self, seconds_max: float) -> None:
        """Asks to stop, waits up to `seconds_max`, then kills."""
        self.ask_to_stop()
        if not self.wait(seconds_max):
            self.kill()


def stop_leftovers(directory: Path, seconds_max: float) -> list[str]:
    """Stops what a parent that was killed left running in `directory`; returns the names of those children.

    Asks first, and kills what still runs after `seconds_max`.
    """
    pid_files = [path for path in sorted(directory.glob("*.pid")) if _locked_by(path) is not None]
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        for path in pid_files:
            if (group := _locked_by(path)) is not None:
                _signal_group(group, signal_number)
        wait_until(lambda: not any(map(_locked_by, pid_files)), seconds_max)
    return [path.stem for path in pid_files]


def environment_with(variables: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with `variables` over it."""
    return {**os.environ, **variables}


def wait_until(condition: Callable[[], bool], seconds_max: float) -> bool:
    """Waits until `condition` holds; returns whether it did within `seconds_max`."""
    end = time.monotonic() + seconds_max
    while not (holds := condition()) and time.monotonic() < end:
        time.sleep(_POLL_SECONDS)
    return holds


def _locked_by(pid_file: Path) -> int | None:
    """The process group that holds `pid_file`; None where all of it has ended."""
    try:
        with pid_file.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(file.read() or 0) or None
    except FileNotFoundError:
        pass
    return None


def _signal_group(group: int, signal_number: signal.Signals) -> None:
    # It may end in between; macOS then says PermissionError.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal_number)


def _end_with_parent() -> None:
    # Where the parent is killed outright, Linux asks its children to stop; elsewhere the next start does.
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
