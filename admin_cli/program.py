"""From the words on the command line to an exit code: the only place where errors end up."""

import os
import sys
import traceback
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import click

from admin_cli.broker import broker
from admin_cli.catalog import catalog
from admin_cli.dead_letters import dead_letters
from admin_cli.doctor.command import doctor
from admin_cli.failures import INTERRUPTED, UNEXPECTED, failure_of, print_failure
from admin_cli.integrity import check_integrity
from admin_cli.localised import AdminGroup
from admin_cli.republish import republish
from admin_cli.schema import migrate
from admin_cli.session import Session
from admin_cli.texts import TEXTS
from common.errors import SettingsError
from common.settings import Language
from common.terminal.localised import version_option
from common.terminal.texts import LANGUAGES, Texts

_BROKEN_PIPE: Final = 141  # as a shell reports a program that a closed pipe ended


@click.group("antrean-admin", cls=AdminGroup, help="help.antrean_admin")
@version_option
def antrean_admin() -> None:
    pass


antrean_admin.add_command(migrate)
antrean_admin.add_command(catalog)
antrean_admin.add_command(broker)
antrean_admin.add_command(doctor)
antrean_admin.add_command(dead_letters)
antrean_admin.add_command(republish)
antrean_admin.add_command(check_integrity)


def run(words: Sequence[str]) -> int:
    """Runs the command in `words` (without the program's name) and returns its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # letters a terminal lacks
    session = _session_asked_for(words)
    try:
        exit_code = _run_command(session, words)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # spare Python's complaint at the exit
        return _BROKEN_PIPE
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - an operator gets a sentence
        failure = failure_of(error, session.texts)
        if failure.exit_code == UNEXPECTED and session.verbose:
            traceback.print_exception(error)
        if failure.exit_code != INTERRUPTED:
            print_failure(session, failure)
        return failure.exit_code
    return exit_code


def _session_asked_for(words: Sequence[str]) -> Session:
    # Read before click reads anything, so that its own errors come in the right language and form.
    asked: Language | None = None
    for language in LANGUAGES:
        pairs = pairwise(words)
        if ("--lang", language) in pairs or f"--lang={language}" in words:
            asked = language
    return Session(
        Texts(TEXTS, asked or "id"),
        language_given=asked is not None,
        as_json="--json" in words,
        verbose="--verbose" in words,
    )


def _run_command(session: Session, words: Sequence[str]) -> int:
    try:
        _ = session.settings  # for the language of help and errors
    except SettingsError:
        if not {"--help", "--version"} & set(words):
            raise
    try:
        with antrean_admin.make_context("antrean-admin", list(words), obj=session) as context:
            antrean_admin.invoke(context)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.exceptions.Exit as done:
        return done.exit_code
    return 0
