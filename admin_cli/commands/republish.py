"""`antrean-admin republish`: events of the journal, published once more exactly as they were."""

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

import click

from admin_cli.failures import RepublishStopped
from admin_cli.session import AdminSession, pass_changing_session
from common.errors import AntreanError
from common.terminal.given_times import read_period
from common.terminal.localised import LocalisedCommand
from common.terminal.output import print_result
from common.terminal.usage import UsageProblem
from common.translation import N_

if TYPE_CHECKING:
    from admin_cli.broker.event_publisher import EventPublisher
    from admin_cli.database.recorded_events import RecordedEvent
    from common.storage.engine import Engine

_EVENTS_AT_ONCE: Final = 500
"""Events in one short transaction that reads, and then unconfirmed at the broker."""


@dataclass
class _Progress:
    count: int = 0
    first: datetime | None = None
    last: datetime | None = None


@click.command(
    "republish",
    cls=LocalisedCommand,
    help=N_(
        "Publish events of the journal again, exactly as they were (same ids), to"
        " antrean.events. TIME: ISO 8601 with an offset (2026-11-23T08:00:00+07:00), or how"
        " long ago: 90s, 30m, 2h, 1d."
    ),
)
@click.option(
    "--since",
    metavar=N_("TIME"),
    required=True,
    help=N_("Events that were recorded at this time or later. Required."),
)
@click.option("--until", metavar=N_("TIME"), help=N_("... and before this time."))
@click.option(
    "--clinic",
    "clinics",
    metavar=N_("HOSPITAL/CLINIC"),
    multiple=True,
    help=N_("Only this clinic, such as RSHS/GIG; may be repeated."),
)
@click.option("--dry-run", is_flag=True, help=N_("Only count."))
@pass_changing_session
def republish(
    session: AdminSession, since: str, until: str | None, clinics: tuple[str, ...], *, dry_run: bool
) -> None:
    from admin_cli.broker.event_publisher import EventPublisher
    from admin_cli.database.connection import open_database
    from common.process import configure_logging

    now = session.settings.clock().now()
    begin, end = read_period(since, until, now)
    assert begin is not None, "--since is required"
    configure_logging("antrean-admin", "error")  # a lost link is told in the end, if it stays lost
    with open_database(session.settings.require_database_url()) as engine:
        wanted = _known_clinics(engine, clinics)
        recorded = _recorded(engine, begin, end, wanted)
        progress = _Progress()
        with nullcontext() if dry_run else EventPublisher(session.settings.require_amqp_url()) as publisher:
            try:
                _publish(session, recorded, publisher, progress)
            except (AntreanError, KeyboardInterrupt) as error:
                command = _rest(session, progress.last or begin, until, clinics, dry_run=dry_run)
                if isinstance(error, AntreanError):
                    raise RepublishStopped(error, progress.count, command) from error
                if not dry_run:
                    session.note(
                        session.texts(
                            "Published for certain: {count}. Go on with: {command}",
                            count=progress.count,
                            command=command,
                        )
                    )
                raise
    _report(session, progress, dry_run=dry_run)


def _rest(
    session: AdminSession, since: datetime, until: str | None, clinics: tuple[str, ...], *, dry_run: bool
) -> str:
    """The command that publishes what is left."""
    words = ["republish", "--since", _written(since), *(["--until", until] if until else [])]
    words += [word for clinic in clinics for word in ("--clinic", clinic)]
    return session.command_line(*words, *(["--dry-run"] if dry_run else []))


def _publish(
    session: AdminSession,
    recorded: Iterator["list[RecordedEvent]"],
    publisher: "EventPublisher | None",
    progress: _Progress,
) -> None:
    watched = sys.stderr.isatty() and not session.as_json
    for some in recorded:
        if publisher is not None:
            publisher.publish([each.event for each in some])
        if some:
            progress.first = progress.first or some[0].recorded_at
            progress.last = some[-1].recorded_at
            progress.count += len(some)
        if watched and progress.last:
            text = session.texts(
                "{count} events, up to {last}", count=progress.count, last=_written(progress.last)
            )
            click.echo(f"\r{text}\033[K", nl=False, err=True)
    if watched:
        click.echo("\r\033[K", nl=False, err=True)


def _recorded(
    engine: "Engine", since: datetime, until: datetime | None, wanted: set[tuple[str, str]]
) -> Iterator["list[RecordedEvent]"]:
    """The events in lots, each read in a short transaction of its own; only those of `wanted`, if any."""
    from admin_cli.database.recorded_events import read_recorded
    from common.storage.engine import snapshot

    after = None
    while True:
        with snapshot(engine) as connection:
            found = read_recorded(connection, since, until, after, _EVENTS_AT_ONCE)
        # Not left to the database: it could look for seconds until it has so many of one small clinic.
        yield [each for each in found if not wanted or (each.event.hospital, each.event.clinic) in wanted]
        if len(found) < _EVENTS_AT_ONCE:
            return
        after = found[-1]


def _known_clinics(engine: "Engine", names: tuple[str, ...]) -> set[tuple[str, str]]:
    from admin_cli.database.connection import catalog_in_force

    if not names:
        return set()
    known, wanted = catalog_in_force(engine), set()
    for name in names:
        hospital, _, clinic = name.upper().partition("/")
        if known.clinic(hospital, clinic) is None:
            raise UsageProblem(N_("{clinic} is not in the catalog; write it as RSHS/GIG."), clinic=name)
        wanted.add((hospital, clinic))
    return wanted


def _report(session: AdminSession, progress: _Progress, *, dry_run: bool) -> None:
    published = bool(progress.count) and not dry_run
    members = {
        "events": progress.count,
        "published": published,
        "first_recorded_at": progress.first and progress.first.isoformat(),
        "last_recorded_at": progress.last and progress.last.isoformat(),
    }
    print_it = session.report if published else partial(print_result, session)
    print_it(members, lambda: _sentence(session, progress, dry_run=dry_run))


def _sentence(session: AdminSession, progress: _Progress, *, dry_run: bool) -> str:
    if progress.first is None or progress.last is None:
        return session.texts("No event was recorded in that time.")
    name = (
        N_("Would be published again: {count} events, recorded from {first} to {last} (--dry-run).")
        if dry_run
        else N_("Published again: {count} events, recorded from {first} to {last}.")
    )
    first, last = _written(progress.first), _written(progress.last)
    return session.texts(name, count=progress.count, first=first, last=last)


def _written(moment: datetime) -> str:
    return moment.isoformat()
