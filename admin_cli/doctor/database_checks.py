"""Whether the database answers, keeps what it commits, and is kept up to date by the tickers."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from admin_cli.database import health
from admin_cli.database.connection import catalog_in_force, catalog_is_empty, open_database
from admin_cli.doctor.clock_checks import compared
from admin_cli.doctor.findings import Finding, failed, ok, unusable_settings, warning
from admin_cli.doctor.registry_checks import registry_findings
from common.clock import SystemClock
from common.errors import SchemaMismatch, SettingsError, StoreError
from common.settings import Settings
from common.storage import schema
from common.translation import C_, N_

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
                yield failed(
                    "database",
                    N_("There is no database file {file}."),
                    N_("Check ANTREAN_DATABASE_URL; a new database is made by: antrean-admin migrate"),
                    file=file,
                )
                return
            try:
                schema.check_schema(engine)
                mismatch = None
            except SchemaMismatch as error:
                mismatch = error
            yield from _server(health.examine(engine))
            if mismatch is not None:
                yield failed(
                    "database.schema",
                    C_("schema", "{reason}"),
                    N_("Stop the workers, make a backup, then: antrean-admin migrate"),
                    reason=mismatch,
                )
                return
            yield ok("database.schema", N_("Its schema is {revision}, the newest."), revision=schema.HEAD)
            yield from _disk(file)
            yield from _privacy(file)
            health.try_to_write(engine)
            yield ok("database.writable", N_("The database takes changes."))
            yield from _access_log(health.unable_to_record_looks(engine))
            if catalog_is_empty(engine):
                yield failed(
                    "database.catalog",
                    N_("The catalog is empty."),
                    N_("Fill it with: antrean-admin catalog apply FILE"),
                )
            else:
                known = catalog_in_force(engine)
                clinics = sum(len(known.clinics_of(each.code)) for each in known.hospitals())
                yield ok("database.catalog", N_("Clinics in the catalog: {clinics}."), clinics=clinics)
            yield from registry_findings(settings, engine)
            yield _lag(health.tick_lag(engine, settings.clock().now(), tick_grace(settings)))
    except SettingsError as error:
        yield unusable_settings("database", error)
    except StoreError as error:
        yield failed(
            "database",
            C_("database", "{reason}"),
            N_(
                "Start the database, look at its log, and check ANTREAN_DATABASE_URL. The workers"
                " wait for it by themselves."
            ),
            reason=error,
        )


def _server(found: health.DatabaseHealth) -> Iterator[Finding]:
    milliseconds = round(found.round_trip_seconds * 1000, 1)
    yield ok(
        "database",
        N_("{product} answers in {milliseconds} ms."),
        product=found.product,
        milliseconds=milliseconds,
    )
    if found.is_standby:
        yield failed(
            "database.primary",
            N_("This PostgreSQL is a standby and takes no changes."),
            N_("Point ANTREAN_DATABASE_URL at the primary, or promote this server (pg_promote())."),
        )
    if found.risky_settings:
        told = ", ".join(f"{name} = {value}" for name, value in found.risky_settings.items())
        yield warning(
            "database.durability",
            N_("What was committed can be lost in a power failure: {settings}."),
            N_("Set these back to the database's defaults."),
            settings=told,
        )
    else:
        yield ok("database.durability", N_("What was committed survives a power failure."))
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
        yield failed(
            "database.disk",
            N_("The disk is nearly full: {free} GiB are left in {folder}."),
            N_("Make room on that disk: without any, nobody can register."),
            **values,
        )
    elif free < _FREE_WARNING_BYTES:
        yield warning(
            "database.disk",
            N_("The disk is nearly full: {free} GiB are left in {folder}."),
            N_("Make room on that disk: without any, nobody can register."),
            **values,
        )
    else:
        yield ok("database.disk", N_("Free disk space in {folder}: {free} GiB."), **values)


def _privacy(file: Path | None) -> Iterator[Finding]:
    if file is None:
        return
    # What is ours was made private as the database was opened.
    if found := health.exposed(file):
        yield warning(
            "database.privacy",
            N_("Other users of this machine can read patients' data: {files}"),
            N_("As the owner of these files: chmod 600 {files}"),
            files=" ".join(map(str, found)),
        )
    else:
        yield ok("database.privacy", N_("Only its owner can read the database file."))


def _access_log(unable: Sequence[str]) -> Iterator[Finding]:
    if unable:
        users = ", ".join(unable)
        yield failed(
            "database.access_log",
            N_("These database users may not record who looks at names, so desks are shown none: {users}."),
            N_("As the owner of the tables, grant them SELECT, INSERT and UPDATE of access_log."),
            users=users,
        )


def tick_grace(settings: Settings) -> timedelta:
    """How late a tick may be before it is called so, by the clock of these settings."""
    speed = 1 / settings.clock().real_seconds(1)
    return max(timedelta(seconds=_TICKS_LATE_MAX * settings.tick_seconds), _REAL_GRACE * speed)


def _lag(lag: health.TickLag) -> Finding:
    if lag.queues:
        minutes = round(lag.longest.total_seconds() / 60, 1)
        return failed(
            "database.lag",
            N_("Clinics that wait for a ticker: {queues}, the longest for {minutes} minutes."),
            N_(
                "Start antrean-ticker, or more of them, and look at their logs; where they work, see"
                " broker.bindings."
            ),
            queues=lag.queues,
            minutes=minutes,
        )
    return ok("database.lag", N_("The tickers are not late."))
