"""What happened in a clinic, or to a ticket, in words: no layout, no colours."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from common.terminal.event_words import event_in_words
from common.words.moments import clock_time
from common.words.problems import PATIENT_WORDS
from common.words.texts import Texts
from common.words.tickets import room_in_words

History = Mapping[str, Any]
"""A `desk_history` reply."""


class HistoryRow(NamedTuple):
    """An event. `more` is its room, or what was corrected; `user` who of the staff caused it, empty for what
    patients and the clock did."""

    clock: str
    number: str
    words: str
    more: str
    user: str


def rows(history: History, texts: Texts, *, with_room_names: bool = True) -> list[HistoryRow]:
    """The events, the last first; rooms by their numbers only, without their names."""
    return [_row(each, texts, with_room_names) for each in history["lines"]]


def _row(line: Mapping[str, Any], texts: Texts, with_room_name: bool) -> HistoryRow:
    name = line["room_name"] if with_room_name else None
    corrected = [texts(PATIENT_WORDS.fields.get(each, each)) for each in line["members"]]
    return HistoryRow(
        clock_time(line["at"], texts),
        line["display_number"] or "",
        event_in_words(line["event"], texts),
        ", ".join(corrected) or room_in_words(line["room"], name, texts) or "",
        line["user"] or "",
    )
