"""`antrean`: runs a command, and ends with the exit code of what happened.

0 done · 1 refused · 2 usage or settings · 69 no broker · 70 a fault in this program · 75 no answer in time,
or busy · 130 interrupted.
"""

import sys


def main() -> int:
    """Runs the command line; never raises."""
    try:
        # Inside, for an interruption while modules are still being read.
        from patient_cli.program import run

        return run(sys.argv[1:])
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
