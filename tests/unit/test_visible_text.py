"""What nobody sees is no name, and what a terminal obeys is shown as an escape, wherever it stands."""

import json
import sys
import unicodedata

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antrean_client.visible_text import has_invisible, visible, visible_values
from common.errors import AntreanError, SettingsError
from common.messages.patient_data import normal_name
from common.settings import Settings
from common.terminal.session import Session
from common.terminal.streams import json_text, print_traceback
from common.terminal.tables import Cell, Table
from common.words.texts import Texts
from patient_cli.session import PatientSession
from tests.hostile_text import HOSTILE, obeyed_in

OBEYED = [
    each
    for each in map(chr, range(sys.maxunicode + 1))
    if unicodedata.category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
]
# Of Unicode's DerivedCoreProperties.txt: characters that are to be drawn as nothing.
DEFAULT_IGNORABLE = [
    *(0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFEFF, 0xFFA0),
    *range(0x180B, 0x1810),
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xFE00, 0xFE10),
    *range(0xFFF0, 0xFFF9),
    *range(0x1BCA0, 0x1BCA4),
    *range(0x1D173, 0x1D17B),
    *range(0xE0000, 0xE1000),
]


def test_what_is_drawn_as_nothing_is_no_part_of_a_name() -> None:
    for character in [*map(chr, DEFAULT_IGNORABLE), "\u2800", "\x7f", "\x9b"]:
        assert has_invisible(character), hex(ord(character))
        for name in (character, f"Siti {character}", f"Si{character}ti"):
            with pytest.raises(ValueError, match="a name has"):
                normal_name(name)


@pytest.mark.parametrize(
    "name", ["Siti Aminah", "Ni Luh Pútu", "สมชาย", "김철수", "නිමල්", "O'Neill", "H. Ibnu"]
)
def test_names_of_all_scripts_stay_names(name: str) -> None:
    assert normal_name(name) == unicodedata.normalize("NFC", name)


def test_spaces_of_all_kinds_are_spaces() -> None:
    assert normal_name("Siti\u00a0\u3000\u2028Aminah") == "Siti Aminah"


def test_every_character_becomes_one_that_is_seen() -> None:
    assert obeyed_in(visible("".join(OBEYED))) == []
    assert visible("Siti Aminah · 12–14 €") == "Siti Aminah · 12–14 €"
    assert visible("\x1b[2J\r\u202e\n") == r"\x1b[2J\r\u202e\n"


def test_a_value_of_json_is_made_visible_in_all_its_texts() -> None:
    value = {HOSTILE: [HOSTILE, 1, None, {"name": HOSTILE}], "open": True}
    shown = visible(HOSTILE)
    assert visible_values(value) == {shown: [shown, 1, None, {"name": shown}], "open": True}


@given(st.text() | st.lists(st.text()) | st.dictionaries(st.text(), st.text()))
def test_json_is_the_same_value_and_controls_no_terminal(value: object) -> None:
    for indent in (None, 2):
        text = json_text(value, indent=indent)
        assert json.loads(text) == value
        assert obeyed_in(text) == []


def test_no_sentence_tells_a_value_raw(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever a file, a broker or a stranger gives is a value in a sentence, an error, a cell or a word."""
    texts = Texts("en")
    table = Table(["Name"])
    table.add_row([HOSTILE])
    table.add_row([Cell(HOSTILE, bold=True)])
    session: Session = PatientSession(Settings(), "en")
    try:
        raise ValueError(HOSTILE.replace("\n", ""))
    except ValueError as error:
        print_traceback(error)
    said = [
        texts("The file {path} is damaged.", path=HOSTILE),
        texts.plural("1 of {name}", "{count} of {name}", 2, name=ValueError(HOSTILE)),
        texts("{reason}", reason=SettingsError("{variable} is wrong.", variable=HOSTILE)),
        str(SettingsError("{variable} is wrong.", variable=HOSTILE)),
        str(AntreanError(visible(HOSTILE))),
        session.command_line("status", HOSTILE),
        *map(click.unstyle, table.lines(None)),
        capsys.readouterr().err,
    ]
    for each in said:
        assert obeyed_in(each) == [], each
    assert obeyed_in(str(AntreanError(f"Two\n{HOSTILE}"))) == ["FORGED"], "lines of a sentence are its own"
