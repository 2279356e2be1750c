"""Programs of ours as processes, each in an environment of its own, watched by their output and their end."""

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Self

import pytest

from local_stack.child import wait_until
from tests.forked import Forked, fork

SECONDS_MAX = 90.0
"""How long anything that a test waits for may take, on a machine that has much else to do: the one limit of
all tests. A test waits for a signal, so that this costs time only where it fails."""

PATIENT = {"ANTREAN_REPLY_TIMEOUT_SECONDS": f"{SECONDS_MAX:g}"}
"""For a command whose answer is to come, however long it takes."""

_OF_COVERAGE = "COVERAGE_PROCESS_CONFIG"
"""With which coverage, where it runs, counts what a child process executes."""

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def eventually(condition: Callable[[], bool], what: str, seconds_max: float = SECONDS_MAX) -> None:
    """Waits until `condition` holds; the test fails, saying `what` did not happen, where it never does."""
    if not wait_until(condition, seconds_max):
        pytest.fail(f"Did not happen within {seconds_max:g} s: {what}.")


def bare_environment(directory: Path) -> dict[str, str]:
    """What any program needs, and nothing of the settings of whoever runs the tests."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", _OF_COVERAGE) if name in os.environ}
    return kept | {"HOME": str(directory), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}


class Program:
    """One run of a program; all that it prints stands in `log_file`.

    It works in `directory`, where there is no `.env`, and ends with the process that runs the tests.
    """

    def __init__(
        self, name: str, arguments: Sequence[str], environment: Mapping[str, str], directory: Path
    ) -> None:
        self.name = name
        self.log_file = directory / f"{name}.log"
        with self.log_file.open("wb") as log, Path(os.devnull).open("rb") as nothing:
            streams = (nothing.fileno(), log.fileno(), log.fileno())
            self._process = started(arguments, environment, directory, streams)
        self.pid = self._process.pid

    @classmethod
    def module(cls, name: str, module: str, environment: Mapping[str, str], directory: Path) -> Self:
        """`python -m MODULE`."""
        return cls(name, [sys.executable, "-m", module], environment, directory)

    @property
    def exit_code(self) -> int | None:
        """None while it runs; the negative number of the signal that ended it."""
        return self._process.poll()

    @property
    def output(self) -> str:
        """All that it has printed by now."""
        return self.log_file.read_text(errors="replace")

    def send(self, number: signal.Signals) -> None:
        """Sends a signal."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """Ends it at once, as a power failure would, and waits for the end."""
        self._process.kill()
        self._process.wait(SECONDS_MAX)

    def freeze(self) -> None:
        """Stops its execution, wherever it is, and waits until it stands still."""
        self.send(signal.SIGSTOP)
        if isinstance(self._process, Forked):
            self._process.wait_stopped()
        else:
            os.waitpid(self.pid, os.WUNTRACED)

    def thaw(self) -> None:
        """Lets it go on; harmless where it is not frozen, or has ended."""
        self.send(signal.SIGCONT)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It stands still while the block runs, and goes on afterwards, whatever happens."""
        self.freeze()
        try:
            yield
        finally:
            self.thaw()

    def ends(self) -> int:
        """Waits for its end; returns the exit code."""
        try:
            return self._process.wait(SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.kill()
            pytest.fail(f"{self.name} did not end within {SECONDS_MAX:g} s.\n{self.output[-2000:]}")

    def ask_to_stop(self) -> None:
        """Sends SIGTERM."""
        self.send(signal.SIGTERM)

    def stop(self) -> int:
        """Asks it to stop and waits for the end; returns the exit code."""
        self.ask_to_stop()
        return self.ends()

    def prints(self, text: str, times: int = 1) -> None:
        """Waits until it has printed `text` at least `times` times."""
        eventually(
            lambda: self.output.count(text) >= times or self.exit_code is not None,
            f"{self.name} prints {text!r}\n{self.output[-2000:]}",
        )
        assert self.output.count(text) >= times, f"{self.name} ended without {text!r}: {self.output[-2000:]}"


Process = subprocess.Popen[bytes] | Forked


def started(
    arguments: Sequence[str | bytes],
    environment: Mapping[str, str],
    directory: Path,
    streams: tuple[int, int, int],
    *,
    terminal: bool = False,
) -> Process:
    """Starts a program in a session of its own; it ends with this process.

    `streams` are its standard input, output and error. With `terminal`, standard input is the terminal that
    controls the session. One of ours is forked where that makes no difference to it.
    """
    forked = fork(arguments, environment, directory, streams, terminal=terminal)
    if forked is not None:
        return forked
    stdin, stdout, stderr = streams
    return subprocess.Popen(
        arguments,
        env={**environment},
        cwd=directory,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        preexec_fn=_take_terminal if terminal else _begin_session,
    )


def ended(
    arguments: Sequence[str | bytes],
    environment: Mapping[str, str],
    directory: Path,
    stdout: int | None = None,
) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end, with nothing on standard input; its output is noted unless it goes to
    `stdout`."""
    with (
        Path(os.devnull).open("rb") as nothing,
        TemporaryFile("w+") as out,
        TemporaryFile("w+") as err,
    ):
        streams = (nothing.fileno(), out.fileno() if stdout is None else stdout, err.fileno())
        process = started(arguments, environment, directory, streams)
        try:
            exit_code = process.wait(SECONDS_MAX)
        finally:
            process.kill()
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(arguments, exit_code, out.read(), err.read())


def _take_terminal() -> None:
    """Makes the terminal the one that controls a new process, whose Ctrl-C interrupts it."""
    _begin_session()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    # Tests that run in the background ignore it, and whatever they start would.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _begin_session() -> None:
    os.setsid()
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
