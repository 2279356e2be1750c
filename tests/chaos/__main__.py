"""`python -m tests.chaos`: one chaos run. 0: everything held; 1: something did not; 2: wrong usage;
3: inconclusive, this machine was too slow; 130: interrupted.

`make chaos` runs it; docs/reliability.md describes it.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from common.errors import AntreanError
from tests.chaos.report import print_report
from tests.chaos.run import Options, Verdict, run

_SEED_MAX = 999_999
_DURATION_SECONDS = 330.0
_WIDTH = 110
_EXIT_CODES = {Verdict.CLEAN: 0, Verdict.VIOLATED: 1, Verdict.INCONCLUSIVE: 3}
_TOO_SLOW = (
    "Nothing was violated, but what is marked LATE took longer than on a machine of its own: this machine is "
    "too slow or too busy, so the run is inconclusive. Repeat it when nothing else runs."
)


def main() -> int:
    """Runs and prints the report; keeps the run's directory if it was named, or if something is wrong."""
    arguments = _arguments()
    for name in list(os.environ):
        if name.startswith("ANTREAN_"):  # the caller's own settings must not affect the run
            del os.environ[name]
    console = _console()
    options = Options(
        arguments.seed, arguments.duration, arguments.database, arguments.rabbitmq_server, arguments.rate
    )
    again = f"SEED={options.seed} DURATION={options.duration_seconds:g} DATABASE={options.engine_kind}"
    if options.server is not None:
        again += f" SERVER={options.server}"
    console.print(f"seed {options.seed}; to repeat: make chaos {again}", highlight=False, soft_wrap=True)
    directory = arguments.directory or Path(tempfile.mkdtemp(prefix="antrean-chaos-"))
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.iterdir()):
        print(f"{directory} is not empty: name another folder.", file=sys.stderr)
        return 2
    keep = True
    began_at = time.monotonic()

    def say(what: str) -> None:
        line = f"{time.monotonic() - began_at:6.1f}  {what}"
        console.print(line, highlight=False, markup=False, soft_wrap=True)

    try:
        outcome = run(options, directory, say)
        print_report(console, directory, outcome)
        keep = outcome.verdict is not Verdict.CLEAN or arguments.directory is not None
        console.print(f"seed {options.seed}: {outcome.verdict.value}", highlight=False)
        if outcome.verdict is Verdict.INCONCLUSIVE:
            console.print(_TOO_SLOW, highlight=False)
    except AntreanError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        keep = arguments.directory is not None
        print("Interrupted: everything has been stopped.", file=sys.stderr)
        return 130
    finally:
        if keep:
            console.print(f"the evidence is kept in {directory}", highlight=False)
        else:
            shutil.rmtree(directory, ignore_errors=True)
    return _EXIT_CODES[outcome.verdict]


def _console() -> Console:
    """A console with the width that the tables need, unless standard output is a terminal."""
    console = Console()
    return console if console.is_terminal else Console(width=_WIDTH)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randint(1, _SEED_MAX))
    parser.add_argument("--duration", type=float, default=_DURATION_SECONDS, help="seconds of faults")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--rabbitmq-server", type=Path, help="the script that starts RabbitMQ")
    parser.add_argument("--rate", type=float, default=11.0, help="registrations a second")
    parser.add_argument("--directory", type=Path, help="where to keep the evidence")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
