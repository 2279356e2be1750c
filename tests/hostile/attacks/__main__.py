"""Runs one attack: `python -m tests.hostile.attacks ATTACK SCENE FINDINGS SECONDS`.

The process stays until it is ended, and its connections with it.
"""

import signal
import sys
from pathlib import Path

from tests.hostile.plan import ATTACKS
from tests.hostile.scene import Scene


def main() -> None:
    """Reads the command line, attacks, and writes what was found."""
    key, scene, findings, seconds = sys.argv[1:]
    (attack,) = (each for each in ATTACKS if each.key == key)
    found = attack.script(Scene.read(Path(scene)), float(seconds))
    found.write(Path(findings))
    if attack.holds:
        signal.pause()


if __name__ == "__main__":
    main()
