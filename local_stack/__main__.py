"""`antrean-stack`: runs a command, and ends with the exit code of what happened."""

from common.process import run_process


def main() -> None:
    """The console script."""
    run_process(_run)


def _run() -> None:
    from local_stack.commands import run_commands

    run_commands()


if __name__ == "__main__":
    main()
