"""Where the lines go, and the state from which the next run goes on.

The order is what makes it exact. Lines are written first, and the state after them tells how long the
output is by then: killed in between, the next run cuts the output back to that length and writes the same
lines again. So a line that is torn, or written and not told of, is gone before anything is added. This needs
a file that can be cut; what a pipe has taken cannot be taken back, and is written again.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from antrean_client.position import Position
from common.translation import N_
from event_tap.session import OutputDoesNotFit
from event_tap.state_lock import StateLock

_VERSION = 1


class State(NamedTuple):
    """How far a run has come: the position, the bytes of output that belong to it, and since when events are
    wanted."""

    position: Position
    output_bytes: int = 0
    since: datetime | None = None


class StateFile:
    """The state of runs with one `selection`, which is compared. Reading raises OutputDoesNotFit where the
    file is none of these."""

    def __init__(self, path: Path, selection: Mapping[str, Any]) -> None:
        self._path = path
        self._selection = dict(selection)

    def read(self) -> State | None:
        """The state that was written last; None before the first one."""
        try:
            stored = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise self._unusable() from error
        try:
            if stored["version"] != _VERSION:
                raise ValueError
            if stored["selection"] != self._selection:
                raise OutputDoesNotFit(
                    N_(
                        "{path} is the state of a run with other filters or another format; name another"
                        " file."
                    ),
                    str(self._path),
                )
            since = stored["since"]
            return State(
                Position.from_json(stored["position"]),
                int(stored["output_bytes"]),
                None if since is None else datetime.fromisoformat(since),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise self._unusable() from error

    def write(self, state: State) -> None:
        """Replaces the state; at every moment there is an old one or a new one."""
        text = json.dumps(
            {
                "version": _VERSION,
                "selection": self._selection,
                "since": None if state.since is None else state.since.isoformat(),
                "output_bytes": state.output_bytes,
                "position": state.position.to_json(),
            }
        )
        new = self._path.with_name(f"{self._path.name}.new")
        with new.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)

    def _unusable(self) -> OutputDoesNotFit:
        return OutputDoesNotFit(
            N_("{path} is no state of antrean-events; name another file."), str(self._path)
        )


@contextmanager
def state_at(path: Path | None, selection: Mapping[str, Any]) -> Iterator[StateFile | None]:
    """The state at `path`, which is this run's alone; None for a run that keeps none. Raises StateInUse."""
    if path is None:
        yield None
        return
    with closing(StateLock(path)):
        yield StateFile(path, selection)


class Output:
    """Lines to a file of ours, or (None) to standard output; `length` is how many bytes belong to it."""

    def __init__(self, path: Path | None, length: int | None) -> None:
        """Cuts the file back to this length; None: it should be new. Raises OutputDoesNotFit where it is
        shorter, or holds something and should be new."""
        self.length = length or 0
        self._file: BinaryIO = sys.stdout.buffer if path is None else _opened(path, length)
        self._is_ours = path is not None

    def write(self, lines: bytes) -> None:
        """Adds lines, so that whoever reads has them; raises OSError."""
        self._file.write(lines)
        self._file.flush()
        self.length += len(lines)

    def keep(self) -> None:
        """Makes sure that what was written outlives the machine, where that can be had."""
        if self._is_ours:
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Lets go of the file."""
        if self._is_ours:
            self._file.close()


def _opened(path: Path, length: int | None) -> BinaryIO:
    path.touch()
    file = path.open("r+b")
    there = file.seek(0, os.SEEK_END)
    if there < (length or 0):
        raise OutputDoesNotFit(
            N_("{path} is shorter than its state says: put the file back, or begin with another state."),
            str(path),
        )
    if there and length is None:
        raise OutputDoesNotFit(
            N_("{path} holds something that is not of this run: name another file, or remove it."), str(path)
        )
    file.truncate(length or 0)
    file.seek(length or 0)
    return file
