"""What a patient who follows a ticket is told of its call."""

from typing import Any

import pytest

from common.words.call_news import call_news
from common.words.texts import Texts

INDONESIAN, ENGLISH = Texts("id"), Texts("en")
TICKET: dict[str, Any] = {
    "display_number": "GIG-011",
    "clinic": "GIG",
    "clinic_name": "Poli Gigi",
    "status": "waiting",
    "called_at": None,
    "recalled_at": None,
    "room": None,
    "room_name": None,
}
CALLED = {**TICKET, "status": "called", "room": 2, "called_at": "2026-11-23T09:38:00+07:00"}
AGAIN = "2026-11-23T09:40:00+07:00"


def test_a_call_says_where_to_go() -> None:
    for before in (TICKET, None):
        assert call_news(before, CALLED, INDONESIAN) == (
            "Nomor GIG-011 dipanggil. Silakan ke Ruang 2, Poli Gigi."
        )
        assert call_news(before, CALLED, ENGLISH) == (
            "Number GIG-011 is called. Please go to Room 2, Poli Gigi."
        )
    named = {**CALLED, "room_name": "Loket A"}
    assert call_news(TICKET, named, ENGLISH) == "Number GIG-011 is called. Please go to Loket A, Poli Gigi."


@pytest.mark.parametrize("new", [{"recalled_at": AGAIN}, {"called_at": AGAIN}])
def test_a_call_that_is_repeated_is_told_again(new: dict[str, str]) -> None:
    assert call_news(CALLED, {**CALLED, **new}, ENGLISH) == (
        "Number GIG-011 is called again. Please go to Room 2, Poli Gigi."
    )


def test_another_room_is_told() -> None:
    moved = {**CALLED, "room": 3, "room_name": "Loket A", "called_at": AGAIN}
    assert call_news(CALLED, moved, ENGLISH) == (
        "Number GIG-011 is called to another room. Please go to Loket A, Poli Gigi."
    )


def test_a_call_that_was_taken_back_is_told() -> None:
    told = call_news(CALLED, TICKET, INDONESIAN)
    assert told is not None
    assert told.startswith("Nomor GIG-011 menunggu lagi: panggilannya diurungkan, atau Anda belum hadir.")


@pytest.mark.parametrize("status", ["in_service", "served", "cancelled", "no_show", "new_state"])
def test_nothing_is_told_where_nothing_is_new(status: str) -> None:
    assert call_news(TICKET, TICKET, ENGLISH) is None
    assert call_news(None, TICKET, ENGLISH) is None
    assert call_news(CALLED, CALLED, ENGLISH) is None
    assert call_news(CALLED, {**CALLED, "status": status}, ENGLISH) is None


def test_a_server_that_knows_no_rooms_leads_to_the_clinic() -> None:
    older = {"display_number": "GIG-011", "clinic": "GIG", "status": "called", "called_at": AGAIN}
    assert call_news(None, older, ENGLISH) == "Number GIG-011 is called. Please go to GIG."
