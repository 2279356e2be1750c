"""The forms in which events are written: each event is a line."""

import csv
import io
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from pydantic_core import from_json, to_json

from antrean_client.events import Event, Source
from antrean_client.visible_text import visible

_COLUMNS: Final = (
    *("time", "hospital", "clinic", "service_date", "sequence", "event"),
    *("display_number", "status", "lane", "room", "room_name", "waiting", "now_serving", "id"),
)


def _flat(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "time": event.time,
        **_place(event.source),
        "sequence": event.sequence,
        "event": event.name,
        **event.data,
    }


@lru_cache(1024)
def _place(source: str) -> Mapping[str, str]:
    hospital, clinic, day = Source.parse(source)
    return {"hospital": hospital, "clinic": clinic, "service_date": day.isoformat()}


def _json_line(event: Event) -> bytes:
    return to_json(_flat(event), ensure_ascii=True) + b"\n"


def _cloudevents_line(event: Event) -> bytes:
    # As it was published, which for all that workers write is one line.
    body = event.body
    return (to_json(from_json(body)) if b"\n" in body or b"\r" in body else body) + b"\n"


def _csv_line(event: Event) -> bytes:
    flat = _flat(event)
    # What a terminal or a spreadsheet would obey is in nothing that was written by us; a room's name is not.
    return _csv_row(["" if flat.get(each) is None else visible(str(flat[each])) for each in _COLUMNS])


def _csv_row(cells: list[str]) -> bytes:
    row = io.StringIO()
    csv.writer(row, lineterminator="\n").writerow(cells)
    return row.getvalue().encode()


LINES: Final[Mapping[str, Callable[[Event], bytes]]] = {
    "json": _json_line,
    "cloudevents": _cloudevents_line,
    "csv": _csv_line,
}
"""By the name of a form: an event as a line."""

HEADINGS: Final[Mapping[str, bytes]] = {"csv": _csv_row([*_COLUMNS])}
"""What stands before the first event."""
