"""`antrean-desk console`: the live console, on a terminal only."""

import sys

import click

from clinic_desk.commands.options import normalise, pass_session, user_option
from clinic_desk.commands.own_clinic import own_clinic
from clinic_desk.session import DeskSession
from common.terminal.localised import LocalisedCommand
from common.terminal.usage import UsageProblem
from common.translation import N_


@click.command(
    "console",
    cls=LocalisedCommand,
    help=N_("The live console: the queue as it moves, one key for each action."),
    epilog="antrean-desk console RSHS GIG --room 2",
)
@click.argument("hospital", metavar=N_("HOSPITAL"), required=False, callback=normalise)
@click.argument("clinic", metavar=N_("CLINIC"), required=False, callback=normalise)
@click.option(
    "--room", metavar=N_("ROOM"), type=click.IntRange(1), default=1, help=N_("This console's room (1).")
)
@user_option
@pass_session
def console(session: DeskSession, hospital: str | None, clinic: str | None, room: int) -> None:
    start_console(session, hospital, clinic, room)


def start_console(session: DeskSession, hospital: str | None, clinic: str | None, room: int) -> None:
    """Shows the console until it is left; raises UsageProblem where there is no terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        command = session.command_line("queue", hospital or "RSHS", clinic or "GIG")
        raise UsageProblem(N_("The console needs a terminal; in scripts use `{command}`."), command=command)
    if hospital is None and clinic is None:
        hospital, clinic = own_clinic(session) or (None, None)
    session.stop_asking()
    # Only here: commands have to be quick to start.
    from clinic_desk.console.app import run_console

    run_console(session, hospital, clinic, room)
