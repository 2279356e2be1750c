"""What pages make of tickets and of what a browser remembers, without a process."""

from datetime import datetime, timedelta

import pytest
from starlette.requests import Request
from starlette.responses import Response

from common.words.texts import Texts
from patient_web.pages.remembered import NOTHING, TICKETS_MAX, Remembered, remember, remembered_by
from patient_web.pages.ticket_view import ticket_view
from patient_web.tokens import Tokens

NOW = datetime.fromisoformat("2026-11-23T09:00:00+07:00")
TOKENS = Tokens("a secret that is long enough for a test")
TICKET = {
    "ticket_code": "7K3F-9QXM-2T5R",
    "number": 11,
    "display_number": "GIG-011",
    "hospital": "RSHS",
    "clinic": "GIG",
    "clinic_name": "Poli Gigi",
    "service_date": "2026-11-23",
    "status": "waiting",
    "people_ahead": 8,
    "now_serving": "GIG-002",
    "estimated_wait_seconds": 4800,
    "estimated_call_at": "2026-11-23T10:20:00+07:00",
    "earliest_call_at": "2026-11-23T09:58:00+07:00",
    "latest_call_at": "2026-11-23T10:45:00+07:00",
    "day_may_end_first": False,
    "registered_at": "2026-11-23T08:00:00+07:00",
    "called_at": None,
    "zone": "WIB",
}


def request_with(response: Response) -> Request:
    """The browser's next request, with the cookies that it was given."""
    given = [value.split(b";")[0] for name, value in response.raw_headers if name == b"set-cookie"]
    headers = [(b"cookie", b"; ".join(given)), (b"host", b"antrean.example")]
    return Request({"type": "http", "method": "GET", "path": "/", "scheme": "http", "headers": headers})


def test_a_remembered_ticket_is_known_until_the_day_after_its_own_has_ended() -> None:
    response = Response()
    remember(request_with(response), response, TOKENS, NOTHING.with_ticket(TICKET))
    request = request_with(response)
    assert remembered_by(request, TOKENS, NOW).codes == ["7K3F-9QXM-2T5R"]
    assert remembered_by(request, TOKENS, NOW + timedelta(days=1, hours=14)).codes
    assert not remembered_by(request, TOKENS, NOW + timedelta(days=2, hours=17)).codes
    assert not remembered_by(request, Tokens("another secret, of somebody else's"), NOW).codes


def test_so_many_tickets_are_remembered_and_the_newest_are() -> None:
    tickets = NOTHING
    for number in range(TICKETS_MAX + 3):
        tickets = tickets.with_ticket({**TICKET, "ticket_code": f"0000-0000-{number:04d}"})
    assert len(tickets.codes) == TICKETS_MAX
    assert tickets.codes[-1] == f"0000-0000-{TICKETS_MAX + 2:04d}"
    again = tickets.with_ticket({**TICKET, "ticket_code": tickets.codes[0]})
    assert len(again.codes) == TICKETS_MAX
    assert again.codes[-1] == tickets.codes[0]
    assert Remembered({"A": "2026-11-23"}).without(["A"]) == NOTHING


def test_all_that_is_remembered_fits_into_a_cookie() -> None:
    tickets = NOTHING
    for number in range(TICKETS_MAX):
        tickets = tickets.with_ticket({**TICKET, "ticket_code": f"0000-0000-{number:04d}"})
    response = Response()
    remember(request_with(response), response, TOKENS, tickets)
    assert len(response.headers["set-cookie"]) < 4_096


@pytest.mark.parametrize(
    ("changed", "advice"),
    [
        ({}, "Bila pergi dulu, kembalilah ke poli paling lambat pukul 09.45 WIB."),
        ({"people_ahead": 3}, "Tetaplah di dekat poli: giliran Anda bisa tiba sewaktu-waktu."),
        (
            {"earliest_call_at": "2026-11-23T09:20:00+07:00"},
            "Tetaplah di dekat poli: giliran Anda bisa tiba sewaktu-waktu.",
        ),
        ({"day_may_end_first": True}, None),
        ({"status": "called", "people_ahead": None, "room": 2}, None),
    ],
)
def test_a_patient_is_told_when_to_be_back(changed: dict[str, object], advice: str | None) -> None:
    assert ticket_view({**TICKET, **changed}, Texts("id"), NOW).advice == advice


@pytest.mark.parametrize(
    ("changed", "title", "alert"),
    [
        ({}, "Ticket GIG-011", ""),
        ({"people_ahead": 2}, "GIG-011: 2 people are ahead of you.", "near"),
        ({"people_ahead": 0}, "GIG-011: You are next.", "near"),
        ({"status": "called", "room": 2}, "GIG-011: called!", "called"),
        ({"status": "served"}, "Ticket GIG-011", ""),
    ],
)
def test_the_tab_says_what_matters_and_no_code(changed: dict[str, object], title: str, alert: str) -> None:
    view = ticket_view({**TICKET, **changed}, Texts("en"), NOW)
    assert (view.title, view.alert) == (title, alert)
    assert "7K3F" not in view.title


def test_news_are_what_a_patient_should_hear_and_not_each_new_estimate() -> None:
    texts = Texts("en")
    keys = {
        ticket_view({**TICKET, **changed}, texts, NOW).news_key
        for changed in ({}, {"people_ahead": 5}, {"estimated_call_at": "2026-11-23T10:30:00+07:00"})
    }
    assert len(keys) == 1
    called = {**TICKET, "status": "called", "room": 2, "called_at": "2026-11-23T09:30:00+07:00"}
    again = {**called, "recalled_at": "2026-11-23T09:32:00+07:00"}
    keys |= {ticket_view(each, texts, NOW).news_key for each in (called, again, {**again, "room": 1})}
    assert len(keys) == 4


def test_a_ticket_of_a_newer_server_is_shown_too() -> None:
    view = ticket_view({**TICKET, "status": "levitating", "people_ahead": None}, Texts("en"), NOW)
    assert view.status_in_words == "levitating"
    assert view.headline == "Ticket GIG-011: levitating."
