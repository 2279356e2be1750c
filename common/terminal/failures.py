"""What goes wrong: every error as a problem to show and an exit code, decided here and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import click

from common.errors import (
    AntreanError,
    BrokerRefused,
    BrokerUnavailable,
    MessagingError,
    NoQueue,
    NoReply,
    Refusal,
    RequestNotTaken,
    SettingsError,
)
from common.installation import start_command
from common.terminal.texts import Texts
from common.terminal.usage import help_command, usage_sentence

REFUSED: Final = 1
USAGE: Final = 2
NO_BROKER: Final = 69
UNEXPECTED: Final = 70
NOT_PRINTED: Final = 74
NO_ANSWER: Final = 75
INTERRUPTED: Final = 130

_NO_ANSWER_CODES: Final = frozenset({"busy", "temporarily_unavailable"})


Problem = dict[str, Any]
"""A problem in the shape of RFC 9457, from a reply or made here (see docs/protocol.md)."""


class ProblemAnswer(Exception):
    """The answer was a problem; `asked` is the body of the request, where it was one."""

    def __init__(self, problem: Problem, asked: Mapping[str, Any] | None = None) -> None:
        super().__init__(problem.get("code"))
        self.problem = problem
        self.asked = asked or {}


class NoBrokerKnown(Exception):
    """No setting and no local stack says where the broker is."""


class OutcomeUnknown(Exception):
    """A request that changes something ended without an answer; `cause` is what ended it.

    `command` can be given safely to learn or to complete what became of it; `text` is the key of the
    sentence that introduces the command.
    """

    def __init__(
        self, cause: MessagingError | NoBrokerKnown | KeyboardInterrupt, text: str, command: str
    ) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.text = text
        self.command = command


@dataclass(frozen=True)
class Change:
    """What a command changes, in case a fault comes: `command` can be given safely, and `text` is the key of
    the sentence that introduces it. Without them only the result tells what has happened."""

    text: str | None = None
    command: str | None = None


@dataclass(frozen=True)
class Failure:
    """How an error ends the program. `problem` is None where there is nothing to say; `sentence` is what
    a reader is told, or None where that follows from the problem's code."""

    exit_code: int
    problem: Problem | None = None
    sentence: str | None = None
    commands: tuple[str, ...] = ()
    """The commands in the sentence, which are never broken."""


def problem_of(code: str, detail: str, **members: Any) -> Problem:
    """A problem made on this side."""
    title = code.replace("_", " ").capitalize()
    return {"type": "about:blank", "title": title, "detail": detail, "code": code, "errors": [], **members}


def failure_of(error: BaseException, texts: Texts, change: Change | None = None) -> Failure:
    """How `error` ends the program; `change` is what it may have interrupted."""
    if isinstance(error, OutcomeUnknown):
        return _outcome_unknown(error, texts)
    if isinstance(error, ProblemAnswer):
        code = NO_ANSWER if error.problem.get("code") in _NO_ANSWER_CODES else REFUSED
        return Failure(code, error.problem)
    if isinstance(error, click.UsageError):
        sentence = usage_sentence(error, texts)
        helping = () if error.ctx is None else (help_command(error.ctx),)
        return Failure(USAGE, problem_of("invalid_request", sentence), sentence, helping)
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return Failure(INTERRUPTED)
    if isinstance(error, AntreanError | NoBrokerKnown):
        return _known_failure(error, texts)
    return _unexpected(type(error).__name__, texts, change)


def not_printed(error: OSError, texts: Texts) -> Failure:
    """Standard output cannot be written."""
    sentence = texts("failure.not_printed", reason=error.strerror or type(error).__name__)
    return _failure(NOT_PRINTED, "internal_error", sentence)


def _known_failure(error: AntreanError | NoBrokerKnown, texts: Texts) -> Failure:
    match error:
        case NoBrokerKnown():
            return _failure(
                NO_BROKER, "temporarily_unavailable", texts("failure.no_broker_known", start=start_command())
            )
        case BrokerRefused():
            sentence = texts(f"refusal.{error.refusal}", where=error.where)
            if error.refusal is Refusal.FULL:
                return _failure(NO_ANSWER, "busy", sentence)
            return _failure(NO_BROKER, "temporarily_unavailable", sentence)
        case NoQueue():
            return _failure(NO_BROKER, "temporarily_unavailable", texts("failure.no_queue"))
        case BrokerUnavailable():
            return _failure(NO_BROKER, "temporarily_unavailable", texts("failure.broker_unavailable"))
        case RequestNotTaken():
            return _failure(NO_ANSWER, "busy", texts("problem.busy"))
        case NoReply():
            return _failure(NO_ANSWER, "temporarily_unavailable", texts("failure.no_reply"))
        case SettingsError():
            return _failure(USAGE, "invalid_request", settings_sentence(error, texts))
    return _failure(UNEXPECTED, "internal_error", str(error))


def _unexpected(kind: str, texts: Texts, change: Change | None) -> Failure:
    if change is None:
        return _failure(UNEXPECTED, "internal_error", texts("failure.unexpected", kind=kind))
    # Whoever repeats a change without its id may do it twice.
    sentence = texts("failure.unexpected_change", kind=kind)
    if change.text is None or change.command is None:
        return _failure(UNEXPECTED, "internal_error", sentence)
    sentence = f"{sentence} {texts(change.text)}"
    problem = problem_of("internal_error", f"{sentence} {change.command}", repeat_command=change.command)
    return Failure(UNEXPECTED, problem, f"{sentence}\n  {change.command}")


def _failure(exit_code: int, code: str, sentence: str) -> Failure:
    return Failure(exit_code, problem_of(code, sentence), sentence)


def _outcome_unknown(error: OutcomeUnknown, texts: Texts) -> Failure:
    exit_code, code, why = NO_ANSWER, "temporarily_unavailable", ""
    match error.cause:
        case KeyboardInterrupt():
            exit_code, why = INTERRUPTED, texts("failure.interrupted")
        case NoReply():
            why = texts("failure.unanswered")
        case MessagingError() | NoBrokerKnown():
            cause = _known_failure(error.cause, texts)
            code, why = str((cause.problem or {}).get("code")), cause.sentence or ""
    sentence = f"{why} {texts(error.text)}"
    problem = problem_of(code, f"{sentence} {error.command}", repeat_command=error.command)
    return Failure(exit_code, problem, f"{sentence}\n  {error.command}")


def settings_sentence(error: SettingsError, texts: Texts) -> str:
    """Which setting cannot be used, and what to write instead."""
    return texts(error.key, **error.values) if error.key in texts else str(error)
