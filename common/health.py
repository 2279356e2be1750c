"""Whether a worker is healthy: the file in which it says so every few seconds, and `antrean-healthy`, which
reads it for whoever watches workers (Docker, Kubernetes)."""

import argparse
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from antrean_client.visible_text import visible
from common.errors import SettingsError
from common.exit_codes import ExitCode
from common.installation import require_extra
from common.process import run_process

LOOK_SECONDS = 5
"""How often a worker looks at itself."""

SILENT_SECONDS_MAX = 30
"""A worker that has said nothing for so long is stuck: its statements are bounded well below this."""


@dataclass(frozen=True)
class HealthFile:
    """Where a worker says how it is."""

    path: Path

    def write(self, trouble: str | None) -> None:
        """Says that the worker is ready, or what keeps it from its work; raises OSError."""
        new = self.path.with_name(f"{self.path.name}.new")
        new.write_text(json.dumps({"pid": os.getpid(), "trouble": trouble}))
        new.replace(self.path)

    def trouble(self, *, alive_only: bool = False) -> str | None:
        """What is wrong with the worker that writes here, in a sentence; None where nothing is.

        With `alive_only` it is enough that the worker still writes: starting it again does not help it where
        its broker or its database is away.
        """
        try:
            silent_seconds = time.time() - self.path.stat().st_mtime
            said = json.loads(self.path.read_text())
        except FileNotFoundError:
            return f"The worker has not said yet that it is ready: there is no {self.path}."
        except (OSError, ValueError) as error:
            return f"{self.path} cannot be read ({type(error).__name__})."
        if silent_seconds > SILENT_SECONDS_MAX:
            return f"The worker has said nothing for {silent_seconds:.0f} s: it is stuck, or has ended."
        trouble: str | None = said["trouble"]
        return None if alive_only else trouble


def main() -> None:
    """The console script: exit code 0 where the worker is healthy, else 1 and a sentence."""
    run_process(_run)


def _run() -> None:
    from common.settings import load_settings

    require_extra("antrean-healthy", "server")
    parser = argparse.ArgumentParser(
        prog="antrean-healthy", description="Whether the worker that writes ANTREAN_HEALTH_FILE is healthy."
    )
    parser.add_argument("--alive", action="store_true", help="only whether it is not stuck")
    arguments = parser.parse_args()
    path = load_settings(None).health_file
    if path is None:
        raise SettingsError("Set ANTREAN_HEALTH_FILE to the file that the worker writes.")
    if (trouble := HealthFile(path).trouble(alive_only=arguments.alive)) is not None:
        print(visible(trouble), file=sys.stderr)
        sys.exit(ExitCode.REFUSED)
    print("healthy")


if __name__ == "__main__":
    main()
