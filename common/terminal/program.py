"""From the words on the command line to an exit code: the only place where errors end up."""

import os
import sys
import traceback
from collections.abc import Sequence
from io import TextIOWrapper
from itertools import pairwise
from pathlib import Path
from typing import Final

import click

from common.settings import Language, Settings, load_settings
from common.terminal.failures import UNEXPECTED, failure_of
from common.terminal.output import print_failure
from common.terminal.session import Session
from common.terminal.texts import LANGUAGES

_BROKEN_PIPE: Final = 141  # as a shell reports a program that a closed pipe ended


def run(name: str, group: click.Group, session_type: type[Session], words: Sequence[str]) -> int:
    """Runs the command of `group` in `words`, which follow the program's name, and returns its exit code.

    0 done · 1 refused · 2 usage or settings · 69 no broker · 70 a fault in this program · 75 no answer in
    time, or busy · 130 interrupted.
    """
    _prepare_streams()
    session = _session_asked_for(session_type, words)
    try:
        return _run_command(name, group, session, words)
    except BrokenPipeError:
        return _BROKEN_PIPE
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - whoever runs it gets a sentence
        return _failed(session, error)
    finally:
        session.disconnect()
        _flush_or_discard()


def _prepare_streams() -> None:
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by whoever started this program
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115 - open until the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # for letters that a terminal lacks


def _session_asked_for(session_type: type[Session], words: Sequence[str]) -> Session:
    # Read before click reads anything, so that its own errors come in the right language and form.
    language = _language_asked_for(words)
    session = session_type(Settings(), language or "id", language_given=language is not None)
    session.as_json = "--json" in words
    session.verbose = "--verbose" in words
    return session


def _language_asked_for(words: Sequence[str]) -> Language | None:
    asked = None
    for language in LANGUAGES:
        pair = any(first == "--lang" and then == language for first, then in pairwise(words))
        if pair or f"--lang={language}" in words:
            asked = language
    return asked


def _run_command(name: str, group: click.Group, session: Session, words: Sequence[str]) -> int:
    session.load(load_settings(session.role))
    try:
        "\0".join(words).encode()
    except UnicodeEncodeError as error:
        raise click.UsageError("usage.encoding") from error
    try:
        with group.make_context(name, list(words), obj=session) as context:
            group.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code
    finally:
        # Here, so that a reader who went away is noticed before Python itself flushes.
        sys.stdout.flush()
    return 0


def _failed(session: Session, error: BaseException) -> int:
    failure = failure_of(error, session.texts)
    if failure.exit_code == UNEXPECTED and session.verbose:
        traceback.print_exception(error)
    try:
        print_failure(session, failure)
    except OSError:
        # Nobody reads standard error any more; the exit code still tells.
        return failure.exit_code
    return failure.exit_code


def _flush_or_discard() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            # What could not be written cannot be written at the exit either: spare Python's complaint.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
