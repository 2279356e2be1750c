"""Tickets and problems as text."""

import re
from typing import Any

import click
import pytest

from common.settings import Settings
from common.terminal.card import ticket_card
from common.terminal.problem_text import problem_text
from common.terminal.tables import Table
from common.translation import languages
from common.words.clinics import opening
from common.words.texts import Texts
from common.words.tickets import in_one_line, next_ticket_sentence
from patient_cli.session import PatientSession
from patient_cli.tables import clinic_table, ticket_table
from patient_cli.watch import closing_sentence, visible_state

INDONESIAN, ENGLISH = Texts("id"), Texts("en")

WAITING: dict[str, Any] = {
    "ticket_code": "7K3F-9QXM-2T5R",
    "number": 17,
    "display_number": "GIG-017",
    "hospital": "RSHS",
    "clinic": "GIG",
    "service_date": "2026-11-23",
    "status": "waiting",
    "people_ahead": 4,
    "now_serving": "GIG-012",
    "estimated_wait_seconds": 1500,
    "estimated_call_at": "2026-11-23T09:40:00+07:00",
    "earliest_call_at": "2026-11-23T09:25:00+07:00",
    "latest_call_at": "2026-11-23T10:05:00+07:00",
    "day_may_end_first": False,
    "registered_at": "2026-11-23T09:15:00+07:00",
    "called_at": None,
}
CALLED = {
    **WAITING,
    "status": "called",
    "people_ahead": None,
    "estimated_wait_seconds": None,
    "estimated_call_at": None,
    "earliest_call_at": None,
    "latest_call_at": None,
    "called_at": "2026-11-23T09:38:00+07:00",
}


def as_printed(table: Table) -> str:
    """A table on a wide terminal."""
    return click.unstyle("\n".join(table.lines(140)))


def card(ticket: dict[str, Any], texts: Texts) -> str:
    return click.unstyle(ticket_card(ticket, texts))


def test_a_waiting_ticket_says_what_the_patient_wants_to_know() -> None:
    text = card(WAITING, INDONESIAN)
    assert "GIG-017  menunggu" in text
    assert "RSHS · GIG · Senin, 23 November 2026" in text
    assert "7K3F-9QXM-2T5R" in text
    assert "4 orang" in text
    assert "sekitar pukul 09.40 WIB, antara 09.25 dan 10.05" in text
    assert len({len(line) for line in text.splitlines()}) == 1, "the frame is straight"


def test_an_estimate_behind_the_end_of_the_day_is_no_promise() -> None:
    late = {**WAITING, "day_may_end_first": True}
    assert "mungkin tidak hari ini" in card(late, INDONESIAN)
    assert "perhaps not today" in card(late, ENGLISH)
    for texts, words in ((INDONESIAN, "mungkin tidak hari ini"), (ENGLISH, "perhaps not today")):
        table = as_printed(ticket_table([late], texts))
        assert words in table
        assert "9.40" not in (card(late, texts) + table).replace(":", ".")


def test_a_wait_behind_the_end_of_the_day_is_no_promise_either() -> None:
    clinic = {
        "code": "GIG",
        "name": "Poli Gigi",
        "is_open": True,
        "opens_at": "2026-11-23T08:00:00+07:00",
        "closes_at": "2026-11-24T00:00:00+07:00",
        "waiting": 29,
        "now_serving": None,
        "estimated_wait_seconds": 24000,
        "day_may_end_first": True,
        "quota_left": 3,
        "next_opening": None,
    }
    late = as_printed(clinic_table([clinic], INDONESIAN))
    assert "mungkin tidak hari ini" in late
    assert "6 jam" not in late
    assert "6 jam 40 mnt" in as_printed(clinic_table([{**clinic, "day_may_end_first": False}], INDONESIAN))


def test_a_called_ticket_says_when_it_was_called_and_expects_nothing() -> None:
    text = card(CALLED, ENGLISH)
    assert "GIG-017  called" in text
    assert "at 09:38 WIB" in text
    assert "around" not in text
    assert "Ahead" not in text


NAMED = {"hospital_name": "RSUP Dr. Hasan Sadikin", "clinic_name": "Poli Gigi"}


def test_a_patient_reads_names_not_codes() -> None:
    ticket = {**WAITING, **NAMED}
    assert "RSUP Dr. Hasan Sadikin · Poli Gigi · Senin, 23 November 2026" in card(ticket, INDONESIAN)
    table = as_printed(ticket_table([ticket], INDONESIAN))
    assert "Poli Gigi, RSUP Dr. Hasan Sadikin" in table
    for text in (card(ticket, INDONESIAN), table, in_one_line(ticket, INDONESIAN)):
        assert "RSHS" not in text
    moved = next_ticket_sentence(
        {**WAITING, "transferred_to": "7K3F-9QXM-2T5R"}, {**ticket, "display_number": "MAT-003"}, INDONESIAN
    )
    assert "Nomor baru: MAT-003 di Poli Gigi, Senin" in moved


@pytest.mark.parametrize(
    ("room", "indonesian", "english"),
    [
        ({"room": 2, "room_name": "Loket A"}, "Loket A", "Loket A"),
        ({"room": 2, "room_name": None}, "Ruang 2", "Room 2"),
        ({"room": 2}, "Ruang 2", "Room 2"),
    ],
)
def test_a_called_patient_reads_where_to_go(room: dict[str, Any], indonesian: str, english: str) -> None:
    ticket = {**CALLED, **NAMED, **room}
    assert re.search(f"Silakan ke +{indonesian} ", card(ticket, INDONESIAN))
    assert re.search(f"Please go to +{english} ", card(ticket, ENGLISH))
    assert f"dipanggil, {indonesian}" in as_printed(ticket_table([ticket], INDONESIAN))
    assert re.search(f"Where +{english} ", card({**ticket, "status": "served"}, ENGLISH))


def test_who_is_next_is_told_so() -> None:
    assert "berikutnya giliran Anda" in card({**WAITING, "people_ahead": 0}, INDONESIAN)


def test_what_a_newer_server_adds_does_no_harm() -> None:
    assert "GIG-017  on_a_break" in card({**WAITING, "status": "on_a_break", "mood": "good"}, ENGLISH)


def test_a_closed_clinic_says_when_it_opens_again() -> None:
    problem = {
        "code": "clinic_closed",
        "detail": "...",
        "errors": [],
        "next_opening": "2026-11-24T08:00:00+09:00",
    }
    assert problem_text(problem, INDONESIAN) == (
        "Poli ini sedang tutup. Buka lagi Selasa, 24 November 2026 pukul 08.00 WIT."
    )


def test_already_registered_shows_the_ticket() -> None:
    problem = {"code": "already_registered", "detail": "...", "errors": [], "ticket": WAITING}
    told = problem_text(problem, ENGLISH)
    assert "GIG-017" in told
    assert WAITING["ticket_code"] in told
    assert "registration desk" not in told


@pytest.mark.parametrize("state", [WAITING, {**WAITING, "people_ahead": None, "now_serving": None}])
def test_a_ticket_without_its_code_is_shown_with_where_the_code_is(state: dict[str, Any]) -> None:
    ticket = {**state, "ticket_code": None}
    problem = {"code": "already_registered", "detail": "...", "errors": [], "ticket": ticket}
    told = problem_text(problem, ENGLISH)
    assert "GIG-017" in told
    assert "Ticket code" not in told
    assert "None" not in told
    assert told.endswith("if you have lost it, ask at the registration desk.")


def test_each_field_that_is_wrong_is_named() -> None:
    errors = [
        {"field": "medical_record_number", "message": "..."},
        {"field": "ticket_codes.1", "message": "..."},
        {"field": "shoe_size", "message": "too large"},
        {"field": "", "message": "not an object"},
    ]
    problem = {"code": "invalid_request", "detail": "...", "errors": errors}
    _, *lines = problem_text(problem, INDONESIAN).splitlines()
    assert lines == [
        "  Nomor rekam medis: 1 sampai 20 huruf dan angka",
        "  Kode tiket ke-2: dua belas huruf dan angka, misalnya 7K3F-9QXM-2T5R",
        "  shoe_size: too large",
        "  not an object",
    ]


def test_an_unknown_code_speaks_for_itself() -> None:
    assert (
        problem_text({"code": "on_strike", "detail": "Come back tomorrow."}, ENGLISH) == "Come back tomorrow."
    )


@pytest.mark.parametrize("status", ["in_service", "served", "cancelled", "no_show", "expired", "new_state"])
def test_following_ends_with_a_sentence(status: str) -> None:
    for language in languages():
        session = PatientSession(Settings(), language, language_given=True)
        assert "GIG-017" in closing_sentence({**CALLED, "status": status}, session)


def test_who_does_not_come_back_from_a_station_is_told_whom_to_ask() -> None:
    def station(clinic: str, status: str, return_clinic: str | None = None) -> dict[str, Any]:
        number = {"ticket_code": f"CODE-{clinic}", "display_number": f"{clinic}-001"}
        where = {"clinic": clinic, "clinic_name": f"Poli {clinic}", "return_clinic": return_clinic}
        return {**number, **where, "status": status, "is_current": False}

    visit = [station("INT", "served"), station("LAB", "no_show", "INT")]
    ticket = {**CALLED, "status": "no_show", "current_code": None, "visit": visit}
    session = PatientSession(Settings(), "id", language_given=True)
    not_back = "Anda tidak antre lagi di Poli INT; tanyakan kepada petugasnya."
    assert closing_sentence(ticket, session).endswith(not_back)
    assert "not in the queue of Poli INT again; ask its staff" in card(ticket, ENGLISH)
    came_back = {**ticket, "visit": [*visit, station("INT", "served")]}
    still_away = {**ticket, "current_code": "CODE-RAD"}
    without = {**ticket, "visit": [visit[0], station("LAB", "no_show")]}
    for each in (came_back, still_away, without):
        assert not_back not in closing_sentence(each, session)


def test_an_estimate_that_moves_is_nothing_new_to_say() -> None:
    later = {**WAITING, "estimated_call_at": "2026-11-23T09:41:00+07:00", "estimated_wait_seconds": 1510}
    assert visible_state(later) == visible_state(WAITING)
    assert visible_state({**WAITING, "people_ahead": 3}) != visible_state(WAITING)
    assert visible_state({**CALLED, "room": 3}) != visible_state({**CALLED, "room": 2})


@pytest.mark.parametrize(
    ("by", "reason", "indonesian", "english"),
    [
        (
            "staff",
            "wrong_person",
            "dibatalkan oleh petugas: salah orang",
            "cancelled by the staff: wrong person",
        ),
        (
            "staff",
            "of_tomorrow",
            "dibatalkan oleh petugas: of_tomorrow",
            "cancelled by the staff: of_tomorrow",
        ),
        ("patient", None, "dibatalkan oleh pasien", "cancelled by the patient"),
        (
            "closing",
            "Rapat",
            "dibatalkan karena poli ditutup: Rapat",
            "cancelled, as the clinic was closed: Rapat",
        ),
        (None, None, "dibatalkan", "cancelled"),
    ],
)
def test_a_cancelled_ticket_says_by_whom_and_why(
    by: str | None, reason: str | None, indonesian: str, english: str
) -> None:
    ticket = {
        **WAITING,
        "status": "cancelled",
        "people_ahead": None,
        "cancelled_by": by,
        "cancel_reason": reason,
    }
    for texts, language, words in ((INDONESIAN, "id", indonesian), (ENGLISH, "en", english)):
        assert f"GIG-017  {words} " in card(ticket, texts)
        assert f"{words} " in as_printed(ticket_table([ticket], texts))
        session = PatientSession(Settings(), language, language_given=True)
        assert words in closing_sentence(ticket, session)


def test_a_clinic_that_the_staff_have_closed_says_why() -> None:
    problem = {"code": "clinic_closed", "detail": "...", "closed_reason": "Dokter sakit."}
    assert problem_text(problem, INDONESIAN) == "Poli ini sedang tutup. Alasannya: Dokter sakit."
    clinic = {"is_open": False, "next_opening": None, "closed_reason": "Dokter sakit"}
    assert opening(clinic, INDONESIAN) == "tutup (Dokter sakit)"
    clinic |= {"next_opening": "2026-11-24T08:00:00+07:00", "zone": "WIB"}
    assert opening(clinic, ENGLISH).endswith(" 08:00 WIB (Dokter sakit)")
