"""A ticket shown again on a terminal and on a receipt printer's paper, with a QR code that can be scanned."""

from typing import Any

import click
import pytest
import segno

from clinic_desk.paper import COLUMNS, paper_text
from clinic_desk.qr_code import COLUMNS as QR_COLUMNS
from clinic_desk.qr_code import QUIET_ZONE, qr_lines
from clinic_desk.shown_ticket import ticket_text
from common.domain.ticket_codes import format_ticket_code
from common.terminal import streams
from common.words.texts import Texts
from tests.unit.test_desk_output import ticket as desk_ticket
from tests.unit.test_patient_cli_card import NAMED, WAITING

INDONESIAN, ENGLISH = Texts("id"), Texts("en")
CODE = "7K3F-9QXM-2T5R"
DRAWN = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}


@pytest.fixture(autouse=True)
def _utf8(monkeypatch: pytest.MonkeyPatch) -> None:
    streams.prepare_streams()
    for module in ("paper", "shown_ticket"):
        monkeypatch.setattr(f"clinic_desk.{module}.writes_unicode", lambda: True)


def shown(status: str = "waiting", **of_patient: Any) -> dict[str, Any]:
    return {
        "hospital": "RSHS",
        "clinic": "GIG",
        "ticket": desk_ticket(17, status, patient_name="Siti Aminah"),
        "medical_record_number": "00123456",
        "date_of_birth": "1990-01-31",
        "patient_ticket": {
            **WAITING,
            **NAMED,
            "ticket_code": CODE,
            "status": status,
            "lane": "regular",
            **of_patient,
        },
    }


def modules_of(lines: list[str]) -> list[list[int]]:
    """The dark modules in drawn lines, without what surrounds them."""
    rows = [[DRAWN[sign][half] for sign in line] for line in lines for half in (0, 1)]
    dark = [number for number, row in enumerate(rows) if any(row)]
    columns = [number for row in rows for number, module in enumerate(row) if module]
    return [row[min(columns) : max(columns) + 1] for row in rows[dark[0] : dark[-1] + 1]]


def test_the_drawn_code_is_the_tickets() -> None:
    drawn = qr_lines(CODE)
    expected = segno.make_qr(CODE, mode="alphanumeric", version=1)
    assert modules_of(drawn) == [list(row) for row in expected.matrix]
    assert {len(line) for line in drawn} == {QR_COLUMNS}
    assert COLUMNS["58"] >= QR_COLUMNS
    assert drawn[: QUIET_ZONE // 2] == [" " * QR_COLUMNS] * (QUIET_ZONE // 2)
    assert all(line.startswith(" " * QUIET_ZONE) and line.endswith(" " * QUIET_ZONE) for line in drawn)


@pytest.mark.parametrize("code", ["0" * 12, "Z" * 12, "ABCDEFGHJKMN"])
def test_every_code_fits(code: str) -> None:
    assert {len(line) for line in qr_lines(format_ticket_code(code))} == {QR_COLUMNS}


def test_a_ticket_on_narrow_paper() -> None:
    lines = paper_text(shown(), INDONESIAN, COLUMNS["58"]).splitlines()
    code = [line for line in lines if "▄" in line or "▀" in line]
    words = [line.strip() for line in lines if line and line not in code]
    assert words == [
        *("RSUP Dr. Hasan Sadikin", "Poli Gigi", "GIG-017"),
        *("██████      ██  ██████", "██  ██      ██      ██", "██  ██      ██      ██"),
        *("██  ██      ██      ██", "██████      ██      ██"),
        "Senin, 23 November 2026",
        *("Perkiraan dipanggil:", "sekitar pukul 09.40 WIB,", "antara 09.25 dan 10.05"),
        *("Kode tiket", CODE, "Pantau dengan:", f"antrean watch {CODE}"),
    ]
    assert modules_of([line.ljust(32) for line in code]) == modules_of(qr_lines(CODE))


@pytest.mark.parametrize("language", [INDONESIAN, ENGLISH])
@pytest.mark.parametrize("columns", COLUMNS.values())
@pytest.mark.parametrize(
    "members",
    [
        {},
        {"hospital_name": "Rumah Sakit Umum Pusat Nasional Dr. Cipto Mangunkusumo – Jakarta Pusat"},
        {"status": "called", "called_at": "2026-11-23T09:31:00+07:00", "room": 2, "room_name": "Loket A"},
        {"status": "cancelled", "cancelled_by": "staff", "cancel_reason": "duplicate"},
        {"lane": "priority"},
        {"lane": "emergency"},
    ],
)
def test_paper_is_as_wide_as_it_is_and_has_letters_that_printers_have(
    language: Texts, columns: int, members: dict[str, Any]
) -> None:
    text = paper_text(shown(**members), language, columns)
    assert max(map(len, text.splitlines())) <= columns
    text.encode("cp437")
    assert "GIG-017" in text
    assert CODE in text
    assert f"antrean watch {CODE}" in text


@pytest.mark.parametrize(("lane", "said"), [("emergency", "Gawat darurat"), ("priority", "Prioritas")])
def test_paper_says_which_lane_it_is(lane: str, said: str) -> None:
    lines = [line.strip() for line in paper_text(shown(lane=lane), INDONESIAN, 32).splitlines()]
    assert said in lines


def test_paper_does_not_say_whose_it_is() -> None:
    text = paper_text(shown(lane="priority"), ENGLISH, 48)
    for personal in ("Siti", "Aminah", "00123456", "1990"):
        assert personal not in text
    assert "\x1b" not in text


@pytest.mark.parametrize(("number", "rows"), [(7, 5), (9999, 5), (123456, 0)])
def test_a_number_is_large_where_it_fits(number: int, rows: int) -> None:
    numbered = shown() | {"ticket": desk_ticket(number)}
    lines = paper_text(numbered, ENGLISH, 32).splitlines()
    assert sum("██" in line and not {"▀", "▄"} & {*line} for line in lines[:12]) == rows
    assert any(line.strip() == f"GIG-{number:03d}" for line in lines)


def test_where_no_blocks_can_be_written_the_code_is_left_to_be_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clinic_desk.paper.writes_unicode", lambda: False)
    text = paper_text(shown(), ENGLISH, 32)
    assert text.isascii()
    assert "######" in text
    assert CODE in text


def test_a_terminal_shows_whose_it_is_and_a_code_in_its_own_colours() -> None:
    text = ticket_text(shown(), ENGLISH, 80)
    first, *rest = text.splitlines()
    assert first == "Siti Aminah · born 31 Jan 1990 · record number 00123456"
    coloured = rest[-len(qr_lines(CODE)) :]
    assert [click.unstyle(line) for line in coloured] == qr_lines(CODE)
    assert coloured == [click.style(line, fg="black", bg="bright_white") for line in qr_lines(CODE)]


def test_a_date_of_birth_is_shown_as_far_as_it_is_known() -> None:
    assert "born 1953 · record" in ticket_text(shown() | {"date_of_birth": "1953"}, ENGLISH, 80)


def test_a_terminal_that_is_too_narrow_for_the_code_shows_the_card() -> None:
    assert "█" not in ticket_text(shown(), ENGLISH, 28)
