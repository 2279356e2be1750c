"""`python -m tests.store.killed_command COUNT WORDS...`: runs `antrean-admin WORDS...`, and is killed as by
`kill -9` before the change COUNT, counted from 0: before a statement that changes something, or before the
commit after it. To be killed before one that only reads would be the same.
"""

import os
import signal
import sys

from sqlalchemy import Connection, Engine, event

from admin_cli.program import run
from tests.store.statements import noticed

CHANGES = ("INSERT", "UPDATE", "DELETE")


class Killer:
    """Ends the process before a change, after `left` others."""

    def __init__(self, left: int) -> None:
        self._left = left
        self._has_changed = False

    def statement(self, text: str) -> None:
        """A statement is about to be executed."""
        if text.lstrip().startswith(CHANGES):
            self._has_changed = True
            self._step()

    def commit(self, _connection: Connection) -> None:
        """A transaction is about to be committed."""
        if self._has_changed:
            self._has_changed = False
            self._step()

    def _step(self) -> None:
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1


def main() -> int:
    """The exit code of the command, unless it is killed."""
    killer = Killer(int(sys.argv[1]))
    event.listen(Engine, "commit", killer.commit)
    with noticed(Engine, killer.statement):
        return run(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
