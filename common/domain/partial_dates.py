"""Dates of birth, as far as they are known: a day, a month or a year of the calendar.

Many elderly people know only the year in which they were born. What is not known is not made up: neither
compared nor shown.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

_WRITTEN: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
_LAST_MONTH: Final = 12


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A day of which at least the year is known.

    Two are equal where the same is known of both, and it is the same: a year equals none of its days. Written
    as `1960`, `1960-05` or `1960-05-17`. Raises ValueError where there is no such day, and where a day is
    known and its month is not.
    """

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.month is None and self.day is not None:
            raise ValueError("a day is known with its month")
        date(self.year, 1 if self.month is None else self.month, 1 if self.day is None else self.day)

    @classmethod
    def parse(cls, text: str) -> "PartialDate":
        """The date that is written so; raises ValueError."""
        written = _WRITTEN.fullmatch(text)
        if written is None:
            raise ValueError("a date is written as 1990-01-31, or 1990-01 or 1990 where no more is known")
        year, month, day = written.groups()
        try:
            return cls(int(year), None if month is None else int(month), None if day is None else int(day))
        except ValueError as error:
            raise ValueError("there is no such day in the calendar") from error

    @classmethod
    def of(cls, day: date) -> "PartialDate":
        """A day that is known as a whole."""
        return cls(day.year, day.month, day.day)

    def __str__(self) -> str:
        if self.month is None:
            return f"{self.year:04d}"
        if self.day is None:
            return f"{self.year:04d}-{self.month:02d}"
        return f"{self.year:04d}-{self.month:02d}-{self.day:02d}"

    @property
    def earliest(self) -> date:
        """The first day that it can be."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def latest(self) -> date:
        """The last day that it can be."""
        if self.month is not None and self.day is not None:
            return date(self.year, self.month, self.day)
        if self.month is None or self.month == _LAST_MONTH:
            return date(self.year, _LAST_MONTH, 31)
        return date(self.year, self.month + 1, 1) - timedelta(days=1)
