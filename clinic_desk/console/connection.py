"""The state of the connection to the broker, in words: how far what is on the screen can be trusted."""

from datetime import datetime, tzinfo
from typing import Final

from common.translation import C_
from common.words.moments import age_in_words
from common.words.texts import Texts

_CONNECTED_MARK: Final = "●"
_LOST_MARK: Final = "○"


class Connection:
    """When the last reply came, and since when none does."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._answered_at: datetime | None = None
        self._lost_since: datetime | None = None
        self._is_refused = False

    @property
    def is_lost(self) -> bool:
        """Whether a request found no reply, and none has come since."""
        return self._lost_since is not None

    def answered(self, now: datetime) -> None:
        """A reply came, whatever it says."""
        self._answered_at, self._lost_since, self._is_refused = now, None, False

    def lost(self, now: datetime) -> None:
        """No reply came."""
        self._lost_since = self._lost_since or now

    def refused(self, now: datetime) -> bool:
        """No reply came, since the broker refuses the user; whether that is news."""
        self.lost(now)
        is_news, self._is_refused = not self._is_refused, True
        return is_news

    def words(self, now: datetime) -> str:
        """Whether there is a connection, and how old the last reply is."""
        if self.is_lost:
            mark, state = _LOST_MARK, self._texts("reconnecting")
        elif self._answered_at is None:
            mark, state = _LOST_MARK, self._texts("connecting")
        else:
            mark, state = _CONNECTED_MARK, self._texts("connected")
        said = f"{mark} {state}"
        if self._answered_at is None:
            return said
        age = self._texts("last reply {age} ago", age=age_in_words(now - self._answered_at, self._texts))
        return f"{said} · {age}"

    def warning(self, zone: tzinfo) -> str:
        """Since when there is no connection on the clocks of `zone`, and from when the screen is."""
        texts = self._texts
        clock = texts(C_("clock", "%H:%M:%S"))
        if self._lost_since is None or self._answered_at is None:
            return texts("The connection is lost; trying again.")
        return texts(
            "The connection is lost since {since}. What is shown is of {shown}.",
            since=self._lost_since.astimezone(zone).strftime(clock),
            shown=self._answered_at.astimezone(zone).strftime(clock),
        )
