"""Moments as they are written on a command line."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from common.terminal.usage import UsageProblem
from common.translation import N_

_AGO: Final = re.compile(r"(\d{1,9})([smhd])", re.ASCII)
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def read_moment(option: str, text: str, now: datetime) -> datetime:
    """`text` as a moment: ISO 8601 with an offset, or how long before `now`, such as `2h`.

    Raises UsageProblem, naming the option, where it is neither.
    """
    try:
        if ago := _AGO.fullmatch(text):
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError(text)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageProblem(
            N_(
                "{option}: {text} is no time; write it as 2026-11-23T08:00:00+07:00, or 2h for two hours ago."
            ),
            option=option,
            text=text,
        ) from error


def read_duration(option: str, text: str) -> timedelta:
    """`text` as a duration, such as `2h`; raises UsageProblem, naming the option, where it is none."""
    try:
        if given := _AGO.fullmatch(text):
            return timedelta(**{_UNITS[given[2]]: int(given[1])})
        raise ValueError(text)
    except (ValueError, OverflowError) as error:
        raise UsageProblem(
            N_("{option}: {text} is no duration; write it as 90s, 30m, 2h or 1d."), option=option, text=text
        ) from error


def read_period(
    since: str | None, until: str | None, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """What --since and --until say, None where they are left out; raises UsageProblem."""
    begin = None if since is None else read_moment("--since", since, now)
    end = None if until is None else read_moment("--until", until, now)
    if begin is not None and end is not None and end <= begin:
        raise UsageProblem(N_("--until has to be after --since."))
    return begin, end
