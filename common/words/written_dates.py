"""Dates as people write them: read in every form that can mean one day only, and in no other."""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Final

from common.domain.partial_dates import PartialDate
from common.translation import N_, languages, translated
from common.words.moments import MONTHS

_MONTHS: Final = 12

_ISO_DATE: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_DAY_FIRST_DATE: Final = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", re.ASCII)
_EIGHT_DIGITS: Final = re.compile(r"(\d\d)(\d\d)((?!0|1[0-2])\d{4})", re.ASCII)
"""With a year from 1300 on: that of `20011201` could be a month and a day, and the year stand first."""

_NAMED_DATE: Final = re.compile(r"(\d{1,2})[-/., ]{0,2}([a-z]+)[-/., ]{0,2}(\d{4})", re.ASCII)
_YEAR: Final = re.compile(r"\d{4}", re.ASCII)
_ISO_MONTH: Final = re.compile(r"(\d{4})-(\d{1,2})", re.ASCII)
_MONTH_OF_YEAR: Final = re.compile(r"(\d{1,2})[-/.](\d{4})", re.ASCII)
_NAMED_MONTH: Final = re.compile(r"([a-z]+)[-/., ]{0,2}(\d{4})", re.ASCII)
_SHORT_YEAR: Final = re.compile(r"\d{1,2}(?:([-/.])\d{1,2}\1|[-/., ]{0,2}[a-z]+[-/., ]{0,2})\d{2}", re.ASCII)

_OTHER_NAMES: Final = {"pebruari": 2, "peb": 2, "sept": 9, "agt": 8, "ags": 8, "nopember": 11, "nop": 11}
"""How months are written besides their names and the first three letters of these."""


class ShortYear(ValueError):
    """A date whose year has two digits: it could be one of two centuries."""


class MonthFirst(ValueError):
    """A date whose month stands before its day, as in 12/31/1990."""


def parse_date(text: str) -> str:
    """A day in ISO 8601: from `1990-01-31`, or with the day first from `31-01-1990`, `31/01/1990`,
    `31.01.1990`, `31011990`, `31 Januari 1990`, `31-Jan-1990`.

    Days and months may have one digit, but in `31011990`. Months have their names in any of the languages, or
    three letters, in any case. Raises ValueError where it is no such day, MonthFirst, and ShortYear where the
    year has two digits.
    """
    text = _plain(text)
    if match := _ISO_DATE.fullmatch(text):
        return date(*map(int, match.groups())).isoformat()
    if match := _DAY_FIRST_DATE.fullmatch(text):
        return _day_first(match[1], int(match[3]), match[4])
    if match := _EIGHT_DIGITS.fullmatch(text):
        return _day_first(match[1], int(match[2]), match[3])
    if match := _NAMED_DATE.fullmatch(text):
        return _day_first(match[1], _month_named(match[2]), match[3])
    if _SHORT_YEAR.fullmatch(text):
        raise ShortYear("a year has four digits")
    raise ValueError("a date is written as 1990-01-31 or 31-01-1990")


def parse_birth_date(text: str) -> str:
    """A date of birth as `parse_date` reads it; where no more is known, a month as `1990-01`, `01-1990`,
    `01/1990`, `01.1990` or `Januari 1990`, or a year as `1990`. In the form of requests; raises what
    `parse_date` does."""
    text = _plain(text)
    if _YEAR.fullmatch(text):
        return str(PartialDate(int(text)))
    if match := _ISO_MONTH.fullmatch(text):
        return str(PartialDate(int(match[1]), int(match[2])))
    if match := _MONTH_OF_YEAR.fullmatch(text):
        return str(PartialDate(int(match[2]), int(match[1])))
    if match := _NAMED_MONTH.fullmatch(text):
        return str(PartialDate(int(match[2]), _month_named(match[1])))
    return parse_date(text)


def date_complaint(error: ValueError, otherwise: str) -> str:
    """The key of the text that says what is wrong with a date."""
    match error:
        case ShortYear():
            return N_("Write the year with four digits, such as 1990-01-31.")
        case MonthFirst():
            return N_("Write the day first, then the month, such as 31-12-1990.")
    return otherwise


def _day_first(day: str, month: int, year: str) -> str:
    if month > _MONTHS >= int(day) > 0:
        raise MonthFirst("the day comes first")
    return date(int(year), month, int(day)).isoformat()


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def _month_named(name: str) -> int:
    try:
        return _month_names()[name]
    except KeyError as error:
        raise ValueError("no month has this name") from error


@cache
def _month_names() -> Mapping[str, int]:
    """The months by their names and the first three letters of these, in all languages."""
    names = dict(_OTHER_NAMES)
    for language in languages():
        for month, name in enumerate(translated(MONTHS, language).lower().split(), 1):
            names |= {name: month, name[:3]: month}
    return names
