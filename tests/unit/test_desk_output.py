"""A queue, what was done, and a report, as staff read them."""

import csv
import io
from typing import Any

import click
import pytest

from clinic_desk.output import done_text, queue_text
from clinic_desk.problem_words import CONSOLE_WORDS, DESK_WORDS
from clinic_desk.queue_view import counts, found_row, rows
from clinic_desk.report import print_report, write_csv
from common.terminal.problem_text import problem_text
from common.words.texts import Texts

INDONESIAN, ENGLISH = Texts("id"), Texts("en")


def ticket(number: int, status: str = "waiting", **members: Any) -> dict[str, Any]:
    return {
        "number": number,
        "display_number": f"GIG-{number:03d}",
        "service_date": "2026-11-23",
        "status": status,
        "lane": "regular",
        "priority_reason": None,
        "room": None,
        "registered_at": "2026-11-23T08:15:00+07:00",
        "called_at": None,
        "started_at": None,
        "patient_name": None,
        **members,
    }


CALLED = ticket(12, "called", room=1, called_at="2026-11-23T09:31:00+07:00")
QUEUE: dict[str, Any] = {
    "hospital": "RSHS",
    "hospital_name": "RSUP Dr. Hasan Sadikin",
    "clinic": "GIG",
    "clinic_name": "Poli Gigi",
    "service_date": "2026-11-23",
    "mode": "desk",
    "is_open": True,
    "state": "schedule",
    "forced_until": None,
    "forced_reason": None,
    "rooms": 2,
    "waiting_count": 3,
    "waiting_priority_count": 1,
    "served_count": 9,
    "now_serving": "GIG-012",
    "in_rooms": [CALLED],
    "waiting": [ticket(15, lane="priority", priority_reason="age"), ticket(13)],
    "no_shows": [ticket(9, "no_show", called_at="2026-11-23T09:12:00+07:00")],
}


def test_a_queue_in_indonesian() -> None:
    assert click.unstyle(queue_text(QUEUE, INDONESIAN)).splitlines() == [
        "Poli Gigi · RSUP Dr. Hasan Sadikin · Senin, 23 November 2026",
        "buka menurut jadwal · mode manual · 2 ruang",
        "menunggu 3 (1 prioritas) · selesai 9",
        "",
        "Di ruang",
        "  Ruang 1  GIG-012  dipanggil  09.31",
        "  Ruang 2           kosong",
        "",
        "Menunggu, menurut urutan panggilan",
        "  1.  GIG-015  ★ lansia  08.15",
        "  2.  GIG-013  reguler   08.15",
        "  ... dan 1 pasien lagi",
        "",
        "Tidak hadir",
        "  –  GIG-009  tidak hadir  09.12",
    ]


def test_who_is_to_come_back_from_another_clinic_and_who_did_not() -> None:
    away = [
        {**ticket(3, "served"), "station": "LAB-002", "station_status": "waiting"},
        {**ticket(4, "served"), "station": "RAD-001", "station_status": "no_show"},
    ]
    lines = click.unstyle(queue_text({**QUEUE, "away": away}, INDONESIAN)).splitlines()
    assert lines[13:16] == [
        "Lanjut ke poli lain untuk kembali lagi",
        "  –  GIG-003  LAB-002 menunggu",
        "  –  GIG-004  tidak kembali (RAD-001 tidak hadir)",
    ]


def test_those_who_wait_and_are_not_listed_yet_stand_below_their_own_heading() -> None:
    """Just after the end of a day they are counted before they are handed over."""
    lines = click.unstyle(queue_text({**QUEUE, "waiting": []}, ENGLISH)).splitlines()
    assert lines[8:10] == ["Waiting, in the order of calls", "  ... and 3 more"]


def test_a_closed_clinic_in_english_and_whoever_is_in_a_room_that_serves_no_more() -> None:
    forced = {"state": "closed", "is_open": False, "forced_reason": "Rapat"}
    until = {"forced_until": "2026-11-23T14:00:00+07:00", "rooms": 1, "mode": "clock"}
    in_rooms = {"in_rooms": [{**CALLED, "room": 4, "patient_name": "Siti Aminah"}]}

    lines = click.unstyle(queue_text({**QUEUE, **forced, **until, **in_rooms}, ENGLISH)).splitlines()

    assert lines[1] == (
        "CLOSED by staff until Monday, 23 November 2026 at 14:00 WIB (Rapat) · moved by the clock · 1 room"
    )
    assert lines[5:7] == [
        "  Room 1           free",
        "  Room 4  GIG-012  called  09:31  Siti Aminah",
    ]


def done(*events: tuple[str, int | None], **members: Any) -> dict[str, Any]:
    changes = [
        {"event": name, "clinic": "GIG", "number": number, "display_number": number and f"GIG-{number:03d}"}
        for name, number in events
    ]
    return {"changes": changes, "ticket": None, "new_ticket": None, **members}


def test_who_is_in_a_room_from_the_day_before_is_shown_with_the_day() -> None:
    before = {**CALLED, "service_date": "2026-11-22"}
    text = click.unstyle(queue_text({**QUEUE, "in_rooms": [before]}, INDONESIAN))
    assert "  Ruang 1  GIG-012  dipanggil dari 22 Nov 2026  09.31" in text


def test_rooms_are_shown_by_their_names_and_told_apart_whatever_these_are() -> None:
    queue = {**QUEUE, "rooms": 3, "room_names": ["", "Ruang 1"], "in_rooms": [{**CALLED, "room": 3}]}
    lines = click.unstyle(queue_text(queue, INDONESIAN)).splitlines()
    assert lines[5:8] == [
        "  Ruang 1           kosong",
        "  Ruang 1           kosong",
        "  Ruang 3  GIG-012  dipanggil  09.31",
    ]
    found = [row for row in rows(queue, INDONESIAN) if row.section == "in_rooms"]
    assert [row.room for row in found] == [1, 2, 3]
    assert len({row.key for row in found}) == 3


def test_what_was_done_is_said_change_by_change() -> None:
    called = done(("ticket.served", 11), ("ticket.called", 12), ticket=CALLED)
    assert done_text(called, {}, INDONESIAN).splitlines() == [
        "GIG-011 selesai dilayani.",
        "GIG-012 dipanggil ke Ruang 1.",
    ]
    called["room_name"] = "Loket A"
    assert done_text(called, {}, ENGLISH).splitlines()[1] == "GIG-012 is called to Loket A."
    prioritised = ticket(15, lane="priority", priority_reason="infant")
    assert done_text(done(("ticket.prioritised", 15), ticket=prioritised), {"reason": "infant"}, ENGLISH) == (
        "GIG-015 is in the priority lane now (infant)."
    )
    closed = done(("clinic.closed", None), ("ticket.cancelled", None))
    closed["changes"][1] |= {"count": 3, "numbers": [{"first": 3, "last": 4}, {"first": 6, "last": 6}]}
    assert done_text(closed, {}, ENGLISH).splitlines() == [
        "Clinic GIG is closed.",
        "3 tickets are cancelled: GIG-003–GIG-004, GIG-006.",
    ]
    assert done_text(done(("ticket.new_to_us", 3)), {}, ENGLISH) == "ticket.new_to_us GIG-003"


@pytest.mark.parametrize(
    ("event", "asked", "indonesian", "english"),
    [
        (
            ("ticket.unprioritised", 3),
            {"reason": None},
            "GIG-003 kembali ke jalur reguler.",
            "GIG-003 is back in the regular lane.",
        ),
        (
            ("clinic.mode_changed", None),
            {"mode": "desk"},
            "Poli GIG kini dalam mode manual.",
            "Clinic GIG is moved by the desk now.",
        ),
        (
            ("clinic.mode_changed", None),
            {"mode": "clock"},
            "Poli GIG kini dalam mode otomatis.",
            "Clinic GIG is moved by the clock now.",
        ),
        (
            ("clinic.rooms_changed", None),
            {"rooms": 3},
            "Poli GIG kini melayani di 3 ruang.",
            "Clinic GIG serves in 3 rooms now.",
        ),
        (
            ("clinic.rooms_changed", None),
            {"rooms": 1},
            "Poli GIG kini melayani di 1 ruang.",
            "Clinic GIG serves in 1 room now.",
        ),
    ],
)
def test_a_change_says_to_what(
    event: tuple[str, int | None], asked: dict[str, Any], indonesian: str, english: str
) -> None:
    assert done_text(done(event), asked, INDONESIAN) == indonesian
    assert done_text(done(event), asked, ENGLISH) == english


@pytest.mark.parametrize(
    ("lane", "reason", "indonesian", "english"),
    [
        (
            "priority",
            "pregnancy",
            "GIG-003 kini di jalur prioritas (hamil).",
            "GIG-003 is in the priority lane now (pregnant).",
        ),
        (
            "emergency",
            "emergency",
            "GIG-003 kini di jalur gawat darurat (gawat darurat).",
            "GIG-003 is in the emergency lane now (emergency).",
        ),
    ],
)
def test_another_lane_is_named_and_why(lane: str, reason: str, indonesian: str, english: str) -> None:
    moved = done(("ticket.prioritised", 3), ticket=ticket(3, lane=lane, priority_reason=reason))
    assert done_text(moved, {"reason": reason}, INDONESIAN) == indonesian
    assert done_text(moved, {"reason": reason}, ENGLISH) == english


def test_of_a_ticket_that_is_back_in_the_regular_lane_the_lane_is_not_said() -> None:
    repeated = done(("ticket.corrected", 3), ("ticket.prioritised", 3), ticket=ticket(3, lane="regular"))
    assert done_text(repeated, {}, INDONESIAN).splitlines()[1] == "GIG-003 dipindahkan ke jalur lain."
    assert done_text(repeated, {}, ENGLISH).splitlines()[1] == "GIG-003 was put into another lane."


def test_how_many_wait_in_each_lane() -> None:
    lanes = [("emergency", 1), ("priority", 0), ("regular", 2)]
    queue = QUEUE | {"lanes": [{"lane": lane, "waiting": count, "reasons": []} for lane, count in lanes]}
    assert counts(queue, INDONESIAN) == "menunggu 3 (1 gawat darurat, 0 prioritas) · selesai 9"
    one = QUEUE | {"lanes": [{"lane": "regular", "waiting": 3, "reasons": []}]}
    assert counts(one, ENGLISH) == "3 waiting · 9 served"


def test_whoever_is_found_is_shown_with_the_lane() -> None:
    lanes = [("emergency", "emergency"), ("priority", "age"), ("regular", None)]
    found = [
        ticket(number, lane=lane, priority_reason=reason) for number, (lane, reason) in enumerate(lanes, 1)
    ]
    words = [found_row(each, INDONESIAN).words for each in found]
    assert words == [f"{words[2]} {mark}" for mark in ("★★★ gawat darurat", "★ lansia")] + [words[2]]


def test_why_something_is_not_permitted() -> None:
    problem = {"code": "not_permitted_now", "detail": "Nobody is waiting.", "errors": []}
    told = problem_text(problem, INDONESIAN, words=DESK_WORDS)
    assert told == "Tindakan ini tidak dapat dilakukan sekarang. Nobody is waiting."
    told = problem_text({**problem, "reason": "nobody_waiting"}, INDONESIAN, words=DESK_WORDS)
    assert told == "Tidak ada pasien yang menunggu."


@pytest.mark.parametrize("width", [None, 40, 80])
def test_a_ticket_in_a_patients_way_is_shown_with_whose_it_is_and_what_mends_it(width: int | None) -> None:
    found: dict[str, Any] = {
        "ticket_code": "7K3F-9QXM-2T5R",
        "number": 17,
        "display_number": "GIG-017",
        "hospital": "RSHS",
        "clinic": "GIG",
        "service_date": "2026-11-23",
        "status": "called",
        "called_at": None,
        "estimated_call_at": None,
        "earliest_call_at": None,
        "latest_call_at": None,
    }
    problem = {"code": "medical_record_mismatch", "detail": "...", "errors": [], "ticket": found}
    problem["holder"] = {"name": "Siti Aminah", "date_of_birth": "1990-01-31"}
    for words in (DESK_WORDS, CONSOLE_WORDS):
        told = click.unstyle(problem_text(problem, ENGLISH, width, words))
        assert "Siti Aminah" in told
        assert "1990" in told
        assert ("antrean-desk" in told) is (words is DESK_WORDS), "the console asks what to do"
    told = click.unstyle(problem_text(problem, ENGLISH, width, DESK_WORDS))
    assert "antrean-desk correct RSHS GIG 17 --date 2026-11-23\n" in told
    assert told.endswith("antrean-desk cancel RSHS GIG 17 --date 2026-11-23 --reason wrong-person")
    assert "antrean-desk" not in problem_text(problem, ENGLISH, width), "that is for the desk"


# --- the report -----------------------------------------------------------------------------------------

NOTHING = {"count": 0, "median_seconds": None, "p90_seconds": None}


def row(hour: int | None) -> dict[str, Any]:
    return {
        "hour": hour,
        "registered": 5,
        "served": 3,
        "no_shows": 1,
        "cancelled": 1,
        "transferred": 0,
        "expired": 0,
        "waits": {"count": 4, "median_seconds": 1260, "p90_seconds": 4000},
        "services": NOTHING,
    }


TIMES = {
    "told": 120,
    "held": 96,
    "missed": 12,
    "late": 10,
    "uncalled": 2,
    "apart": 3,
    "held_share": 0.8,
    "missed_share": 0.1,
    "median_width_minutes": 20,
    "mean_width_seconds": 1300,
    "mean_wait_seconds": 2400,
    "mean_error_seconds": 310,
}
REPORT = {
    "hospital": "RSHS",
    "clinic": "GIG",
    "clinic_name": "Poli Gigi",
    "service_date": "2026-11-23",
    "total": row(None),
    "hours": [row(8), row(9)],
    "times": TIMES,
}


def test_a_report_for_spreadsheets(capsys: pytest.CaptureFixture[str]) -> None:
    write_csv([REPORT])
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [each["hour"] for each in rows] == ["", "8", "9"]
    assert rows[0]["waits_median_seconds"] == "1260"
    assert rows[0]["services_p90_seconds"] == ""
    assert rows[2]["clinic_name"] == "Poli Gigi"
    assert [each["times_held"] for each in rows] == ["96", "", ""]


def test_a_report_to_read(capsys: pytest.CaptureFixture[str]) -> None:
    print_report(INDONESIAN, [REPORT], hours=True)
    printed = capsys.readouterr().out
    assert "Senin, 23 November 2026" in printed
    assert "21 / 67" in printed
    assert "80" in printed
    assert " 08 " in printed
    print_report(ENGLISH, [], hours=False)
    assert capsys.readouterr().out == "There is no clinic to report on.\n"


def of_visit(*events: tuple[str, int], **ticket: Any) -> str:
    shown = {"display_number": "GIG-004", "room": None, "lane": "regular", "priority_reason": None, **ticket}
    return done_text(done(*events, ticket=shown), {}, INDONESIAN)


def test_a_desk_reads_where_a_patient_comes_from_and_who_does_not_go_back() -> None:
    back = of_visit(("ticket.called", 4), came_from="LAB-001", is_return=True, status="called")
    assert "GIG-004: kembali dari LAB-001." in back
    sent = of_visit(("ticket.called", 4), came_from="INT-001", return_clinic="INT", status="called")
    assert "GIG-004: dari INT-001, akan kembali ke INT." in sent
    missed = of_visit(("ticket.no_show", 4), return_clinic="INT", status="no_show")
    assert "GIG-004 sekarang tidak kembali ke INT." in missed
    served = of_visit(("ticket.served", 4), ("ticket.registered", 9), return_clinic="INT", status="served")
    assert "tidak kembali" not in served
