"""Whether the database answers, keeps what it commits, and is kept up to date by the tickers."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from admin_cli.database import health
from admin_cli.database.connection import catalog_in_force, catalog_is_empty, open_database
from admin_cli.doctor.clock_checks import compared
from admin_cli.doctor.findings import Finding, failed, ok, warning
from common.clock import SystemClock
from common.errors import SchemaMismatch, SettingsError, StoreError
from common.settings import Settings
from common.storage import schema

_TICKS_LATE_MAX: Final = 3
_REAL_GRACE: Final = timedelta(seconds=5)
"""How late a tick may be in real time, however fast the clock runs."""

_FREE_FAILED_BYTES: Final = 100 * 2**20
_FREE_WARNING_BYTES: Final = 2**30


def database_findings(settings: Settings) -> Iterator[Finding]:
    """Findings about the database of `settings`."""
    try:
        url = settings.require_database_url()
        with open_database(url, check=False) as engine:
            file = health.sqlite_file(url)
            if file is not None and not file.exists():
                yield failed("database", "database.no_file", file=file)
                return
            try:
                schema.check_schema(engine)
                mismatch = None
            except SchemaMismatch as error:
                mismatch = error
            yield from _server(health.examine(engine))
            if mismatch is not None:
                yield failed("database.schema", "schema.wrong", reason=mismatch)
                return
            yield ok("database.schema", "schema.right", revision=schema.HEAD)
            yield from _disk(file)
            yield from _privacy(file)
            health.try_to_write(engine)
            yield ok("database.writable", "database.writable")
            if catalog_is_empty(engine):
                yield failed("database.catalog", "catalog.empty")
            else:
                known = catalog_in_force(engine)
                clinics = sum(len(known.clinics_of(each.code)) for each in known.hospitals())
                yield ok("database.catalog", "catalog.there", clinics=clinics)
            yield _lag(health.tick_lag(engine, settings.clock().now(), _grace(settings)))
    except SettingsError as error:
        yield failed("database", "settings", reason=error)
    except StoreError as error:
        yield failed("database", "database.unavailable", reason=error)


def _server(found: health.DatabaseHealth) -> Iterator[Finding]:
    milliseconds = round(found.round_trip_seconds * 1000, 1)
    yield ok("database", "database.answers", product=found.product, milliseconds=milliseconds)
    if found.is_standby:
        yield failed("database.primary", "database.standby")
    if found.risky_settings:
        told = ", ".join(f"{name} = {value}" for name, value in found.risky_settings.items())
        yield warning("database.durability", "durability.risky", settings=told)
    else:
        yield ok("database.durability", "durability.right")
    if found.now is not None:
        now = SystemClock().now()
        asked = now - timedelta(seconds=found.round_trip_seconds)
        yield compared("clocks.database", found.now, found.now, asked, now)


def _disk(file: Path | None) -> Iterator[Finding]:
    if file is None:
        return
    free = health.free_bytes(file)
    values = {"free": round(free / 2**30, 1), "folder": file.parent}
    if free < _FREE_FAILED_BYTES:
        yield failed("database.disk", "disk.full", **values)
    elif free < _FREE_WARNING_BYTES:
        yield warning("database.disk", "disk.full", **values)
    else:
        yield ok("database.disk", "disk.right", **values)


def _privacy(file: Path | None) -> Iterator[Finding]:
    if file is None:
        return
    # What is ours was made private as the database was opened.
    if found := health.exposed(file):
        yield warning("database.privacy", "privacy.exposed", files=" ".join(map(str, found)))
    else:
        yield ok("database.privacy", "privacy.right")


def _grace(settings: Settings) -> timedelta:
    speed = 1 / settings.clock().real_seconds(1)
    return max(timedelta(seconds=_TICKS_LATE_MAX * settings.tick_seconds), _REAL_GRACE * speed)


def _lag(lag: health.TickLag) -> Finding:
    if lag.queues:
        minutes = round(lag.longest.total_seconds() / 60, 1)
        return failed("database.lag", "lag.behind", queues=lag.queues, minutes=minutes)
    return ok("database.lag", "lag.none")
