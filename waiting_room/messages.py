"""What browsers are sent (docs/board.md): made and encoded once for all that show the same."""

import json
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from antrean_client.events import Source
from common.web.streams import encoded
from waiting_room.boards import Change, HospitalBoard
from waiting_room.calls import Call, Shown

_ENTRIES_MAX: Final = 1_000
_TOKEN = re.compile(r"([A-Z0-9]{2,10})\.(\d{4}-\d{2}-\d{2})\.(\d{1,10})", re.ASCII)
"""A clinic, a service day and the last sequence that was shown of it."""

Json = dict[str, Any]

PageKey = tuple[str, tuple[str, ...] | None]
"""A hospital, and the clinics that are chosen; None: all."""


class Scene:
    """What one page shows of a hospital: all its clinics, or those of `chosen`, in this order.

    `about` is the hospital as an entry of `list_hospitals`.
    """

    def __init__(self, board: HospitalBoard, about: Json, chosen: tuple[str, ...] | None) -> None:
        self.board = board
        self._about, self._chosen = about, chosen
        self._zone = ZoneInfo(about["time_zone"])

    @property
    def key(self) -> PageKey:
        """What tells it from other pages."""
        return self.board.code, self._chosen

    @property
    def codes(self) -> Sequence[str]:
        """The clinics on the page that there are."""
        if self._chosen is None:
            return self.board.listed
        return [code for code in self._chosen if code in self.board.listed]

    def snapshot(self, shown: Shown, now: datetime) -> bytes:
        """All of it, with the calls that a browser lacks that has shown these."""
        clinics = [self.board.clinic(code) for code in self.codes]
        calls = [
            (each.code, call) for each in clinics for call in self.board.calls_of(each.code).behind(shown)
        ]
        return self._encoded(
            now,
            is_snapshot=True,
            clinics=[each.shown() for each in clinics],
            calls=self._calls(calls),
        )

    def needs_snapshot(self, change: Change) -> bool:
        """Whether something is gone from this page, which nothing but a snapshot tells."""
        return change.is_relisted or not change.without_calls.isdisjoint(self.codes)

    def changes(self, change: Change, now: datetime) -> bytes | None:
        """What has changed; None where nothing on this page has."""
        codes = self.codes
        clinics = [change.clinics[code] for code in codes if code in change.clinics]
        calls = [each for each in change.calls if each[0] in codes]
        if not (clinics or calls or change.is_stale_changed):
            return None
        return self._encoded(now, is_snapshot=False, clinics=clinics, calls=self._calls(calls))

    def shown(self) -> Shown:
        """What a browser has shown that is up to date: of each source the last sequence."""
        found: Shown = {}
        for code in self.codes:
            day = self.board.clinic(code).day
            if day > date.min:
                found[f"/hospitals/{self.board.code}/clinics/{code}/{day}"] = 0
            found |= self.board.calls_of(code).taken
        return found

    def _encoded(self, now: datetime, **members: Any) -> bytes:
        since = self.board.stale_since
        message = {
            "at": self._local(now),
            "stale_since": None if since is None else self._local(since),
            "hospital": {name: self._about[name] for name in ("code", "name", "time_zone")},
            **members,
        }
        text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        # Without a call nothing more is shown than before: the browser keeps the token that it has.
        token = token_of(self.shown()) if members["is_snapshot"] or members["calls"] else None
        return encoded("board", text, token)

    def _calls(self, calls: Iterable[tuple[str, Call]]) -> list[Json]:
        ordered = _in_order(calls)
        last = {(call.source, call.number): call.sequence for _, call in ordered}
        return [
            {
                "key": call.key,
                "clinic": code,
                "number": call.number,
                "display_number": call.display_number,
                "room": call.room,
                "room_name": call.room_name,
                "called_at": self._local(call.called_at),
                "is_recall": call.is_recall,
                "is_urgent": call.is_urgent,
                "is_current": last[call.source, call.number] == call.sequence
                and self.board.clinic(code).is_current(call),
            }
            for code, call in ordered
        ]

    def _local(self, moment: datetime) -> str:
        return moment.astimezone(self._zone).isoformat(timespec="seconds")


def _in_order(calls: Iterable[tuple[str, Call]]) -> list[tuple[str, Call]]:
    """By the time of the calls, which may go back within a source, whose order stays as it is."""
    latest: dict[str, datetime] = {}
    placed = []
    for code, call in calls:
        at = latest[call.source] = max(call.called_at, latest.get(call.source, call.called_at))
        placed.append((at, code, call))
    return [(code, call) for _, code, call in sorted(placed, key=lambda each: each[0])]


def token_of(shown: Shown) -> str:
    """What a browser says when it comes back, to whichever process: `GIG.2026-11-30.17~ANA.2026-11-30.4`."""
    sources = ((Source.parse(source), sequence) for source, sequence in shown.items())
    return "~".join(f"{source.clinic}.{source.service_date}.{sequence}" for source, sequence in sources)


def shown_in(token: str | None, hospital: str) -> Shown:
    """What a token says, as far as it is one."""
    found: Shown = {}
    for each in (token or "").split("~")[:_ENTRIES_MAX]:
        if entry := _TOKEN.fullmatch(each):
            clinic, day, sequence = entry.groups()
            found[f"/hospitals/{hospital}/clinics/{clinic}/{day}"] = int(sequence)
    return found
