"""What goes wrong: every error as a sentence and an exit code, decided here and nowhere else."""

import json
from dataclasses import dataclass
from typing import Any, Final

import click

from admin_cli.changes import busy_clinics
from admin_cli.republish import RepublishStopped
from admin_cli.session import Session
from common.errors import (
    AntreanError,
    BrokerUnavailable,
    CatalogError,
    RequestNotTaken,
    SchemaMismatch,
    SettingsError,
    StoreUnavailable,
)
from common.terminal.failures import settings_sentence, usage_sentence
from common.terminal.texts import Texts

REFUSED: Final = 1
USAGE: Final = 2
UNAVAILABLE: Final = 69
UNEXPECTED: Final = 70
BUSY: Final = 75
INTERRUPTED: Final = 130


@dataclass(frozen=True)
class Failure:
    """How an error ends the program; `problems` are what in a catalog file stands against it, one by one."""

    exit_code: int
    sentence: str
    problems: tuple[str, ...] = ()


def failure_of(error: BaseException, texts: Texts) -> Failure:
    """How `error` ends the program."""
    if isinstance(error, click.UsageError):
        return Failure(USAGE, usage_sentence(error, texts))
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return Failure(INTERRUPTED, "")
    if isinstance(error, AntreanError):
        return _known_failure(error, texts)
    return Failure(UNEXPECTED, texts("failure.unexpected", kind=type(error).__name__))


def print_failure(session: Session, failure: Failure) -> None:
    """On standard error: as JSON, or to read."""
    if session.as_json:
        problem: dict[str, Any] = {"detail": failure.sentence, "problems": failure.problems}
        click.echo(json.dumps(problem, ensure_ascii=False), err=True)
    elif failure.sentence:
        click.echo("\n".join([failure.sentence, *(f"  {problem}" for problem in failure.problems)]), err=True)


def _known_failure(error: AntreanError, texts: Texts) -> Failure:
    match error:
        case SettingsError():
            return Failure(USAGE, settings_sentence(error, texts))
        case CatalogError():
            return _catalog_failure(error, texts)
        case SchemaMismatch():
            return Failure(REFUSED, texts("failure.schema", reason=error))
        case StoreUnavailable():
            return Failure(UNAVAILABLE, texts("failure.database", reason=error))
        case BrokerUnavailable():
            return Failure(UNAVAILABLE, texts("failure.broker", reason=error))
        case RequestNotTaken():
            return Failure(BUSY, texts("failure.busy", reason=error))
        case RepublishStopped():
            cause = _known_failure(error.cause, texts)
            go_on = texts("failure.go_on", count=error.count, since=error.since.isoformat())
            return Failure(cause.exit_code, f"{cause.sentence} {go_on}")
    return Failure(REFUSED, str(error))


def _catalog_failure(error: CatalogError, texts: Texts) -> Failure:
    from common.storage.catalog_changes import BusyClinicsError

    if isinstance(error, BusyClinicsError):
        return Failure(REFUSED, texts("failure.busy_clinics"), tuple(busy_clinics(error.changes, texts)))
    return Failure(REFUSED, texts("failure.catalog"), tuple(error.problems))
