"""On a terminal of any width every code, number and moment stands whole in what is shown."""

import io
import re
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any
from unittest.mock import patch

import click
import pytest
from rich.console import Console

from admin_cli.screens import dead_letters as letters
from clinic_desk.output import done_text, queue_text
from clinic_desk.report import print_report
from common.settings import Settings
from common.terminal import layout, program
from common.terminal.card import ticket_card
from common.terminal.problem_text import problem_text
from common.terminal.streams import prepare_streams
from common.terminal.tables import Table
from common.translation import languages
from common.words.texts import Texts
from patient_cli.session import PatientSession
from patient_cli.tables import clinic_table, hospital_table, ticket_table
from patient_cli.watch_panel import PanelView
from tests.builders import SetClock
from tests.unit.test_desk_output import QUEUE, REPORT
from tests.unit.test_desk_output import done as done_reply
from tests.unit.test_patient_cli_card import CALLED, WAITING

WIDTHS = (20, 40, 60, 80, 120)

CLINIC: dict[str, Any] = {
    "code": "GIG",
    "name": "Poli Gigi dan Mulut Anak serta Dewasa",
    "is_open": True,
    "opens_at": "2026-11-23T08:00:00+07:00",
    "closes_at": "2026-11-23T12:00:00+07:00",
    "waiting": 23,
    "now_serving": "GIG-012",
    "estimated_wait_seconds": 3900,
    "quota_left": 115,
    "next_opening": None,
}
CLOSED = {**CLINIC, "code": "ANA", "is_open": False, "next_opening": "2026-11-24T08:00:00+07:00"}
HOSPITAL: dict[str, Any] = {
    "code": "RSHS",
    "name": "RSUP Dr. Hasan Sadikin",
    "city": "Bandung",
    "time_zone": "Asia/Jakarta",
    "open_clinics": 10,
}
MISSED = {**CALLED, "status": "no_show", "ticket_code": "D7GM-VV2X-7KK4"}
ALREADY = {"code": "already_registered", "detail": "...", "errors": [], "ticket": WAITING}
ALREADY_ELSEWHERE = {**ALREADY, "ticket": {**WAITING, "ticket_code": None}}
LETTER = (
    "610b3d3bd7",
    "register",
    "2026-11-23 01:00:00Z",
    "2026-11-23 01:00:05Z",
    "antrean.registrar",
    "rejected",
    "9812",
)

WHOLE = re.compile(
    r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}"
    r"|\b[A-Z]{3}-\d{3}\b"
    r"|\b\d{1,2} [A-Z][a-z]+ \d{4}"
    r"|\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ"
    r"|\b\d\d[.:]\d\d(?: WIB)?"
    r"|\b[0-9a-f]{10}\b"
    r"|\d+(?: jam \d+ mnt| h \d+ min| menit| min| orang| people)?"
)
"""What has to stay whole, as far as its form tells."""

Shown = Callable[[Texts, int | None], str]


def table(make: Callable[[Texts], Table]) -> Shown:
    return lambda texts, width: "\n".join(make(texts).lines(width))


def printed(width: int | None, show: Callable[[], None]) -> str:
    with pytest.MonkeyPatch.context() as patch, io.StringIO() as written:
        for module in ("common.terminal.tables", "clinic_desk.report"):
            patch.setattr(f"{module}.terminal_width", lambda: width)
        patch.setattr(sys, "stdout", written)
        show()
        return written.getvalue()


def report(texts: Texts, width: int | None) -> str:
    return printed(width, lambda: print_report(desk(texts), [REPORT], hours=True))


def letters_table(texts: Texts, width: int | None) -> str:
    return printed(width, lambda: letters.print_table([LETTER], Texts(texts.language)))


def panel(texts: Texts, width: int | None) -> str:
    session = PatientSession(Settings(), texts.language, language_given=True)
    view = PanelView(session)
    view.live.console = Console(width=width or 120, file=io.StringIO(), color_system=None)
    standing = SetClock(datetime.fromisoformat(WAITING["registered_at"]))
    with patch.object(Settings, "clock", return_value=standing), view.live.console.capture() as captured:
        view.live.console.print(view._panel(WAITING, is_lost=False))
    return captured.get()


def desk(texts: Texts) -> Texts:
    return Texts(texts.language)


SHOWN: dict[str, Shown] = {
    "the hospitals": table(lambda texts: hospital_table([HOSPITAL], texts)),
    "the hospitals to choose from": table(lambda texts: hospital_table([HOSPITAL], texts, numbered=True)),
    "the clinics": table(lambda texts: clinic_table([CLINIC, CLOSED], texts)),
    "the clinics to choose from": table(lambda texts: clinic_table([CLINIC, CLOSED], texts, numbered=True)),
    "tickets": table(lambda texts: ticket_table([WAITING, MISSED], texts)),
    "a waiting ticket": lambda texts, width: ticket_card(WAITING, texts, width),
    "a missed ticket": lambda texts, width: ticket_card(MISSED, texts, width),
    "a refusal with a ticket": lambda texts, width: problem_text(ALREADY, texts, width),
    "a refusal with a ticket of elsewhere": lambda texts, width: problem_text(
        ALREADY_ELSEWHERE, texts, width
    ),
    "a queue": lambda texts, width: queue_text(QUEUE, desk(texts), width),
    "what a transfer did": lambda texts, width: done_text(
        done_reply(("ticket.transferred", 17), new_ticket=WAITING), {}, desk(texts), width
    ),
    "a report": report,
    "dead letters": letters_table,
    "a ticket that is followed": panel,
}


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", SHOWN)
def test_nothing_is_cut(name: str, width: int, language: str) -> None:
    texts = Texts(language)
    wide, narrow = (click.unstyle(SHOWN[name](texts, each)) for each in (None, width))

    assert set(WHOLE.findall(wide)) <= set(WHOLE.findall(narrow)), narrow
    assert "…" not in narrow
    too_long = [line for line in narrow.splitlines() if len(line) > width]
    assert all(len(layout.fold(line.strip(), 1)) == 1 for line in too_long), narrow


@pytest.mark.parametrize("width", WIDTHS)
def test_a_frame_is_straight_or_not_there(width: int) -> None:
    lines = click.unstyle(ticket_card(WAITING, Texts("id"), width)).splitlines()
    if lines[0].startswith("╭"):
        assert len({len(line) for line in lines}) == 1
        assert len(lines[0]) <= width
    else:
        assert not any(sign in line for line in lines for sign in "│─╰╯")
        assert width < 40


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("height", [16, 20, 24])
def test_the_panel_of_a_followed_ticket_fits_a_small_terminal(height: int, language: str) -> None:
    view = PanelView(PatientSession(Settings(), language))
    view.live.console = Console(width=40, height=height, file=io.StringIO(), color_system=None)
    with view.live.console.capture() as captured:
        view.live.console.print(view._panel(WAITING, is_lost=False))
    shown = captured.get()
    assert len(shown.splitlines()) < height
    assert ("Sedang dilayani: GIG-012" if language == "id" else "Now serving: GIG-012") in shown


COMMAND = "antrean watch 2BE5-ABCD-EFGH"


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        (f"Pantau dengan: {COMMAND}", 80, [f"Pantau dengan: {COMMAND}"]),
        (f"Pantau dengan: {COMMAND}", 40, ["Pantau dengan:", COMMAND]),
        (f"Pantau dengan: {COMMAND}", 20, ["Pantau dengan:", COMMAND]),
        (f"Jalankan `{COMMAND}`, atau tunggu saja.", 34, ["Jalankan", f"`{COMMAND}`,", "atau tunggu saja."]),
        (f"Ulangi:\n  {COMMAND}", 20, ["Ulangi:", f"  {COMMAND}"]),
        ("Tiket dengan kode itu tidak ada", 20, ["Tiket dengan kode", "itu tidak ada"]),
        (f"{COMMAND} sekarang", 30, [COMMAND, "sekarang"]),
    ],
)
def test_a_command_is_never_broken(text: str, width: int, lines: list[str]) -> None:
    assert layout.fold_around(text, width, [COMMAND]) == lines


# --- letters and colours ---------------------------------------------------------------------------------


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], io.BytesIO]:
    """Makes standard output a stream of an encoding."""

    def make(encoding: str) -> io.BytesIO:
        written = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding))
        prepare_streams()
        return written

    return make


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "latin-1"])
def test_a_terminal_that_lacks_letters(encoding: str, stream: Callable[[str], io.BytesIO]) -> None:
    written = stream(encoding)
    texts = Texts("id")
    for name in ("the clinics", "a waiting ticket", "a missed ticket", "a queue", "a refusal with a ticket"):
        print(click.unstyle(SHOWN[name](texts, 80)))
    sys.stdout.flush()
    text = written.getvalue().decode(encoding)
    assert "?" not in text
    assert "+----" in text
    assert "│" not in text
    assert "GIG-017" in text


def test_the_c_locale_asks_for_ascii(
    monkeypatch: pytest.MonkeyPatch, stream: Callable[[str], io.BytesIO]
) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    written = stream("utf-8")
    print(click.unstyle(ticket_card(WAITING, Texts("id"))))
    sys.stdout.flush()
    assert written.getvalue().isascii()


@pytest.mark.parametrize(("variable", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_no_colours_where_none_are_wanted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str, value: str
) -> None:
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda stream=None, color=None: color is False)
    shown = []

    @click.group("x", invoke_without_command=True)
    def group() -> None:
        click.echo(ticket_card(WAITING, Texts("id")))

    for _ in range(2):
        program.run("x", group, PatientSession, [])
        shown.append(capsys.readouterr().out)
        monkeypatch.setenv(variable, value)
    assert "\x1b[" not in shown[1]
    assert click.unstyle(shown[0]) == shown[1]
