"""A PostgreSQL server of our own, from installed programs: own folder, own port, loopback only."""

import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

from common.errors import StoreUnavailable
from local_stack.child import Child, wait_until
from local_stack.endpoint import HOST, free_ports

_USER = "antrean"
_START_SECONDS_MAX = 60
_STOP_SECONDS_MAX = 20


class PostgresServer:
    """A PostgreSQL server of our own that keeps everything in `directory`; started by its owner.

    Without `durable` it does not wait for its disk, which nobody needs who does not end it at once, nor
    measures it. `url` is the address of its first database, the same for as long as this object lives.
    Raises StoreUnavailable where a new server cannot be made there.
    """

    def __init__(self, binaries: Path, directory: Path, *, durable: bool = False) -> None:
        data = directory / "data"
        as_user: list[str] = []
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            user = _unprivileged_user()
            shutil.chown(directory, user.pw_uid, user.pw_gid)
            ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
            as_user = ["setpriv", *ids, "--pdeathsig=INT"]
        options = ["-U", _USER, "-A", "trust", "-E", "UTF8", "-N", "--locale=C"]
        initialise = [*as_user, str(binaries / "initdb"), "-D", str(data), *options]
        done = subprocess.run(initialise, cwd=directory, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise StoreUnavailable(f"A private PostgreSQL cannot be made: {done.stderr.strip()}")
        port = free_ports({"postgres": 0})["postgres"]
        settings = {
            "listen_addresses": HOST,
            "port": str(port),
            "unix_socket_directories": "",
            "fsync": "on" if durable else "off",
            "max_connections": "60",
        }
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        program = [*as_user, str(binaries / "postgres"), "-D", str(data), *words]
        self._child = Child("postgres", program, {}, directory)
        self._is_ready = [str(binaries / "pg_isready"), "--quiet", f"--host={HOST}", f"--port={port}"]
        self.url = f"postgresql://{_USER}@{HOST}:{port}/postgres"

    def launch(self) -> None:
        """Starts the server without waiting until it `answers`."""
        self._child.start()

    def start(self) -> None:
        """Starts the server and waits until it answers; raises StoreUnavailable where it never does."""
        self.launch()
        wait_until(lambda: self.answers() or not self._child.alive(), _START_SECONDS_MAX)
        if not self.answers():
            raise StoreUnavailable(f"PostgreSQL did not start. {self._child.last_words()}")

    def answers(self) -> bool:
        """Whether it takes connections."""
        return subprocess.run(self._is_ready, check=False).returncode == 0

    def stop(self) -> None:
        """Stops in order, without waiting for clients."""
        self._end(signal.SIGINT)

    def stop_at_once(self) -> None:
        """PostgreSQL's "immediate" stop: every process of it ends where it is, as if the power failed."""
        self._end(signal.SIGQUIT)

    def _end(self, number: signal.Signals) -> None:
        if (pid := self._child.pid) is not None:
            os.kill(pid, number)
        if not self._child.wait(_STOP_SECONDS_MAX):
            self._child.kill()


def _unprivileged_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")
