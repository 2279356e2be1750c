"""All commands of `antrean-desk`, and how one is run."""

import sys
from collections.abc import Sequence

import click

from clinic_desk.commands.absences import away, back
from clinic_desk.commands.accuracy import accuracy
from clinic_desk.commands.clinic import close_clinic, open_clinic, set_mode, set_rooms
from clinic_desk.commands.console import console, start_console
from clinic_desk.commands.look_ups import find, history, ticket
from clinic_desk.commands.mistakes import cancel, correct, undo
from clinic_desk.commands.options import pass_session, user_option
from clinic_desk.commands.queue import queue
from clinic_desk.commands.report import report
from clinic_desk.commands.signing_in import login, logout, whoami
from clinic_desk.commands.tickets import (
    call,
    call_next,
    complete,
    no_show,
    park,
    priority,
    recall,
    register,
    reinstate,
    send,
    skip,
    start,
    transfer,
    unpark,
)
from clinic_desk.session import DeskSession
from common.terminal import program
from common.terminal.localised import LocalisedGroup, version_option
from common.translation import N_


@click.group(
    "antrean-desk",
    cls=LocalisedGroup,
    invoke_without_command=True,
    help=N_("The clinic's desk: run the queue. Without a command, on a terminal: the live console."),
)
@version_option
@user_option
@pass_session
@click.pass_context
def antrean_desk(ctx: click.Context, session: DeskSession) -> None:
    if ctx.invoked_subcommand is not None:
        return
    if sys.stdin.isatty() and sys.stdout.isatty():
        start_console(session, None, None, 1)
    else:
        click.echo(ctx.get_help())


for _command in (
    console,
    queue,
    find,
    ticket,
    history,
    call_next,
    call,
    recall,
    start,
    complete,
    no_show,
    skip,
    park,
    unpark,
    reinstate,
    priority,
    transfer,
    send,
    cancel,
    correct,
    undo,
    register,
    open_clinic,
    close_clinic,
    away,
    back,
    set_rooms,
    set_mode,
    report,
    accuracy,
    login,
    whoami,
    logout,
):
    antrean_desk.add_command(_command)


def run(words: Sequence[str]) -> int:
    """Runs the command in `words` (without the program's name) and returns its exit code."""
    return program.run("antrean-desk", antrean_desk, DeskSession, words)
