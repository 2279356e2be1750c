"""`make migration`: what an upgrade of the schema takes where 100,000 tickets are in the database.

On SQLite and on PostgreSQL, both with a disk for which they wait: a database of the newest schema is filled,
brought back to revision 0005, and up again by `antrean-admin migrate`; then `antrean-admin
check-integrity` goes through it. Prints how long each took and how large the database is. Ends with exit code
1 where one of them fails.
"""

import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, LiteralString

import psycopg

from benchmarks.seeding import Clinics, Patients, seeding
from common.storage.schema import HEAD
from tests.database import opened, plain_url, sqlite_file
from tests.processes import bare_environment
from tests.store.durable_databases import on_both, size_mib
from tests.store.revisions import move

CLINICS: Final = Clinics(hospitals=25, each=4)
TODAY: Final = Patients(served=40, in_rooms=True, waiting=58)
DAYS: Final = 9
SERVED: Final = 100
"""In each clinic on each of the `DAYS` before today."""
TICKETS: Final = CLINICS.count * (TODAY.tickets + DAYS * SERVED)
BEFORE: Final = "0005"
"""From here on, the way up rewrites the tickets and what the staff can take back (0006), and adds to them."""


def main() -> int:
    """Measures both."""
    return on_both(migrated)


def migrated(url: str, directory: Path) -> int:
    """Fills the empty database at `url` and migrates it; the exit code."""
    with opened(url) as engine:
        move(engine, HEAD)
    fill(url)
    size = size_mib(url)
    print(f"{url.partition(':')[0]}: {TICKETS:,} tickets at revision {BEFORE}, {size:.0f} MiB", flush=True)
    for command in ("migrate", "check-integrity"):
        started = time.monotonic()
        environment = bare_environment(directory) | {"ANTREAN_DATABASE_URL": url}
        arguments = [sys.executable, "-m", "admin_cli", command]
        done = subprocess.run(arguments, env=environment, check=False)
        seconds = time.monotonic() - started
        print(f"  {command}: {seconds:.1f} s, {size_mib(url):.0f} MiB after it", flush=True)
        if done.returncode:
            return 1
    return 0


def fill(url: str) -> None:
    """Tickets of some days, a part of them of today, in the revision before."""
    with seeding(url, datetime.now(UTC)) as seed:
        seed.clinics(CLINICS)
        seed.past(DAYS, SERVED)
        seed.today(TODAY)
    with opened(url) as engine:
        move(engine, BEFORE)
    settle(url)


CALLS_CAN_BE_UNDONE: LiteralString = """
    UPDATE journal SET undo = '{"before": ["waiting", null, 1, null, null, null]}'
    WHERE event_name = 'ticket.called'
"""
"""As revision 0005 keeps it; what the staff can take back is rewritten since."""


def settle(url: str) -> None:
    """Keeps of each call how it is undone, and takes away what filling and going back have left: as if the
    rows had been written in this revision."""
    if url.startswith("sqlite"):
        with sqlite_file(url.removeprefix("sqlite:///")) as file:
            file.execute(CALLS_CAN_BE_UNDONE)
            file.commit()
            file.execute("VACUUM")
            file.execute("ANALYZE")
        return
    with psycopg.connect(plain_url(url), autocommit=True) as connection:
        connection.execute(CALLS_CAN_BE_UNDONE)
        connection.execute("VACUUM (FULL, ANALYZE)")


if __name__ == "__main__":
    sys.exit(main())
