"""How old each part of the picture is, in words: how far what is on the screen can be trusted."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Final

from admin_cli.top.sections import BAD, GOOD
from admin_cli.top.sources import Part
from common.translation import N_
from common.words.moments import CLOCK_WITH_SECONDS, age_in_words
from common.words.texts import Texts

_NOT_YET: Final = "○"

_NAMES: Final[Mapping[Part, str]] = {
    Part.BROKER: N_("broker"),
    Part.DATABASE: N_("database"),
    Part.LETTERS: N_("dead letters"),
}


class Freshness:
    """When a part was read last, and since when it cannot be."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._read_at: datetime | None = None
        self._failed_since: datetime | None = None

    @property
    def is_shown(self) -> bool:
        """Whether there is anything to say: dead letters are read when their number changes, not by the
        clock."""
        return self._part is not Part.LETTERS or self.is_stale

    @property
    def is_stale(self) -> bool:
        """Whether the last attempt failed."""
        return self._failed_since is not None

    def read(self, now: datetime) -> None:
        """It was read."""
        self._read_at, self._failed_since = now, None

    def failed(self, now: datetime) -> None:
        """It could not be read."""
        self._failed_since = self._failed_since or now

    def words(self, now: datetime, zone: tzinfo | None, texts: Texts) -> str:
        """`● broker 3 s`, or `✖ broker since 09:40:05, shown 09:39:58`."""
        name = texts(_NAMES[self._part])
        clock = texts(CLOCK_WITH_SECONDS)
        if self._failed_since is not None:
            since = self._failed_since.astimezone(zone).strftime(clock)
            if self._read_at is None:
                return texts("{mark} {part} not to be had since {since}", mark=BAD, part=name, since=since)
            return texts(
                "{mark} {part} gone since {since}: shown as of {read}",
                mark=BAD,
                part=name,
                since=since,
                read=self._read_at.astimezone(zone).strftime(clock),
            )
        if self._read_at is None:
            return f"{_NOT_YET} {name}"
        age = age_in_words(now - self._read_at, texts)
        return texts("{mark} {part} {age} ago", mark=GOOD, part=name, age=age)
