"""The events of each source in the order of their sequence, each once, whatever the order of arrival.

Events of one source come from several workers: a little out of order, sometimes twice, and one may be
missing. Pure: knows neither the broker nor the clock.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final, NamedTuple

from antrean_client.events import Event, Source
from antrean_client.position import Position

HELD_MAX: Final = 10_000
"""Events that wait for others before them; beyond it the oldest gap is overdue."""

_DAYS_KEPT: Final = 10
"""For so long behind the newest service day the sequences of a source are remembered; older events are
repeats, since the stream holds seven days."""

_CERTAIN_AFTER: Final = timedelta(days=2)
"""Behind the day of the first event, in UTC: by then every service day has begun after it, wherever it is."""

_PRUNE_AT: Final = 1_000


class Gap(NamedTuple):
    """Events of a source that did not arrive: behind the sequence `after` (None: unknown where the source
    begins) and before `until`."""

    source: str
    after: int | None
    until: int


class _Held(NamedTuple):
    event: Event
    offset: int
    since: float


class Ordering:
    """Begins at a position. `since` and `now` are seconds of any clock that only goes forward."""

    def __init__(self, position: Position) -> None:
        self._last = dict(position.sources)
        self._complete_from = position.complete_from
        self._newest_day = max((Source.parse(each).service_date for each in self._last), default=date.min)
        self._held: dict[str, dict[int, _Held]] = {}
        self._held_count = 0
        self.late = 0
        """How many events have come behind a later one of their source."""
        self._prune_at = max(_PRUNE_AT, 2 * len(self._last))

    def add(self, event: Event, offset: int, since: float) -> list[Event]:
        """The events that can be given now that this one has arrived, in their order."""
        source, sequence = event.source, event.sequence
        last = self._last.get(source)
        if last is None:
            last = self._before_first(event)
            if last is None:
                self._hold(event, offset, since)
                return []
        if sequence <= last:
            return []
        if sequence > last + 1:
            self._hold(event, offset, since)
            return []
        self._last[source] = sequence
        if source not in self._held:
            return [event]
        self.late += 1
        return [event, *self._released(source)]

    def overdue(self, now: float, seconds: float) -> list[Gap]:
        """The gaps before events that were held for so long, or for which there is no more room."""
        oldest = {source: min(each.since for each in held.values()) for source, held in self._held.items()}
        found = [source for source, since in oldest.items() if now - since >= seconds]
        if self.is_full and not found:
            found = [min(oldest, key=lambda source: oldest[source])]
        return [Gap(source, self._last.get(source), min(self._held[source])) for source in found]

    def close(self, gap: Gap, found: Iterable[Event]) -> Iterator[Event]:
        """The events that can be given when nothing but `found` is to be had of a gap."""
        for event in sorted(found, key=lambda event: event.sequence):
            if event.source == gap.source and (gap.after or 0) < event.sequence < gap.until:
                yield event
        self._last[gap.source] = gap.until - 1
        yield from self._released(gap.source)

    @property
    def is_full(self) -> bool:
        """Whether there is no room for more events that wait."""
        return self._held_count > HELD_MAX

    @property
    def is_waiting(self) -> bool:
        """Whether events are held."""
        return bool(self._held)

    def position(self, next_offset: int) -> Position:
        """Where to begin again: `next_offset` is that of the first event that has not been added."""
        offsets = [each.offset for held in self._held.values() for each in held.values()]
        return Position(min([next_offset, *offsets]), dict(self._last), self._complete_from)

    def _before_first(self, event: Event) -> int | None:
        """The sequence before the first event to be given of a source that is met now; None if unknown."""
        day = Source.parse(event.source).service_date
        if self._complete_from is None:
            self._complete_from = event.happened_at.date() + _CERTAIN_AFTER
        self._newest_day = max(self._newest_day, day)
        if len(self._last) >= self._prune_at:
            self._prune()
        if self._newest_day - day > timedelta(days=_DAYS_KEPT):
            return event.sequence
        return 0 if day >= self._complete_from or event.sequence == 1 else None

    def _prune(self) -> None:
        oldest = self._newest_day - timedelta(days=_DAYS_KEPT)
        self._last = {
            source: last for source, last in self._last.items() if Source.parse(source).service_date >= oldest
        }
        self._prune_at = max(_PRUNE_AT, 2 * len(self._last))

    def _hold(self, event: Event, offset: int, since: float) -> None:
        held = self._held.setdefault(event.source, {})
        if event.sequence not in held:
            held[event.sequence] = _Held(event, offset, since)
            self._held_count += 1

    def _released(self, source: str) -> list[Event]:
        held, released = self._held.get(source, {}), []
        for sequence in [each for each in held if each <= self._last[source]]:
            del held[sequence]
            self._held_count -= 1
        while (found := held.pop(self._last[source] + 1, None)) is not None:
            self._last[source] = found.event.sequence
            self._held_count -= 1
            released.append(found.event)
        if not held:
            self._held.pop(source, None)
        return released
