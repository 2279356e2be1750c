"""What goes wrong at the database, the catalog and the broker: as an operator reads it."""

from typing import Any

from admin_cli.screens.catalog_changes import busy_clinics
from common.errors import (
    AntreanError,
    BrokerRefused,
    BrokerUnavailable,
    CatalogError,
    RequestNotTaken,
    SchemaMismatch,
    SettingsError,
    StoreUnavailable,
)
from common.terminal.failures import (
    NO_ANSWER,
    NO_BROKER,
    REFUSED,
    USAGE,
    Failure,
    problem_of,
    settings_sentence,
)
from common.terminal.texts import Texts


class RepublishStopped(AntreanError):
    """`cause` ended it after `count` events; `command` begins again so that nothing is left out."""

    def __init__(self, cause: AntreanError, count: int, command: str) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.count = count
        self.command = command


def admin_failure(error: BaseException, texts: Texts) -> Failure | None:
    """How `error` ends the program; None for what every command line knows."""
    match error:
        case SettingsError():
            return _failure(USAGE, "invalid_request", settings_sentence(error, texts))
        case CatalogError():
            return _catalog_failure(error, texts)
        case SchemaMismatch():
            return _failure(REFUSED, "not_permitted_now", texts("failure.schema", reason=error))
        case StoreUnavailable():
            return _failure(NO_BROKER, "temporarily_unavailable", texts("failure.database", reason=error))
        case BrokerRefused():
            return None
        case BrokerUnavailable():
            return _failure(NO_BROKER, "temporarily_unavailable", texts("failure.broker", reason=error))
        case RequestNotTaken():
            return _failure(NO_ANSWER, "busy", texts("failure.busy", reason=error))
        case RepublishStopped():
            return _republish_failure(error, texts)
        case AntreanError():
            return _failure(REFUSED, "not_permitted_now", str(error))
    return None


def _failure(exit_code: int, code: str, sentence: str, **members: Any) -> Failure:
    return Failure(exit_code, problem_of(code, sentence, **members), sentence)


def _republish_failure(error: RepublishStopped, texts: Texts) -> Failure:
    cause = admin_failure(error.cause, texts)
    assert cause is not None, "an error of ours"
    go_on = texts("failure.go_on", count=error.count, command=error.command)
    code = str(cause.problem["code"]) if cause.problem else "internal_error"
    return _failure(cause.exit_code, code, f"{cause.sentence} {go_on}", repeat_command=error.command)


def _catalog_failure(error: CatalogError, texts: Texts) -> Failure:
    from admin_cli.database.catalog_changes import BusyClinicsError

    if isinstance(error, BusyClinicsError):
        sentence, problems = texts("failure.busy_clinics"), busy_clinics(error.changes, texts)
    else:
        sentence, problems = texts("failure.catalog"), error.problems
    problem = problem_of("invalid_request", sentence, problems=problems)
    return Failure(REFUSED, problem, "\n".join([sentence, *(f"  {each}" for each in problems)]))
