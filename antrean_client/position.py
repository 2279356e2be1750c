"""How far a subscriber has come: what its caller stores, in the transaction with what the events brought."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final, Literal, Self

Start = int | datetime | Literal["first", "next"]
"""Where reading begins in the stream: an offset, about a moment, at the first event that it holds, or behind
the last one."""

_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the stream of events, and the last sequence given of each source.

    Sources that are not among these begin with their first event where their service day is `complete_from`
    or later, else with the first one that is met. None: that day follows from the first event that is read.
    """

    start: Start
    sources: Mapping[str, int] = field(default_factory=dict)
    complete_from: date | None = None

    @classmethod
    def first(cls) -> Self:
        """Before everything: every event of every source, as far back as the stream goes."""
        return cls("first", complete_from=date.min)

    @classmethod
    def now(cls) -> Self:
        """Behind the last event that there is."""
        return cls("next")

    def to_json(self) -> str:
        """A text to store."""
        start = self.start.timestamp() if isinstance(self.start, datetime) else self.start
        return json.dumps(
            {
                "version": _VERSION,
                "start": start,
                "sources": dict(self.sources),
                "complete_from": None if self.complete_from is None else self.complete_from.isoformat(),
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The position in a text that `to_json` made; raises ValueError."""
        try:
            stored = json.loads(text)
            if stored["version"] != _VERSION:
                raise ValueError("a position of another version")
            start, since = stored["start"], stored["complete_from"]
            return cls(
                datetime.fromtimestamp(start, UTC) if isinstance(start, float) else start,
                {str(source): int(last) for source, last in stored["sources"].items()},
                None if since is None else date.fromisoformat(since),
            )
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError("not the position of a subscriber") from error
