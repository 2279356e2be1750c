"""An attack by another user of the machine: a `.env` where somebody works."""

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.hostile.attacks.findings import Findings
from tests.hostile.scene import Scene
from tests.processes import bare_environment

_NOBODY = 65534
_COMMAND_SECONDS_MAX = 30


def planted_settings(_scene: Scene, _seconds: float) -> Findings:
    """`antrean` is used where somebody else has written a `.env` that names a broker of theirs."""
    with tempfile.TemporaryDirectory() as directory, socket.socket() as planted:
        planted.bind(("127.0.0.1", 0))
        planted.listen()
        file = Path(directory) / ".env"
        file.write_text(f"ANTREAN_AMQP_URL=amqp://patient:x@127.0.0.1:{planted.getsockname()[1]}/\n")
        _give_away(file)
        subprocess.run(
            [sys.executable, "-m", "patient_cli", "hospitals"],
            cwd=directory,
            env=bare_environment(Path(directory)) | {"ANTREAN_REPLY_TIMEOUT_SECONDS": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_COMMAND_SECONDS_MAX,
            check=False,
        )
        planted.setblocking(False)
        try:
            planted.accept()[0].close()
        except BlockingIOError:
            return Findings("the planted address is not used")
    return Findings("the planted address is used", learned=True)


def _give_away(file: Path) -> None:
    """Makes it the file of another user, or, where this needs root, one that all can write."""
    try:
        os.chown(file, _NOBODY, _NOBODY)
    except PermissionError:
        file.chmod(0o666)
