"""Whether the clocks agree: registrations are refused by age, and service days begin and end by the clock."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from admin_cli.doctor.findings import Finding, failed, ok, warning
from common.clock import SystemClock
from common.settings import Settings
from common.translation import N_

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
        yield warning(
            "clocks",
            N_("A simulated clock is in use: {now}."),
            N_(
                "Remove ANTREAN_CLOCK_STARTS_AT, ANTREAN_CLOCK_STARTED_AT and ANTREAN_CLOCK_SPEED"
                " where this is a real hospital."
            ),
            now=clock.now().isoformat(timespec="seconds"),
        )


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
        return failed(
            check,
            N_("The server's clock ({server}) and this machine's are {seconds} seconds apart."),
            N_(
                "Run NTP on both machines: a registration that seems older than 15 minutes is"
                " refused, and a new day's numbers begin at the end of the service day."
            ),
            **values,
        )
    if apart > APART_WARNING:
        return warning(
            check,
            N_("The server's clock ({server}) and this machine's are {seconds} seconds apart."),
            N_(
                "Run NTP on both machines: a registration that seems older than 15 minutes is"
                " refused, and a new day's numbers begin at the end of the service day."
            ),
            **values,
        )
    return ok(check, N_("The server's clock ({server}) agrees with this machine's."), **values)
