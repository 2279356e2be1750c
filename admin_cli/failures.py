"""What goes wrong at the database, the catalog and the broker: as an operator reads it."""

from admin_cli.account_errors import BrokerHalfDone
from admin_cli.integrator_errors import IntegratorRefused
from admin_cli.patient_errors import PatientRefused
from admin_cli.registry_errors import RegistryRefused
from admin_cli.screens.catalog_changes import busy_clinics
from admin_cli.staff_errors import StaffRefused
from common.errors import (
    AntreanError,
    BrokerRefused,
    BrokerUnavailable,
    CatalogError,
    RequestNotTaken,
    SchemaMismatch,
    SettingsError,
    StoreContended,
    StoreUnavailable,
)
from common.exit_codes import ExitCode
from common.terminal.failures import Failure, failure, failure_of, problem_of
from common.translation import C_
from common.words.texts import Texts


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
        case CatalogError():
            return _catalog_failure(error, texts)
        case SchemaMismatch():
            return failure(
                ExitCode.REFUSED, "not_permitted_now", texts(C_("schema", "{reason}"), reason=error)
            )
        case RequestNotTaken() | StoreContended():
            return failure(ExitCode.NO_REPLY, "busy", texts(C_("busy", "{reason}"), reason=error))
        case StoreUnavailable():
            return failure(
                ExitCode.UNAVAILABLE,
                "temporarily_unavailable",
                texts(C_("database", "{reason}"), reason=error),
            )
        case SettingsError() | BrokerRefused():
            return None
        case BrokerUnavailable():
            return failure(
                ExitCode.UNAVAILABLE, "temporarily_unavailable", texts(C_("broker", "{reason}"), reason=error)
            )
        case RepublishStopped():
            return _republish_failure(error, texts)
        case BrokerHalfDone():
            reason = (admin_failure(error.cause, texts) or failure_of(error.cause, texts)).sentence
            said = texts(error.message, name=error.name, reason=reason, command=error.command)
            return failure(
                ExitCode.UNAVAILABLE, "temporarily_unavailable", said, repeat_command=error.command
            )
        case RegistryRefused() | StaffRefused() | IntegratorRefused() | PatientRefused():
            return failure(ExitCode.REFUSED, "not_permitted_now", texts(error.message, **error.values))
        case AntreanError():
            return failure(ExitCode.REFUSED, "not_permitted_now", str(error))
    return None


def _republish_failure(error: RepublishStopped, texts: Texts) -> Failure:
    cause = admin_failure(error.cause, texts) or failure_of(error.cause, texts)
    go_on = texts(
        "Published for certain: {count}. Go on with: {command}", count=error.count, command=error.command
    )
    code = str(cause.problem["code"]) if cause.problem else "internal_error"
    return failure(cause.exit_code, code, f"{cause.sentence} {go_on}", repeat_command=error.command)


def _catalog_failure(error: CatalogError, texts: Texts) -> Failure:
    from admin_cli.database.catalog_changes import BusyClinicsError

    if isinstance(error, BusyClinicsError):
        sentence = texts(
            "Refused, nothing was changed: the file leaves out clinics that still have patients."
            " Wait until they are done, or use --retire-busy to let their queues drain without"
            " new registrations."
        )
        problems = busy_clinics(error.changes, texts)
    else:
        sentence, problems = texts("The catalog file was refused, nothing was changed."), error.problems
    problem = problem_of("invalid_request", sentence, problems=problems)
    return Failure(ExitCode.REFUSED, problem, "\n".join([sentence, *(f"  {each}" for each in problems)]))
