"""What every worker process does around its work: structured logs, signals, ordered stop, exit codes."""

import gc
import logging
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, NoReturn, Protocol

from common.errors import AntreanError, BrokerUnavailable, SettingsError, StoreUnavailable, places
from common.exit_codes import ExitCode
from common.installation import Extra, require_extra

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor

    from common.settings import Settings


class Stoppable(Protocol):
    """Something that runs until it is asked to stop."""

    def run(self) -> None: ...

    def stop(self) -> None: ...


def configure_logging(process: str, level: str) -> None:
    """JSON lines on standard error. What is logged never holds what a patient sent."""
    import structlog  # what logs nothing, such as `antrean-healthy`, does without

    # Our links say what happened to them; pika would say it again, at length.
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    # Nor is every malformed request of a stranger worth a line, or a fault one with what was sent.
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[
            _named(process, os.getpid()),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _named(process: str, pid: int) -> "Processor":
    """Which process it is, in whatever thread something is logged."""

    def named(_logger: object, _method: str, line: "EventDict") -> "EventDict":
        return {**line, "process": process, "pid": pid}

    return named


def trace_worker(program: str, settings: "Settings") -> None:
    """Has a worker trace, where its settings say so, and log why spans could not be handed over."""
    if not settings.traces:
        return
    import structlog

    from common.tracing import trace_process

    log = structlog.get_logger()
    trace_process(program, settings, lambda reason: log.warning("traces not exported", reason=reason))


def run_until_stopped(work: Stoppable) -> None:
    """Runs `work`. SIGTERM and SIGINT ask it to stop in order; a second one ends the process at once."""
    asked = False

    def on_signal(number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            os._exit(128 + number)
        asked = True
        work.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    gc.freeze()  # what was made until now stays, and need not be looked through
    gc.enable()
    work.run()


def run_worker(program: str, main: Callable[[], None], extra: Extra = "server") -> NoReturn:
    """`run_process` for a worker, which takes settings but no words on its command line; it needs the
    libraries of `extra`.

    Garbage is not collected until `main` comes to `run_until_stopped`: reading modules makes none.
    """
    usage = f"{program} takes no arguments: set ANTREAN_ variables, as in .env.example."
    if sys.argv[1:] in (["--help"], ["-h"]):
        print(usage)
        sys.exit(0)
    if len(sys.argv) > 1:
        print(usage, file=sys.stderr)
        sys.exit(ExitCode.USAGE)
    gc.disable()
    # structlog would load rich, which draws tracebacks on terminals: a tenth of a second at each start of a
    # worker, whose log is JSON. None says that it cannot be imported here.
    sys.modules.setdefault("rich", None)  # type: ignore[arg-type]

    def run() -> None:
        require_extra(program, extra)
        main()

    run_process(run)


def run_process(main: Callable[[], None]) -> NoReturn:
    """Ends the process as `main` ends: 0, or one sentence on standard error and the exit code for it."""
    try:
        main()
    except AntreanError as error:
        print(error, file=sys.stderr)
        sys.exit(exit_code(error))
    except Exception as error:  # noqa: BLE001 - a fault of ours; a traceback could show what a patient sent
        print(f"A fault in Antrean: {type(error).__name__} at {' < '.join(places(error))}.", file=sys.stderr)
        sys.exit(ExitCode.FAULT)
    sys.exit(0)


def exit_code(error: AntreanError) -> int:
    """2 for settings that cannot be used, 69 for a broker or database that does not answer, else 1."""
    if isinstance(error, SettingsError):
        return ExitCode.USAGE
    if isinstance(error, BrokerUnavailable | StoreUnavailable):
        return ExitCode.UNAVAILABLE
    return ExitCode.REFUSED
