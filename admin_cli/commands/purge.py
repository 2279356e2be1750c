"""`antrean-admin purge`: takes patients' data out of tickets that are over for long."""

import re
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import click

from admin_cli.session import AdminSession, pass_changing_session
from common.terminal.localised import LocalisedCommand
from common.terminal.usage import UsageProblem
from common.translation import N_

if TYPE_CHECKING:
    from common.storage.purging import Due

_DAYS_MAX: Final = 36_500
_AGE: Final = re.compile(r"(\d{1,5})d", re.ASCII)


@click.command(
    "purge",
    cls=LocalisedCommand,
    help=N_(
        "Remove names, dates of birth, record numbers and ticket codes from tickets of service days that are"
        " over for longer than AGE. Numbers, states, events and counts stay. Workers go on meanwhile; it can"
        " be interrupted and run again. AGE: whole days, such as 90d."
    ),
)
@click.option("--older-than", metavar=N_("AGE"), required=True, help=N_("1d or more."))
@click.option(
    "--access-log-older-than",
    metavar=N_("AGE"),
    help=N_("Remove also what the access log holds from before that time."),
)
@click.option("--dry-run", is_flag=True, help=N_("Only count; change nothing."))
@pass_changing_session
def purge(
    session: AdminSession, older_than: str, access_log_older_than: str | None, *, dry_run: bool
) -> None:
    from admin_cli.database.connection import open_database
    from admin_cli.database.purge_run import PurgeRun

    days = _days("--older-than", older_than)
    looks = None
    if access_log_older_than is not None:
        looks = timedelta(days=_days("--access-log-older-than", access_log_older_than))
    now = session.settings.clock().now()
    with open_database(session.settings.require_database_url()) as engine:
        run = PurgeRun(engine, now, days, None if looks is None else now - looks)
        if not dry_run:
            for done in run.turns():
                _show_progress(session, done)
            _end_progress(session)
        found = run.count() if dry_run else run.done()
    value = {**found._asdict(), "before": run.before.isoformat(), "dry_run": dry_run}
    session.report(value, lambda: _in_words(session, value))


def _days(option: str, text: str) -> int:
    from common.storage.purging import DAYS_MIN

    found = _AGE.fullmatch(text)
    days = int(found[1]) if found else 0
    if DAYS_MIN <= days <= _DAYS_MAX:
        return days
    raise UsageProblem(
        N_(
            "{option}: {text} cannot be used; write whole days, {days_min}d or more: today's queues and"
            " yesterday's are still open at the desks."
        ),
        option=option,
        text=text,
        days_min=str(DAYS_MIN),
    )


def _in_words(session: AdminSession, value: dict[str, Any]) -> str:
    if value["dry_run"]:
        words = session.texts(
            "To be purged, of service days before {before}: {tickets} tickets of {clinic_days} clinic-days;"
            " rows of the access log: {access_log}.",
            **value,
        )
    else:
        words = session.texts(
            "Purged, of service days before {before}: {tickets} tickets of {clinic_days} clinic-days; rows of"
            " the access log removed: {access_log}.",
            **value,
        )
    if value["left"]:
        words += " " + session.texts(
            "Left, since they are not over: {left} tickets; their clinics have to end them.", **value
        )
    return words


def _show_progress(session: AdminSession, done: "Due") -> None:
    if sys.stderr.isatty() and not session.as_json:
        text = session.texts("{tickets} tickets", tickets=done.tickets)
        click.echo(f"\r{text}\033[K", nl=False, err=True)


def _end_progress(session: AdminSession) -> None:
    if sys.stderr.isatty() and not session.as_json:
        click.echo("\r\033[K", nl=False, err=True)
