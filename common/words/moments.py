"""Moments, dates and durations as patients read and write them.

Moments come from replies in ISO 8601 with the hospital's offset, and are shown in that zone.
"""

from datetime import date, datetime, timedelta

from common.domain.partial_dates import PartialDate
from common.domain.time_zones import zone_word
from common.translation import C_, N_
from common.words.texts import Texts

CLOCK = C_("clock", "%H:%M")
CLOCK_WITH_SECONDS = C_("clock", "%H:%M:%S")
"""How a time of day is written, as strftime reads it."""

DAYS = N_("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
MONTHS = N_("January February March April May June July August September October November December")
"""Names between spaces, in the order of the calendar; their first three letters stand for them."""

SOON_SECONDS_MAX = 180.0
"""A call that is expected within so long is told as one that comes shortly."""

_MINUTE = timedelta(minutes=1)
_MINUTES_IN_HOURS_MAX = 48 * 60


def clock_time(moment: str, texts: Texts) -> str:
    """`09.40` in Indonesian, `09:40` in English."""
    return datetime.fromisoformat(moment).strftime(texts(CLOCK))


def clock_time_with_zone(moment: str, texts: Texts, zone: str | None = None) -> str:
    """`09.40 WIB`, with the zone that the reply names (a server of an earlier version does not)."""
    return f"{clock_time(moment, texts)} {zone or zone_word(datetime.fromisoformat(moment))}"


def long_date(day: str, texts: Texts) -> str:
    """`Senin, 23 November 2026`."""
    return _date(date.fromisoformat(day), texts)


def short_date(day: str, texts: Texts) -> str:
    """`23 Nov 2026`."""
    at = date.fromisoformat(day)
    return texts("{number} {month} {year}", number=at.day, month=_month(at, texts)[:3], year=at.year)


def birth_date(written: str, texts: Texts) -> str:
    """A date of birth as far as it is known: `23 Nov 1990`, `Nov 1990`, `1990`."""
    born = PartialDate.parse(written)
    if born.day is not None:
        return short_date(written, texts)
    if born.month is None:
        return str(born.year)
    return texts("{month} {year}", month=_month(born.earliest, texts)[:3], year=born.year)


def written_birth_date(written: str, texts: Texts) -> str:
    """A date of birth as far as it is known, as it is typed in the language and read by `parse_birth_date`:
    `23-11-1990`, `11-1990` or `1990` in Indonesian; in English as it is."""
    is_day_first = texts(C_("date", "%Y-%m-%d")).startswith("%d")
    return "-".join(reversed(written.split("-"))) if is_day_first else written


def date_and_time(moment: str, texts: Texts, zone: str | None = None) -> str:
    """`Selasa, 24 November 2026 pukul 08.00 WIB`."""
    at = datetime.fromisoformat(moment)
    day = _date(at.date(), texts)
    return texts(
        "{date} at {clock} {zone}", date=day, clock=clock_time(moment, texts), zone=zone or zone_word(at)
    )


def brief_date_and_time(moment: str, texts: Texts, zone: str | None = None) -> str:
    """`Sel 24 Nov 08.00 WIB`."""
    at = datetime.fromisoformat(moment)
    return texts(
        "{day} {number} {month} {clock} {zone}",
        day=_weekday(at.date(), texts)[:3],
        number=at.day,
        month=_month(at.date(), texts)[:3],
        clock=clock_time(moment, texts),
        zone=zone or zone_word(at),
    )


def estimate(
    call_at: str,
    earliest: str,
    latest: str,
    wait_seconds: float | None,
    texts: Texts,
    zone: str | None = None,
) -> str:
    """`sekitar pukul 09.40 WIB, antara 09.25 dan 10.05`; one moment only where they are the same minute, and
    `sebentar lagi` before it where the call is near as well."""
    first, last = clock_time(earliest, texts), clock_time(latest, texts)
    is_near = wait_seconds is not None and wait_seconds <= SOON_SECONDS_MAX
    one_moment = N_("shortly, around {at} {zone}") if is_near else N_("around {at} {zone}")
    return texts(
        one_moment if first == last else N_("around {at} {zone}, between {earliest} and {latest}"),
        at=clock_time(call_at, texts),
        zone=zone or zone_word(datetime.fromisoformat(call_at)),
        earliest=first,
        latest=last,
    )


def duration(seconds: float, texts: Texts) -> str:
    """`25 menit`, `1 jam 5 mnt`, `3 hari`."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return texts("< 1 min")
    if minutes < 60:
        return texts("{minutes} min", minutes=minutes)
    if minutes >= _MINUTES_IN_HOURS_MAX:
        return texts("{days} days", days=round(minutes / (24 * 60)))
    return texts("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)


def duration_in_words(seconds: float, texts: Texts) -> str:
    """The same for patients, who need not know what `<` is: `kurang dari 1 menit`."""
    return texts("less than a minute") if round(seconds / 60) < 1 else duration(seconds, texts)


def age_in_words(age: timedelta, texts: Texts) -> str:
    """`4 s`, or whole minutes from one minute on; no less than `0 s`, though a clock be set back."""
    age = max(age, timedelta())
    if age < _MINUTE:
        return texts("{count} s", count=int(age.total_seconds()))
    return texts("{count} min", count=age // _MINUTE)


def _date(day: date, texts: Texts) -> str:
    return texts(
        "{day}, {number} {month} {year}",
        day=_weekday(day, texts),
        number=day.day,
        month=_month(day, texts),
        year=day.year,
    )


def _weekday(day: date, texts: Texts) -> str:
    return texts(DAYS).split()[day.weekday()]


def _month(day: date, texts: Texts) -> str:
    return texts(MONTHS).split()[day.month - 1]
