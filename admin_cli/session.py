"""One run of `antrean-admin`."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import click

from admin_cli.failures import admin_failure
from common.terminal.failures import Change, Failure
from common.terminal.output import print_result
from common.terminal.session import Session
from common.translation import N_
from common.words.problems import PATIENT_WORDS

P = ParamSpec("P")
T = TypeVar("T")


class AdminSession(Session):
    """A session of an operator."""

    package = "admin_cli"
    role = "deploy"
    extra = "server"
    verbose_help = N_("Where this program is at fault, show where.")
    words = replace(
        PATIENT_WORDS,
        unexpected_change=N_(
            "Something unexpected went wrong ({kind}); check the result before you repeat it."
        ),
    )

    def failure_of(self, error: BaseException) -> Failure:
        """In an operator's words, where the error is one of theirs."""
        return admin_failure(error, self.texts) or super().failure_of(error)

    def report(self, value: Any, words: Callable[[], str]) -> None:
        """Prints what a command has changed; where that fails, it is told on standard error."""
        self.record_change(value, words)
        print_result(self, value, words)


pass_session = click.make_pass_decorator(AdminSession)


def pass_changing_session(command: Callable[Concatenate[AdminSession, P], T]) -> Callable[P, T]:
    """For a command that changes something: after a fault, the result is to be checked first."""

    @wraps(command)
    def begin(session: AdminSession, /, *args: P.args, **given: P.kwargs) -> T:
        session.change_begun = Change()
        return command(session, *args, **given)

    return pass_session(begin)
