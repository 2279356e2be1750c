"""The boards of the hospitals that somebody looks at, and the last calls of all clinics.

Calls are kept of every hospital, so that whoever opens a page sees the last ones. Pure: knows neither the
broker nor the clock.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from antrean_client.events import Event
from waiting_room.calls import Call, Calls, News
from waiting_room.clinic_boards import ClinicBoard, Json

CALLS_MAX: Final = 100_000
"""Calls of all clinics; beyond it those are forgotten of clinics in which nothing happened for longest."""

CLINICS_MAX: Final = 100_000

OLD_CALLS: Final = timedelta(minutes=10)
"""For so long into a new service day the calls of the day before stay."""


@dataclass(slots=True)
class Change:
    """What is to be told of a hospital: its clinics that changed, as they are now; its new calls, each with
    its clinic; and which clinics have calls that are none any more. `is_relisted`: there are other clinics
    than before."""

    clinics: dict[str, Json] = field(default_factory=dict)
    calls: list[tuple[str, Call]] = field(default_factory=list)
    without_calls: set[str] = field(default_factory=set)
    is_relisted: bool = False
    is_stale_changed: bool = False

    @property
    def is_urgent(self) -> bool:
        """Whether it may not wait."""
        return bool(self.calls or self.without_calls or self.is_relisted or self.is_stale_changed)


class HospitalBoard:
    """One hospital: its clinics, and what is to be told of them. `calls_of` has the calls of a clinic."""

    def __init__(self, code: str, calls_of: Callable[[str], Calls]) -> None:
        self.code = code
        self.calls_of = calls_of
        self.listed: tuple[str, ...] = ()
        """The clinics of the hospital, in their order."""
        self.moment = 0
        """Counts the events: says what was known when a look-up was asked for."""
        self.due: set[str] = set()
        """The clinics whose queue is to be looked up."""
        self.is_listing_due = True
        """Whether the clinics are to be looked up."""
        self._is_listed = False
        self._clinics: dict[str, ClinicBoard] = {}
        self._told: dict[str, Json] = {}
        self._changed: set[str] = set()
        self._change = Change()
        self._missing: dict[str, datetime] = {}

    @property
    def stale_since(self) -> datetime | None:
        """Since when what is shown may be old; None where it is not."""
        return min(self._missing.values(), default=None)

    def lacks(self, what: str, since: datetime | None) -> None:
        """`what` does not come since then: what is shown may be old. None: it comes."""
        before = self.stale_since
        if since is None:
            self._missing.pop(what, None)
        else:
            self._missing[what] = since
        self._change.is_stale_changed |= self.stale_since != before

    @property
    def is_known(self) -> bool:
        """Whether its clinics and their queues were looked up."""
        return self._is_listed and all(self.clinic(code).is_known for code in self.listed)

    def clinic(self, code: str) -> ClinicBoard:
        """The board of one of its clinics."""
        return self._clinics.setdefault(code, ClinicBoard(code))

    def take_event(self, event: Event, news: News) -> None:
        """An event of one of its clinics, with what it brought."""
        code = event.queue.clinic
        self.moment += 1
        self.clinic(code).take_event(event, self.moment)
        self.due.add(code)
        self.is_listing_due |= not event.name.startswith("ticket.") or code not in self.listed
        self._changed.add(code)
        if news.call is not None:
            self._change.calls.append((code, news.call))
        if news.taken_back:
            untold = [each for each in self._change.calls if each[1] in news.taken_back]
            self._change.calls = [each for each in self._change.calls if each not in untold]
            if len(untold) < len(news.taken_back):
                self._change.without_calls.add(code)

    def take_clinics(self, summaries: Sequence[Mapping[str, Any]], asked_at: int) -> None:
        """All its clinics, as `list_clinics` has them; `asked_at` was the `moment` before."""
        self._is_listed = True
        codes = tuple(each["code"] for each in summaries)
        for each in summaries:
            self.clinic(each["code"]).take_summary(each, asked_at)
        self._changed.update(codes)
        for code in {*self._clinics} - {*codes}:
            del self._clinics[code]
        if codes != self.listed:
            self.due.update(set(codes) - {*self.listed})
            self._change.is_relisted = True
            self.listed = codes

    def take_queue(self, code: str, reply: Mapping[str, Any], now: datetime) -> None:
        """The queue of one of its clinics, as `clinic_queue` has it."""
        clinic = self.clinic(code)
        clinic.take_queue(reply)
        self._changed.add(code)
        if self.calls_of(code).forget(clinic.day, now - OLD_CALLS):
            self._change.without_calls.add(code)

    def change(self) -> Change:
        """What has changed since this was asked last."""
        change, self._change = self._change, Change()
        changed, self._changed = self._changed, set()
        self._told = {code: shown for code, shown in self._told.items() if code in self.listed}
        for code in self.listed:
            if code in changed and (shown := self.clinic(code).shown()) != self._told.get(code):
                change.clinics[code] = self._told[code] = shown
        return change

    @property
    def may_not_wait(self) -> bool:
        """Whether something is to be told at once."""
        return self._change.is_urgent

    @property
    def has_changed(self) -> bool:
        """Whether there may be something to tell."""
        return bool(self._changed) or self._change.is_urgent


class Boards:
    """Takes the events of all hospitals."""

    def __init__(self, calls_max: int = CALLS_MAX) -> None:
        self.hospitals: dict[str, HospitalBoard] = {}
        """Those that are looked at."""
        self._calls: OrderedDict[tuple[str, str], Calls] = OrderedDict()
        self._calls_max, self._calls_count = calls_max, 0

    def take(self, events: Iterable[Event]) -> set[HospitalBoard]:
        """The hospitals that are looked at and of which these events tell."""
        touched = set()
        for event in events:
            hospital, clinic, _ = event.queue
            calls = self._calls_of(hospital, clinic)
            before = len(calls)
            news = calls.take(event)
            self._calls_count += len(calls) - before
            board = self.hospitals.get(hospital)
            if board is not None and news is not None:
                board.take_event(event, news)
                touched.add(board)
        self._make_room()
        return touched

    def watch(self, hospital: str) -> HospitalBoard:
        """The board of a hospital, from now on."""
        if hospital not in self.hospitals:
            self.hospitals[hospital] = HospitalBoard(hospital, lambda code: self._calls_of(hospital, code))
        return self.hospitals[hospital]

    def unwatch(self, hospital: str) -> None:
        """Nobody looks at it any more."""
        self.hospitals.pop(hospital, None)

    def _calls_of(self, hospital: str, clinic: str) -> Calls:
        calls = self._calls.setdefault((hospital, clinic), Calls())
        self._calls.move_to_end((hospital, clinic))
        return calls

    def _make_room(self) -> None:
        if self._calls_count > self._calls_max:  # those that boards have forgotten are counted still
            self._calls_count = sum(map(len, self._calls.values()))
        while self._calls_count > self._calls_max or len(self._calls) > CLINICS_MAX:
            _, calls = self._calls.popitem(last=False)
            self._calls_count -= len(calls)
