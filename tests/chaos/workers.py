"""The workers of a run: supervised, each with its own proxies to broker and database."""

import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from local_stack.child import Child
from tests.chaos.failpoints import Failpoints
from tests.tcp_proxy import TcpProxy

MODULES = {"registrar": "registrar_worker", "ticker": "ticker_worker", "responder": "status_responder"}
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class ChaosWorker:
    """One worker, which the supervisor restarts when it dies. `name` is its role and a number.

    `database_proxy` is None where the database is a file.
    """

    def __init__(
        self,
        name: str,
        variables: Mapping[str, str],
        directory: Path,
        broker_proxy: TcpProxy,
        database_proxy: TcpProxy | None,
    ) -> None:
        self.name = name
        self.role = name.rpartition("-")[0]
        self.broker_proxy, self.database_proxy = broker_proxy, database_proxy
        control = directory / "control"
        self._failpoints = Failpoints(control, name)
        self.arm, self.disarm, self.fired = (
            self._failpoints.arm,
            self._failpoints.disarm,
            self._failpoints.fired,
        )
        chaos = {"CHAOS_CONTROL": str(control), "CHAOS_NAME": name}
        program = [sys.executable, "-m", "tests.chaos.worker", MODULES[self.role]]
        self.child = Child(name, program, {**variables, **chaos}, directory / "logs")

    @property
    def pid(self) -> int | None:
        """The process number while it lives."""
        return self.child.pid

    def alive(self) -> bool:
        """Whether it lives; a frozen one does."""
        return self.child.alive()

    def kill(self) -> None:
        """Ends it at once."""
        self._send(signal.SIGKILL)

    def freeze(self) -> None:
        """Stops its execution, wherever it is."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets it go on; harmless where it runs."""
        self._send(signal.SIGCONT)

    def resident_bytes(self) -> int | None:
        """Resident memory; None if it is not running, or the operating system does not tell."""
        with suppress(OSError, IndexError):
            return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * _PAGE_BYTES
        return None

    def _send(self, number: signal.Signals) -> None:
        if (pid := self.pid) is not None:
            os.kill(pid, number)
