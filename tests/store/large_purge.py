"""`make purge`: how long a purge of a million tickets takes, and its longest transaction, beside which others
wait: on SQLite everybody who writes, on PostgreSQL nobody but another purge; and how long it takes to give
one patient all that is kept, and to erase it.

On SQLite and on PostgreSQL, both with a disk for which they wait: a database is filled, one patient is
exported and erased by the commands, the rest is purged as tickers do and as by `antrean-admin purge`, and
`antrean-admin check-integrity` goes through it. Ends with exit code 1 where that finds something.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from admin_cli.database.purge_run import PurgeRun
from benchmarks.seeding import Clinics, Patients, seeding
from common.clock import SystemClock
from common.storage.schema import HEAD
from tests.database import opened
from tests.processes import bare_environment
from tests.store.durable_databases import on_both, size_mib
from tests.store.revisions import move
from ticker_worker.nightly_purge import TICKETS_MAX, NightlyPurge

CLINICS: Final = Clinics(hospitals=25, each=4)
SERVED: Final = 100
"""In each clinic on each day."""
DAYS: Final = 100
TAKEN_BY_TICKERS: Final = 500
"""Turns of a ticker that are measured, before all else is purged at once."""
AGE_DAYS: Final = 1
HOSPITAL, PATIENT, STRANGER = "H0001", "S00000050", "S99999999"
"""One who came to each clinic of the hospital on each day, and one who never came."""
ERASE: Final = ("erase-patient", HOSPITAL, PATIENT, "--leave-open", "--yes", "--json")
ADMIN: Final = (sys.executable, "-m", "admin_cli")

Run = Callable[..., subprocess.CompletedProcess[str]]


def main() -> int:
    """Measures both."""
    return on_both(purged)


def purged(url: str, directory: Path) -> int:
    """Fills the empty database at `url` and purges it; the exit code."""
    with opened(url) as engine:
        move(engine, HEAD)
    with seeding(url, datetime.now(UTC)) as seed:
        seed.clinics(CLINICS)
        seed.past(DAYS + AGE_DAYS + 1, SERVED)
        seed.today(Patients(served=40, in_rooms=True, waiting=58))
    tickets = CLINICS.count * SERVED * DAYS
    print(f"{url.partition(':')[0]}: {tickets:,} tickets to purge, {size_mib(url):.0f} MiB", flush=True)
    run = partial(
        subprocess.run, env=bare_environment(directory) | {"ANTREAN_DATABASE_URL": url}, check=False
    )
    for words in (("export-patient", HOSPITAL, STRANGER), ("export-patient", HOSPITAL, PATIENT), ERASE):
        tell_command(run, words)
    with opened(url) as engine:
        turns = list(timed(islice(by_tickers(engine), TAKEN_BY_TICKERS)))
        tell(f"{len(turns)} turns of a ticker, {TICKETS_MAX} tickets each at most", turns)
        turns = list(timed(PurgeRun(engine, datetime.now(UTC), AGE_DAYS, None).turns()))
        tell(f"purge, {len(turns):,} transactions", turns)
        started = time.monotonic()
        left = PurgeRun(engine, datetime.now(UTC), AGE_DAYS, None).count()
        print(f"  count of what is left, {left.tickets} tickets: {time.monotonic() - started:.1f} s")
    print(f"  {size_mib(url):.0f} MiB after it", flush=True)
    return run([*ADMIN, "check-integrity"]).returncode


def by_tickers(engine: Engine) -> Iterator[None]:
    """The turns of a ticker that purges."""
    purge = NightlyPurge(engine, SystemClock(), AGE_DAYS)
    while True:
        purge.take_turn()
        yield None


def timed(turns: Iterator[object]) -> Iterator[float]:
    """How many seconds each turn took."""
    started = time.monotonic()
    for _ in turns:
        yield time.monotonic() - started
        started = time.monotonic()


def tell_command(run: Run, words: Sequence[str]) -> None:
    """Runs a command and prints how long it took, and how many tickets it was about."""
    started = time.monotonic()
    said = json.loads(run([*ADMIN, *words], stdout=subprocess.PIPE, text=True).stdout)["tickets"]
    seconds, tickets = time.monotonic() - started, said if isinstance(said, int) else len(said)
    print(f"  {words[0]}, {tickets} tickets of the patient: {seconds:.1f} s", flush=True)


def tell(what: str, turns: list[float]) -> None:
    """Prints how long the turns took, all and one."""
    median, longest = sorted(turns)[len(turns) // 2], max(turns)
    print(
        f"  {what}: {sum(turns):.0f} s, one {median * 1000:.0f} ms, the longest {longest * 1000:.0f} ms",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
