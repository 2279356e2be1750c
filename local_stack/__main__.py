"""`antrean-stack`: runs a command, and ends with the exit code of what happened."""

from common.errors import NotInstalled, SettingsError
from common.installation import require_extra
from common.process import run_process


def main() -> None:
    """The console script."""
    run_process(_run)


def _run() -> None:
    try:
        require_extra("antrean-stack", "server")
        require_extra("antrean-stack", "web")
    except NotInstalled as error:
        from local_stack.bilingual import both

        raise SettingsError(both(error.message, "\n", **error.values)) from error
    from local_stack.commands import run_commands

    run_commands()


if __name__ == "__main__":
    main()
