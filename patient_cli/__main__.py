"""`antrean`: runs a command, and ends with the exit code of what happened."""

import sys


def main() -> int:
    """Runs the command line; never raises."""
    try:
        # Inside, for an interruption while modules are still being read.
        from common.terminal.program import run
        from patient_cli.commands import antrean
        from patient_cli.session import PatientSession

        return run("antrean", antrean, PatientSession, sys.argv[1:])
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
