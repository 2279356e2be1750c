"""`antrean-admin`: runs a command, and ends with the exit code of what happened.

0 done · 1 refused · 2 usage or settings · 69 database or broker not reachable · 70 a fault in this program ·
75 the broker takes nothing now · 130 interrupted.
"""

import sys

from admin_cli.program import run


def main() -> int:
    """Runs the command line; never raises."""
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
