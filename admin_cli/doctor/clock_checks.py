"""Whether the clocks agree: registrations are refused by age, and service days begin and end by the clock."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from admin_cli.doctor.findings import Finding, failed, ok, warning
from common.clock import SystemClock
from common.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from admin_cli.broker.management import Management

APART_WARNING: Final = timedelta(seconds=2)
APART_FAILED: Final = timedelta(seconds=30)
"""Far less than the 15 minutes after which a registration is refused: time to mend it."""


def simulated_clock(settings: Settings) -> "Iterator[Finding]":
    """A finding where the time is not the real one."""
    clock = settings.clock()
    if not isinstance(clock, SystemClock):
        yield warning("clocks", "clocks.simulated", now=clock.now().isoformat(timespec="seconds"))


def broker_clock(management: "Management") -> Finding:
    """This machine's clock against the broker's, which is known to the second."""
    before = SystemClock().now()
    theirs = management.clock()
    after = SystemClock().now()
    return compared("clocks.broker", theirs, theirs + timedelta(seconds=1), before, after)


def compared(check: str, earliest: datetime, latest: datetime, before: datetime, after: datetime) -> Finding:
    """Another clock, which showed something from `earliest` to `latest` at a moment that this machine's
    clock places from `before` to `after`."""
    apart = max(earliest - after, before - latest, timedelta())
    values = {"server": check.rpartition(".")[2], "seconds": round(apart.total_seconds(), 1)}
    if apart > APART_FAILED:
        return failed(check, "clocks.apart", **values)
    if apart > APART_WARNING:
        return warning(check, "clocks.apart", **values)
    return ok(check, "clocks.right", **values)
