"""What a desk names as what can be taken back, by what happened."""

from datetime import UTC, datetime
from typing import Any

import pytest

from clinic_desk.undoable import in_words, is_late, last_undoable
from common.domain.event_names import EventName
from common.terminal.event_words import EVENTS
from common.words.texts import Texts


def line(event: str, number: int = 7, room: int | None = 1, user: str | None = "siti") -> dict[str, Any]:
    shown = {"number": number, "display_number": f"GIG-{number:03d}"}
    return {"event": f"ticket.{event}", "room": room, "user": user, **shown}


@pytest.mark.parametrize(
    ("happened", "indonesian", "english"),
    [
        (["called"], "Panggilan GIG-007", "The call of GIG-007"),
        (["called", "started", "recalled", "corrected"], "Mulai layanan GIG-007", "The start of GIG-007"),
        (["called", "started", "start_undone"], "Panggilan GIG-007", "The call of GIG-007"),
        (["called", "no_show", "reinstated"], None, None),
        (["called", "call_undone"], None, None),
        (["called", "parked", "unparked"], None, None),
        (["registered"], None, None),
        ([], None, None),
    ],
)
def test_the_last_that_stands_is_named(
    happened: list[str], indonesian: str | None, english: str | None
) -> None:
    found = last_undoable([line(event) for event in reversed(happened)])
    assert (found and in_words(found, Texts("id"))) == indonesian
    assert (found and in_words(found, Texts("en"))) == english


def test_what_happened_in_another_room_or_without_the_staff_is_not_meant() -> None:
    lines = [line("called", 9, room=2), line("called", 8, room=1)]
    assert last_undoable(lines, room=1) == lines[1]
    assert last_undoable(lines, room=3) is None
    assert last_undoable([line("cancelled", user=None)]) is None


def test_after_ten_minutes_it_is_too_late() -> None:
    happened = {**line("called"), "at": "2026-11-23T09:40:00+07:00"}
    assert not is_late(happened, datetime(2026, 11, 23, 2, 50, tzinfo=UTC))
    assert is_late(happened, datetime(2026, 11, 23, 2, 50, 1, tzinfo=UTC))


def test_every_event_has_words() -> None:
    assert [each for each in EventName if each.startswith("ticket.") and each not in EVENTS] == []
