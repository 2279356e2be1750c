"""`python -m tests.hostile`: all attacks, or some. 0: what is asked for holds; 1: something does not, or the
run failed; 2: wrong usage; 130: interrupted. `make hostile` runs it; docs/security.md has what was seen.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from admin_cli.database.schema import migrate
from benchmarks.machine import describe_machine
from common.errors import AntreanError, BrokerUnavailable
from common.messaging.introduction import introduction
from common.settings import Settings
from local_stack.private_node import find_server
from tests.broker import RunningBroker
from tests.chaos.database import PostgresDatabase
from tests.database import opened
from tests.hostile.broker import HostileBroker
from tests.hostile.plan import ATTACKS, FULL_SECONDS, Attack
from tests.hostile.report import DOCUMENT, row, table, with_section
from tests.hostile.run import Result, Run
from tests.hostile.stage import staged

_UNDISTURBED_SECONDS = 8.0


def main() -> int:
    """Runs, prints, and after a full run writes the table into docs/security.md."""
    arguments = _arguments()
    attacks = [each for each in ATTACKS if not arguments.only or each.key in arguments.only]
    for name in list(os.environ):
        if name.startswith("ANTREAN_"):  # the caller's own settings must not affect the run
            del os.environ[name]
    directory = Path(tempfile.mkdtemp(prefix="antrean-hostile-"))
    try:
        version, results = _run(attacks, arguments.seconds, directory, arguments.rabbitmq_server)
    except AntreanError as error:
        print(f"{error} What was kept: {directory}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        shutil.rmtree(directory, ignore_errors=True)
        print("Interrupted: everything has been stopped.", file=sys.stderr)
        return 130
    missed = [f"{each.attack.key}: {what}" for each in results for what in each.missed]
    content = _content(version, results, missed)
    print(f"\n{content}")
    if not arguments.only and arguments.seconds == FULL_SECONDS:
        series = ".".join(version.split(".")[:2])
        DOCUMENT.write_text(with_section(DOCUMENT.read_text(), f"On RabbitMQ {series}", content))
    if missed:
        print(f"What was kept: {directory}", file=sys.stderr)
    else:
        shutil.rmtree(directory, ignore_errors=True)
    return 1 if missed else 0


def _run(
    attacks: list[Attack], seconds: float, directory: Path, server: Path | None
) -> tuple[str, list[Result]]:
    """The broker's version, and what was seen of each attack."""
    directory.chmod(0o711)  # PostgreSQL runs as another user where we are root
    for name in ("rabbitmq", "database", "workers"):
        (directory / name).mkdir()
    with _broker(directory / "rabbitmq", server) as broker, _database(directory / "database") as url:
        running = RunningBroker(broker.urls, has_roles=True, has_policies=True, node=broker)
        patience = Settings().reply_timeout_seconds
        with staged(running, url, directory / "workers", broker.add_integrator(), patience) as stage:
            run = Run(stage, broker.node())
            results = [run.undisturbed(_UNDISTURBED_SECONDS)]
            print(" | ".join(row(results[0])), flush=True)
            for attack in attacks:
                results.append(run.attacked(attack, seconds * attack.share))
                print(" | ".join([*row(results[-1]), *results[-1].missed]), flush=True)
            return introduction(broker.urls["deploy"], "antrean-hostile").version, results


@contextmanager
def _broker(directory: Path, server: Path | None) -> Iterator[HostileBroker]:
    server = server or find_server()
    if server is None:
        raise BrokerUnavailable("This needs an installed rabbitmq-server, which it can attack.")
    broker = HostileBroker(directory, server)
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


@contextmanager
def _database(directory: Path) -> Iterator[str]:
    database = PostgresDatabase(directory, lambda: None)
    try:
        database.start()
        with opened(database.url) as engine:
            migrate(engine)
        yield database.url
    finally:
        database.stop()


def _content(version: str, results: list[Result], missed: list[str]) -> str:
    machine = describe_machine()
    lines = [
        f"Seen on RabbitMQ {version}, {machine['cores']} cores ({machine['processor']}), {machine['memory']}"
        " of memory, which broker, PostgreSQL, workers, honest people and attackers share.",
        table(results),
    ]
    if missed:
        lines.append("Not as asked for:\n\n" + "\n".join(f"- {each}" for each in missed))
    return "\n\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    keys = [each.key for each in ATTACKS]
    parser.add_argument("--only", action="append", choices=keys, help="one attack; can be repeated")
    parser.add_argument("--seconds", type=float, default=FULL_SECONDS, help="how long a flood lasts")
    parser.add_argument("--rabbitmq-server", type=Path, help="the script that starts RabbitMQ")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
