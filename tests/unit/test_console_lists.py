"""What the console's lists show, at the widths they have: a queue, found tickets, and what happened last."""

import asyncio
from typing import Any

import pytest
from rich.text import Text
from textual.app import App, ComposeResult

from clinic_desk.console.dialogs.search import found_lines
from clinic_desk.console.queue_list import QueueList
from clinic_desk.console.side import history_text
from clinic_desk.queue_view import ticket_key
from common.domain.event_names import EventName
from common.terminal.event_words import EVENTS
from common.words.texts import Texts
from tests.unit.test_console_rooms import queue_of

PANEL_WIDTH = 43
"""Of the panel beside the queue, within its frame."""


def ticket(number: int, status: str = "waiting", **members: Any) -> dict[str, Any]:
    found = {
        "number": number,
        "display_number": f"GIG-{number:03d}",
        "service_date": "2026-11-23",
        "status": status,
        "lane": "regular",
        "priority_reason": None,
        "room": None,
        "registered_at": "2026-11-23T08:12:00+07:00",
        "called_at": None,
        "started_at": None,
        "patient_name": None,
    }
    return found | members


def line(event: str, **members: Any) -> dict[str, Any]:
    found = {
        "at": "2026-11-23T08:12:00+07:00",
        "event": event,
        "number": 17,
        "display_number": "GIG-017",
        "room": None,
        "room_name": None,
        "user": None,
        "members": [],
    }
    return found | members


class ListApp(App[None]):
    """Nothing but the list of a queue."""

    def compose(self) -> ComposeResult:
        yield QueueList(Texts("en"))


def test_tickets_of_two_days_with_one_number_are_told_apart() -> None:
    yesterdays = ticket(
        3, "in_service", room=1, service_date="2026-11-22", called_at="2026-11-22T23:50:00+07:00"
    )
    todays = ticket(3)
    queue = queue_of(1) | {"in_rooms": [yesterdays], "waiting": [todays], "waiting_count": 1}

    async def run() -> None:
        app = ListApp()
        async with app.run_test():
            shown = app.query_one(QueueList)
            shown.show(queue, 1)
            for each in (todays, yesterdays):
                assert shown.choose(each)
                assert shown.chosen == each
            assert not shown.choose(ticket(4))
            shown.follow(ticket_key(todays))
            shown.show(queue, 1)
            assert shown.chosen == todays

    asyncio.run(run())


def test_a_ticket_that_was_just_called_is_the_chosen_one_before_the_queue_is_read() -> None:
    waiting = [ticket(number) for number in (1, 2, 3)]
    called = ticket(2, "called", room=1)
    queue = queue_of(1) | {"waiting": waiting, "waiting_count": 3}
    after = queue | {"in_rooms": [called], "waiting": [waiting[0], waiting[2]], "waiting_count": 2}

    async def run() -> None:
        app = ListApp()
        async with app.run_test() as pilot:
            shown = app.query_one(QueueList)
            shown.show(queue, 1)
            shown.choose(waiting[0])
            shown.know(called)
            assert shown.chosen == waiting[0]
            shown.follow(ticket_key(called))
            assert shown.chosen == called
            shown.show(after, 1)
            assert shown.chosen == called
            shown.know(waiting[1])
            assert shown.chosen == waiting[1]
            shown.focus()
            shown.follow(ticket_key(waiting[2]))
            await pilot.press("down")
            assert shown.chosen == waiting[0]
            shown.show(after, 1)
            assert shown.chosen == waiting[0]

    asyncio.run(run())


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("event", [each for each in EventName if each is not EventName.CLINIC_TICK])
def test_what_happened_keeps_to_its_line_and_says_who(event: str, language: str) -> None:
    assert event in EVENTS
    shown = line(event, user="perawat.dewi", room=12, room_name="Ruang Penyakit Dalam 12")
    text = history_text({"lines": [shown]}, Texts(language), PANEL_WIDTH).plain
    _, happened = text.splitlines()
    assert len(happened) == PANEL_WIDTH
    assert f" GIG-017 {Texts(language)(EVENTS[event])}" in happened
    assert happened.rpartition("  ")[2].startswith("pera")


@pytest.mark.parametrize(
    ("name", "user", "shown"),
    [
        ("Gigi 2", "dewi", "08:12 GIG-017 called · Gigi 2          dewi"),
        ("Ruang Penyakit Dalam 2", "dewi", "08:12 GIG-017 called · Room 2          dewi"),
        (None, "", "08:12 GIG-017 called · Room 2"),
    ],
)
def test_a_room_is_told_by_its_number_where_its_name_does_not_fit(
    name: str | None, user: str, shown: str
) -> None:
    lines = [line("ticket.called", user=user, room=2, room_name=name)]
    assert history_text({"lines": lines}, Texts("en"), PANEL_WIDTH).plain.splitlines()[1].rstrip() == shown


def test_a_correction_says_which_members_and_an_unknown_event_its_name() -> None:
    lines = [line("ticket.corrected", members=["name", "date_of_birth"]), line("ticket.blessed")]
    text = history_text({"lines": lines}, Texts("en"), 60).plain
    assert "08:12 GIG-017 corrected · Name, Date of birth" in text
    assert "08:12 GIG-017 ticket.blessed" in text
    assert "nothing yet today" in history_text({"lines": []}, Texts("en"), 60).plain


@pytest.mark.parametrize("language", ["id", "en"])
def test_found_tickets_stand_in_columns(language: str) -> None:
    statuses = ["waiting", "called", "in_service", "served", "cancelled", "no_show", "transferred", "expired"]
    tickets = [ticket(98 + at, each, patient_name=f"Siti {at}") for at, each in enumerate(statuses)]
    tickets[0] |= {"lane": "priority", "priority_reason": "disability"}
    lines = [option.prompt for option in found_lines(tickets, Texts(language))]
    assert all(isinstance(each, Text) for each in lines)
    begins = {str(each).index("Siti") for each in lines}
    assert len(begins) == 1
    assert begins.pop() < 48, "a name has room beside it at 80 columns"
