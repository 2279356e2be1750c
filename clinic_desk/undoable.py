"""What can be taken back, by what happened: the ticker decides, here it is named before."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from common.domain.event_names import EventName
from common.domain.ticket_states import TRANSITIONS, UNDONE_BY
from common.translation import N_
from common.words.texts import Texts

_WORDS: Final[Mapping[str, str]] = {
    EventName.TICKET_CALLED: N_("The call of {number}"),
    EventName.TICKET_STARTED: N_("The start of {number}"),
    EventName.TICKET_SERVED: N_("The completion of {number}"),
    EventName.TICKET_SENT: N_("That {number} goes on to the next station"),
    EventName.TICKET_NO_SHOW: N_("That {number} did not come"),
    EventName.TICKET_CANCELLED: N_("The cancellation of {number}"),
    EventName.TICKET_SKIPPED: N_("That {number} goes further back"),
    EventName.TICKET_PARKED: N_("That {number} is on hold"),
}
"""What can be taken back where the staff did it."""

_UNDO_WITHIN: Final = timedelta(minutes=10)  # as the ticker has it, which decides

_TAKES_BACK: Final = {TRANSITIONS[undo].event: event for event, undo in UNDONE_BY.items()}

_PASSED_OVER: Final = frozenset({EventName.TICKET_RECALLED, EventName.TICKET_CORRECTED})
"""What does not stand in the way of taking back what was before it."""


def last_undoable(lines: Iterable[Mapping[str, Any]], room: int | None = None) -> Mapping[str, Any] | None:
    """Of the lines of a `desk_history`, the last that stands, of any room or of this one; None where it is
    nothing that can be taken back."""
    taken_back: Counter[tuple[str, str]] = Counter()
    for line in lines:
        event, number = line["event"], line["display_number"]
        if event in _TAKES_BACK:
            taken_back[_TAKES_BACK[event], number] += 1
        elif taken_back[event, number]:
            taken_back[event, number] -= 1
        elif number and event not in _PASSED_OVER and room in (None, line["room"]):
            return line if event in _WORDS and line["user"] else None
    return None


def is_late(line: Mapping[str, Any], now: datetime) -> bool:
    """Whether it happened too long ago to be taken back."""
    return now - datetime.fromisoformat(line["at"]) > _UNDO_WITHIN


def in_words(line: Mapping[str, Any], texts: Texts) -> str:
    """What is taken back: `The call of GIG-007`."""
    return texts(_WORDS[line["event"]], number=line["display_number"])
