"""From the words on the command line to an exit code: the only place where errors end up."""

import sys
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Final

import click

from common.errors import SettingsError
from common.exit_codes import ExitCode
from common.installation import require_extra
from common.settings import Settings, language_set, load_settings
from common.terminal.failures import not_printed
from common.terminal.output import print_failure
from common.terminal.session import Session
from common.terminal.streams import (
    colours,
    flush_or_discard,
    output_error,
    prepare_streams,
    print_traceback,
)
from common.terminal.usage import UsageProblem
from common.translation import N_, languages

_HELP: Final = frozenset({"-h", "--help"})


def run(name: str, group: click.Group, session_type: type[Session], words: Sequence[str]) -> int:
    """Runs the command of `group` in `words`, which follow the program's name, and returns its exit code.

    It is one of ExitCode; nothing is raised.
    """
    prepare_streams()
    session = _session_asked_for(session_type, words)
    try:
        exit_code = _run_command(name, group, session, words)
        # Here, so that output that cannot be written is noticed before Python itself flushes.
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - its user gets a sentence
        return _failed(session, error)
    finally:
        session.disconnect()
        flush_or_discard()
    return exit_code


def _session_asked_for(session_type: type[Session], words: Sequence[str]) -> Session:
    # Read before click reads anything, so that its own errors come in the right language and form.
    language = _language_asked_for(words)
    session = session_type(Settings(), language or "id", language_given=language is not None)
    session.as_json = "--json" in words
    session.verbose = "--verbose" in words
    return session


def _language_asked_for(words: Sequence[str]) -> str | None:
    asked = None
    for language in languages():
        pair = any(first == "--lang" and then == language for first, then in pairwise(words))
        if pair or f"--lang={language}" in words:
            asked = language
    return asked


def _run_command(name: str, group: click.Group, session: Session, words: Sequence[str]) -> int:
    try:
        session.load(load_settings(session.role))
    except SettingsError:
        session.load(Settings(language=language_set(session.role) or session.settings.language))
        if _HELP.isdisjoint(words):
            raise
    if session.extra is not None:
        require_extra(name, session.extra)
    if session.settings.traces:
        from common.tracing import trace_process  # only here: `antrean` has to be quick to start

        trace_process(name, session.settings)
    try:
        "\0".join(words).encode()
    except UnicodeEncodeError as error:
        raise UsageProblem(N_("Write the command in UTF-8.")) from error
    try:
        with group.make_context(name, list(words), obj=session, color=colours()) as context:
            group.invoke(context)
    except click.exceptions.NoArgsIsHelpError as asked:
        click.echo(asked.format_message(), err=True)
        return asked.exit_code
    except click.exceptions.Exit as done:
        return done.exit_code
    return 0


def _failed(session: Session, error: BaseException) -> int:
    if (lost := output_error(error)) is not None:
        if isinstance(lost, BrokenPipeError) and not session.done:
            return ExitCode.BROKEN_PIPE
        failure, done = not_printed(lost, session.texts), session.done
    else:
        failure = session.failure_of(error)
        done = [each for each in session.done if not each.reported]
    if failure.exit_code == ExitCode.FAULT and session.verbose:
        print_traceback(error)
    with suppress(OSError):  # nobody reads standard error any more; the exit code still tells
        print_failure(session, failure, done)
    return failure.exit_code
