"""One run of `antrean-events`."""

from collections.abc import Callable

from common.exit_codes import ExitCode
from common.terminal.failures import Failure, NoBrokerKnown, failure
from common.terminal.session import Session
from common.translation import N_
from event_tap.state_lock import StateInUse


class OutputDoesNotFit(Exception):
    """The file of the output is not the one that the state tells of; `message` says so of `path`."""

    def __init__(self, message: str, path: str) -> None:
        super().__init__(message)
        self.message, self.path = message, path


class EventsLost(Exception):
    """So many events are neither in the stream nor in the database."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


class DeadLettersLeft(Exception):
    """So many events were not taken once more; they are in the file at `path`."""

    def __init__(self, count: int, path: str) -> None:
        super().__init__(count)
        self.count, self.path = count, path


class ReceiverGone(Exception):
    """The receiver of webhooks answered 410 Gone: it wants no more events."""


class EventNotFound(Exception):
    """The stream holds no event with the id that was given."""


class TapSession(Session):
    """A session of an integrator."""

    package = "event_tap"
    role = "integrator"
    extra = "events"
    verbose_help = N_("Where this program is at fault, show where.")

    def broker_address(self) -> Callable[[], str]:
        """What tells at each connecting where the broker is; raises NoBrokerKnown."""
        if self.settings.amqp_url is None:
            raise NoBrokerKnown
        return self.settings.current_amqp_url

    def failure_of(self, error: BaseException) -> Failure:
        """In an integrator's words, where the error is one of theirs."""
        texts = self.texts
        match error:
            case OutputDoesNotFit():
                return failure(ExitCode.REFUSED, "invalid_request", texts(error.message, path=error.path))
            case EventsLost():
                sentence = texts.plural(
                    "1 event could not be had: it is neither in the stream nor in the database.",
                    "{count} events could not be had: they are neither in the stream nor in the database.",
                    error.count,
                )
                return failure(ExitCode.REFUSED, "internal_error", sentence)
            case EventNotFound():
                sentence = texts("The stream holds no event with this id; it may be older than it keeps.")
                return failure(ExitCode.REFUSED, "invalid_request", sentence)
            case DeadLettersLeft():
                sentence = texts.plural(
                    "1 event was not taken; it is in {path}.",
                    "{count} events were not taken; they are in {path}.",
                    error.count,
                    path=error.path,
                )
                return failure(ExitCode.REFUSED, "invalid_request", sentence)
            case ReceiverGone():
                sentence = texts(
                    "The receiver wants no more events (410 Gone). What it has not taken can be sent"
                    " elsewhere with the same --state."
                )
                return failure(ExitCode.REFUSED, "invalid_request", sentence)
            case StateInUse():
                sentence = texts(
                    "Another run is going on with the state {path}: end it, or name another file.",
                    path=error.path,
                )
                return failure(ExitCode.REFUSED, "invalid_request", sentence)
            case OSError():
                sentence = texts(
                    "{path} cannot be read or written ({reason}).",
                    path=error.filename or texts("The output"),
                    reason=error.strerror or type(error).__name__,
                )
                return failure(ExitCode.NOT_PRINTED, "internal_error", sentence)
        return super().failure_of(error)
