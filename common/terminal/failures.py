"""What goes wrong: every error as a problem to show and an exit code, decided here and nowhere else."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import click

from antrean_client import errors
from common.errors import (
    AntreanError,
    BrokerRefused,
    BrokerUnavailable,
    MessagingError,
    NoQueue,
    NoReply,
    Refusal,
    RequestNotTaken,
    ServerRefused,
    ServerUnavailable,
    SettingsError,
    TooManyRequests,
)
from common.exit_codes import ExitCode
from common.installation import start_command
from common.terminal.usage import help_command, usage_sentence
from common.translation import N_
from common.words.moments import age_in_words
from common.words.problems import PATIENT_WORDS, ProblemWords
from common.words.texts import Texts

REFUSALS: Final[Mapping[Refusal, str]] = {
    Refusal.USER: N_("The broker at {where} refused the user; check user and password in ANTREAN_AMQP_URL."),
    Refusal.VHOST: N_(
        "The broker at {where} has no such virtual host for this user; check the end of ANTREAN_AMQP_URL."
    ),
    Refusal.PERMISSION: N_(
        "The broker at {where} does not let this user send requests; check the user in ANTREAN_AMQP_URL."
    ),
    Refusal.READING: N_(
        "The broker at {where} does not let this user read events; check the user in ANTREAN_AMQP_URL."
    ),
    Refusal.FULL: N_("The broker at {where} takes no further connections now; try again in a minute."),
    Refusal.ENCRYPTION: N_(
        "The broker at {where} does not speak TLS; check amqps:// and the port in ANTREAN_AMQP_URL."
    ),
    Refusal.CERTIFICATE: N_(
        "The broker at {where} shows a certificate of an authority that is not trusted here; name the right"
        " authority in ANTREAN_TLS_CA_FILE."
    ),
    Refusal.OUTDATED: N_(
        "The certificate of the broker at {where} has expired or does not count yet; tell its operators, and"
        " check this machine's clock."
    ),
    Refusal.HOST: N_(
        "The broker at {where} shows a certificate of another host; write in ANTREAN_AMQP_URL a name that"
        " the certificate has."
    ),
    Refusal.CLIENT_CERTIFICATE: N_(
        "The broker at {where} does not take this client's certificate, or asks for one; check"
        " ANTREAN_TLS_CERTIFICATE_FILE, or tell the broker's operators."
    ),
    Refusal.PROTOCOL: N_(
        "{where} does not answer as a broker; check port and TLS (amqps://) in ANTREAN_AMQP_URL."
    ),
    Refusal.NOT_SET_UP: N_("The broker at {where} is not set up for Antrean; tell its operators."),
}

SERVER_REFUSALS: Final[Mapping[Refusal, str]] = {
    Refusal.ENCRYPTION: N_("{where} does not speak TLS; check https:// and the port in ANTREAN_URL."),
    Refusal.CERTIFICATE: N_(
        "{where} shows a certificate of an authority that is not trusted here; name the right authority in"
        " ANTREAN_TLS_CA_FILE."
    ),
    Refusal.OUTDATED: N_(
        "The certificate of {where} has expired or does not count yet; tell its operators, and check this"
        " computer's clock."
    ),
    Refusal.HOST: N_(
        "{where} shows a certificate of another host; write in ANTREAN_URL a name that the certificate has."
    ),
    Refusal.CLIENT_CERTIFICATE: N_(
        "{where} does not take this computer's certificate, or asks for one; check"
        " ANTREAN_TLS_CERTIFICATE_FILE, or tell its operators."
    ),
    Refusal.PROTOCOL: N_(
        "{where} does not answer as the hospital's queue system does; check ANTREAN_URL, or tell its"
        " operators."
    ),
    Refusal.ELSEWHERE: N_(
        "{where} sends to another address, where this program does not go; write the right address in"
        " ANTREAN_URL."
    ),
}
"""Of what stands where antrean-web should."""

_NO_ANSWER_CODES: Final = frozenset({"busy", "temporarily_unavailable"})


Problem = dict[str, Any]
"""A problem in the shape of RFC 9457, from a reply or made here (see docs/protocol.md)."""


class ProblemReply(errors.ProblemReply):
    """A problem that was replied, or made here, with what helps.

    `hint` is as in `RequestingSession.hints`, where more is known than the code says.
    """

    hint: tuple[str, ...] | None = None


class NoBrokerKnown(Exception):
    """No setting and no local stack says where the broker is."""


class OutcomeUnknown(Exception):
    """A request that changes something ended without a reply; `cause` is what ended it.

    `command` can be given safely to learn or to complete what became of it; `advice` is the sentence that
    introduces the command.
    """

    def __init__(
        self, cause: MessagingError | NoBrokerKnown | KeyboardInterrupt, advice: str, command: str
    ) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.advice = advice
        self.command = command


@dataclass(frozen=True)
class Change:
    """What a command changes, in case a fault comes: `command` can be given safely, and `advice` is the
    sentence that introduces it. Without them only the result tells what has happened."""

    advice: str | None = None
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


def failure_of(
    error: BaseException,
    texts: Texts,
    change: Change | None = None,
    words: ProblemWords = PATIENT_WORDS,
) -> Failure:
    """How `error` ends the program; `change` is what it may have interrupted."""
    if isinstance(error, OutcomeUnknown):
        return _outcome_unknown(error, texts)
    if isinstance(error, ProblemReply):
        code = ExitCode.NO_REPLY if error.problem.get("code") in _NO_ANSWER_CODES else ExitCode.REFUSED
        return Failure(code, error.problem)
    if isinstance(error, click.UsageError):
        sentence = usage_sentence(error, texts)
        helping = () if error.ctx is None else (help_command(error.ctx),)
        return Failure(ExitCode.USAGE, problem_of("invalid_request", sentence), sentence, helping)
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return Failure(ExitCode.INTERRUPTED)
    if isinstance(error, AntreanError | NoBrokerKnown):
        return _known_failure(error, texts)
    return _unexpected(type(error).__name__, texts, change, words)


def not_printed(error: OSError, texts: Texts) -> Failure:
    """Standard output cannot be written."""
    sentence = texts(
        "The result could not be written to standard output ({reason}).",
        reason=error.strerror or type(error).__name__,
    )
    return failure(ExitCode.NOT_PRINTED, "internal_error", sentence)


def _known_failure(error: AntreanError | NoBrokerKnown, texts: Texts) -> Failure:
    match error:
        case NoBrokerKnown():
            return failure(
                ExitCode.UNAVAILABLE,
                "temporarily_unavailable",
                texts(
                    "No queue system was found: start one with `{start}`, or set ANTREAN_AMQP_URL.",
                    start=start_command(),
                ),
            )
        case BrokerRefused():
            sentence = texts(REFUSALS[error.refusal], where=error.where)
            if error.refusal is Refusal.FULL:
                return failure(ExitCode.NO_REPLY, "busy", sentence)
            return failure(ExitCode.UNAVAILABLE, "temporarily_unavailable", sentence)
        case NoQueue():
            return failure(
                ExitCode.UNAVAILABLE,
                "temporarily_unavailable",
                texts("The server has no queue for this request; tell its operators."),
            )
        case BrokerUnavailable():
            return failure(
                ExitCode.UNAVAILABLE,
                "temporarily_unavailable",
                texts("The queue system cannot be reached; try again in a minute."),
            )
        case ServerRefused():
            sentence = texts(SERVER_REFUSALS[error.refusal], where=error.where)
            return failure(ExitCode.UNAVAILABLE, "temporarily_unavailable", sentence)
        case ServerUnavailable():
            return failure(
                ExitCode.UNAVAILABLE,
                "temporarily_unavailable",
                texts(
                    "{where} cannot be reached; check the network and ANTREAN_URL, or try again in a minute.",
                    where=error.where,
                ),
            )
        case TooManyRequests():
            return _too_many(error, texts)
        case RequestNotTaken():
            return failure(
                ExitCode.NO_REPLY, "busy", texts("The system is very busy; try again in a minute.")
            )
        case NoReply():
            return failure(
                ExitCode.NO_REPLY,
                "temporarily_unavailable",
                texts("No answer came in time; try again in a minute."),
            )
        case SettingsError():
            commands = [str(error.values["command"])] if "command" in error.values else []
            return failure(ExitCode.USAGE, "invalid_request", settings_sentence(error, texts), *commands)
    return failure(ExitCode.FAULT, "internal_error", str(error))


def _too_many(error: TooManyRequests, texts: Texts) -> Failure:
    seconds = error.retry_after_seconds
    if seconds is None:
        sentence = texts("Too many requests came from this network; try again in a minute.")
        return failure(ExitCode.NO_REPLY, "too_many_requests", sentence)
    seconds = math.ceil(seconds)
    whole = timedelta(seconds=seconds if seconds < 60 else 60 * math.ceil(seconds / 60))
    later = age_in_words(whole, texts)
    sentence = texts("Too many requests came from this network; try again in {duration}.", duration=later)
    return failure(ExitCode.NO_REPLY, "too_many_requests", sentence, retry_after_seconds=seconds)


def _unexpected(kind: str, texts: Texts, change: Change | None, words: ProblemWords) -> Failure:
    if change is None:
        return failure(ExitCode.FAULT, "internal_error", texts(words.unexpected, kind=kind))
    # Whoever repeats a change without its id may do it twice.
    sentence = texts(words.unexpected_change, kind=kind)
    if change.advice is None or change.command is None:
        return failure(ExitCode.FAULT, "internal_error", sentence)
    sentence = f"{sentence} {texts(change.advice)}"
    problem = problem_of("internal_error", f"{sentence} {change.command}", repeat_command=change.command)
    return Failure(ExitCode.FAULT, problem, f"{sentence}\n  {change.command}")


def failure(exit_code: int, code: str, sentence: str, *commands: str, **members: Any) -> Failure:
    """A failure that one sentence tells, with its `commands`; `members` are added to the problem."""
    return Failure(exit_code, problem_of(code, sentence, **members), sentence, commands)


def _outcome_unknown(error: OutcomeUnknown, texts: Texts) -> Failure:
    exit_code, code, why = ExitCode.NO_REPLY, "temporarily_unavailable", ""
    match error.cause:
        case KeyboardInterrupt():
            exit_code, why = ExitCode.INTERRUPTED, texts("Stopped.")
        case NoReply():
            why = texts("No answer came in time.")
        case MessagingError() | NoBrokerKnown():
            cause = _known_failure(error.cause, texts)
            code, why = str((cause.problem or {}).get("code")), cause.sentence or ""
    sentence = f"{why} {texts(error.advice)}"
    problem = problem_of(code, f"{sentence} {error.command}", repeat_command=error.command)
    return Failure(exit_code, problem, f"{sentence}\n  {error.command}")


def settings_sentence(error: SettingsError, texts: Texts) -> str:
    """Which setting cannot be used, and what to write instead."""
    return texts(error.message, **error.values)
