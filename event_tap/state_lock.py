"""One run at a time for each state: a lock that ends with the process that holds it, however it ends."""

import sys
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class StateInUse(Exception):
    """Another run has the state at `path`."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.path = path


class StateLock:
    """Held from when it is made until it is closed. It is a file beside the state, which is replaced itself;
    the file stays, since removing it would let two runs lock two files of one name."""

    def __init__(self, state: Path) -> None:
        """Raises StateInUse, and OSError where no file can be made there."""
        self._file = state.with_name(f"{state.name}.lock").open("ab")
        try:
            _lock(self._file)
        except OSError as error:
            self._file.close()
            raise StateInUse(state) from error

    def close(self) -> None:
        """Lets another run have the state."""
        self._file.close()
