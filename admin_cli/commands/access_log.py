"""`antrean-admin access-log`: who of the staff looked at names of patients."""

from typing import TYPE_CHECKING, Any, Final

import click

from admin_cli.session import AdminSession, pass_session
from common.domain.time_zones import zone_word
from common.terminal.given_times import read_period
from common.terminal.localised import LocalisedCommand
from common.terminal.output import print_json
from common.terminal.tables import new_table, print_table
from common.translation import C_, N_

if TYPE_CHECKING:
    from admin_cli.database.access_log import Access

_COUNT_DEFAULT: Final = 100
_COUNT_MAX: Final = 100_000
_COLUMNS: Final = (
    C_("column", "Minute"),
    C_("column", "User"),
    C_("column", "Clinic"),
    C_("column", "Request"),
    C_("column", "Looks"),
    C_("column", "Names"),
)


@click.command(
    "access-log",
    cls=LocalisedCommand,
    help=N_(
        "Who of the staff looked at names of patients: a line for each minute, user, clinic and kind of"
        " request, with how often, and how many names were shown at most. TIME: ISO 8601 with an offset"
        " (2026-11-23T08:00:00+07:00), or how long ago: 90s, 30m, 2h, 1d."
    ),
)
@click.option("--user", "username", metavar=N_("NAME"), help=N_("Only this member of the staff."))
@click.option("--hospital", metavar=N_("HOSPITAL"), help=N_("Only this hospital."))
@click.option("--clinic", metavar=N_("CLINIC"), help=N_("Only this clinic."))
@click.option("--since", metavar=N_("TIME"), help=N_("From this time on."))
@click.option("--until", metavar=N_("TIME"), help=N_("... and before this time."))
@click.option(
    "--limit",
    metavar=N_("COUNT"),
    type=click.IntRange(1, _COUNT_MAX),
    default=_COUNT_DEFAULT,
    help=N_("So many lines at most, the latest (100)."),
)
@pass_session
def access_log(
    session: AdminSession,
    username: str | None,
    hospital: str | None,
    clinic: str | None,
    since: str | None,
    until: str | None,
    limit: int,
) -> None:
    from admin_cli.database.access_log import read_access_log
    from admin_cli.database.connection import open_database

    begin, end = read_period(since, until, session.settings.clock().now())
    with open_database(session.settings.require_database_url()) as engine:
        found, more = read_access_log(
            engine,
            username=username,
            hospital=None if hospital is None else hospital.upper(),
            clinic=None if clinic is None else clinic.upper(),
            since=begin,
            until=end,
            limit=limit,
        )
    if session.as_json:
        print_json({"looks": [_as_json(each) for each in found], "more": more})
        return
    if not found:
        session.say("Nobody looked at names in that time.")
        return
    table = new_table(session.texts, *_COLUMNS)
    for each in found:
        table.add_row(_cells(each))
    print_table(table)
    if more:
        session.note(session.texts("There are earlier ones: see --limit, --since and --until."))


def _cells(access: "Access") -> list[str]:
    return [
        f"{access.minute:%Y-%m-%d %H:%M} {zone_word(access.minute, access.time_zone)}",
        access.username,
        f"{access.hospital} {access.clinic}",
        access.request,
        str(access.looks),
        str(access.names),
    ]


def _as_json(access: "Access") -> dict[str, Any]:
    return {
        "minute": access.minute.isoformat(),
        "username": access.username,
        "hospital": access.hospital,
        "clinic": access.clinic,
        "request": access.request,
        "looks": access.looks,
        "names": access.names,
    }
