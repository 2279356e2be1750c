"""Somebody at a terminal: a program of ours on a pseudo-terminal of its own."""

import fcntl
import os
import pty
import select
import struct
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from tests.acceptance.command_line import Shell
from tests.forked import BIN
from tests.processes import SECONDS_MAX, started

_ENDED_AFTER_SECONDS = 0.05
_PRESSED_AGAIN_SECONDS = 3


class Terminal:
    """What was written to a terminal so far, and its keyboard."""

    def __init__(self, shell: Shell, words: Sequence[str], columns: int, output: Path | None) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        file = output.open("wb") if output else None
        self._process = started(
            [str(BIN / words[0]), *words[1:]],
            shell.environment | {"TERM": "xterm"},
            shell.directory,
            (theirs, file.fileno() if file else theirs, theirs),
            terminal=True,
        )
        os.close(theirs)
        if file:
            file.close()
        self.shown = ""

    def reads(self, text: str) -> Self:
        """Waits until a text is shown."""
        deadline = time.monotonic() + SECONDS_MAX
        while text not in self.shown:
            assert time.monotonic() < deadline, f"{text!r} in {self.shown!r}"
            assert self._read(1) or self._process.poll() is None, f"{text!r} in {self.shown!r}"
        return self

    def types(self, keys: str) -> Self:
        """Presses keys."""
        os.write(self._ours, keys.encode())
        return self

    def is_interrupted(self) -> int:
        """Presses Ctrl-C until the program ends, as people do; the exit code.

        Python does not see an interruption that comes after it has shown a question, and before it reads.
        """
        deadline = time.monotonic() + SECONDS_MAX
        while self._process.poll() is None:
            assert time.monotonic() < deadline, self.shown
            self.types("\x03")
            self._waits_for_end(_PRESSED_AGAIN_SECONDS)
        return self.ends()

    def _waits_for_end(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while self._process.poll() is None and time.monotonic() < until:
            self._read(_ENDED_AFTER_SECONDS)

    def ends(self) -> int:
        """Waits for the end; the exit code."""
        self._waits_for_end(SECONDS_MAX)
        assert self._process.poll() is not None, self.shown
        while self._read(_ENDED_AFTER_SECONDS):
            pass
        return self._process.wait()

    def close(self) -> None:
        """Ends the program if it has not."""
        self._process.kill()
        self._process.wait()
        os.close(self._ours)

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._ours], [], [], seconds)
        if not ready:
            return False
        try:
            found = os.read(self._ours, 65_536)
        except OSError:  # as Linux says that the other side has closed
            return False
        self.shown += found.decode(errors="replace")
        return bool(found)


@contextmanager
def terminal(shell: Shell, *words: str, columns: int = 80, output: Path | None = None) -> Iterator[Terminal]:
    """A program on a terminal; its standard output goes to a file where one is named."""
    found = Terminal(shell, words, columns, output)
    try:
        yield found
    finally:
        found.close()
