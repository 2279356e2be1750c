"""All commands of `antrean`, and how one is run."""

import sys
from collections.abc import Sequence

import click

from common.terminal import program
from common.terminal.localised import LocalisedGroup, version_option
from common.translation import N_
from patient_cli.commands import cancel, clinics, hospitals, pass_session, register, status, tickets, watch
from patient_cli.session import PatientSession


@click.group(
    "antrean",
    cls=LocalisedGroup,
    invoke_without_command=True,
    help=N_(
        "Hospital queues: take a number, follow it until called. Without a command, on a terminal: a menu."
    ),
)
@version_option
@pass_session
@click.pass_context
def antrean(ctx: click.Context, session: PatientSession) -> None:
    if ctx.invoked_subcommand is not None:
        return
    if sys.stdin.isatty() and sys.stdout.isatty():
        from patient_cli.menu import run_menu

        run_menu(session)
    else:
        click.echo(ctx.get_help())


for _command in (hospitals, clinics, register, status, tickets, cancel, watch):
    antrean.add_command(_command)


def run(words: Sequence[str]) -> int:
    """Runs the command in `words` (without the program's name) and returns its exit code."""
    return program.run("antrean", antrean, PatientSession, words)
