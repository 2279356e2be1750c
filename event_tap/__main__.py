"""`antrean-events`: runs a command, and ends with the exit code of what happened."""

import sys


def main() -> int:
    """Runs the command line; never raises."""
    try:
        # Inside, for an interruption while modules are still being read.
        from event_tap.program import run

        return run(sys.argv[1:])
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
