"""What staff write: a ticket's number and a time of day, in the ways in which they are usually written."""

import re
from datetime import datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING

import click

from antrean_client.look_ups import each_hospital
from common.domain.tickets import parse_number
from common.terminal.failures import ProblemReply, problem_of
from common.terminal.usage import UsageProblem
from common.translation import N_
from common.words.written_dates import date_complaint, parse_date

if TYPE_CHECKING:
    from clinic_desk.session import DeskSession

_TIME = re.compile(r"(\d{1,2})[.:](\d{2})", re.ASCII)


def parse_until(text: str) -> datetime | time:
    """A time of day from `14:00` or `14.00`, else a moment in ISO 8601, aware or not; raises ValueError."""
    text = text.strip()
    if match := _TIME.fullmatch(text):
        return time(int(match[1]), int(match[2]))
    return datetime.fromisoformat(text)


def moment_of(wanted: datetime | time, now: datetime, zone: tzinfo) -> datetime:
    """The next moment after `now` at which clocks in `zone` show a time of day, or the moment itself."""
    if isinstance(wanted, datetime):
        return wanted if wanted.tzinfo else wanted.replace(tzinfo=zone)
    local = now.astimezone(zone)
    moment = datetime.combine(local.date(), wanted, zone)
    return moment if moment > local else datetime.combine(local.date() + timedelta(days=1), wanted, zone)


def until_at(session: "DeskSession", hospital: str, wanted: datetime | time) -> str:
    """The moment that is meant by the clocks of a hospital, in ISO 8601; asks for the hospital's zone.

    Raises ProblemReply where there is no such hospital, and as `Session.ask` does.
    """
    if isinstance(wanted, datetime) and wanted.tzinfo:
        return wanted.isoformat()
    from zoneinfo import ZoneInfo

    for each in each_hospital(session):
        if each["code"] == hospital:
            zone = ZoneInfo(each["time_zone"])
            return moment_of(wanted, session.settings.clock().now(), zone).isoformat()
    raise ProblemReply(problem_of("hospital_not_found", "There is no such hospital."))


def take_number_if_given(ctx: click.Context, parameter: click.Parameter, text: str | None) -> int | None:
    """Reads a ticket's number as `take_number` does; None where there is none."""
    return None if text is None else take_number(ctx, parameter, text)


def take_number(ctx: click.Context, _parameter: click.Parameter, text: str) -> int:
    """Reads a ticket's number, which stands behind its clinic on the command line."""
    try:
        return parse_number(text, ctx.params.get("clinic", ""))
    except ValueError as error:
        raise UsageProblem(
            N_("Write the number of a ticket of this clinic as 17 or GIG-017."), ctx
        ) from error


def take_until(ctx: click.Context, _parameter: click.Parameter, text: str | None) -> datetime | time | None:
    """Reads a time of day or a moment."""
    try:
        return None if text is None else parse_until(text)
    except ValueError as error:
        raise UsageProblem(N_("Write the time as 14:00 or 2026-11-23T14:00."), ctx) from error


def take_day(ctx: click.Context, _parameter: click.Parameter, text: str | None) -> str | None:
    """Reads a day of the calendar, in ISO 8601 afterwards."""
    try:
        return None if text is None else parse_date(text)
    except ValueError as error:
        raise UsageProblem(
            date_complaint(
                error, N_("Write a real date as 2026-01-31, 31-01-2026 or 31/01/2026 (day first).")
            ),
            ctx,
        ) from error
