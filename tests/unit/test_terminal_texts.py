"""Every text is there in both languages, and every code that an answer can hold has one."""

import ast
from pathlib import Path
from string import Formatter

import pytest

import common.terminal
import patient_cli
from common.domain.tickets import TicketStatus
from common.messages import ProblemCode, Register
from common.terminal.texts import LANGUAGES, SHARED_TEXTS, Texts, TextTable
from patient_cli.texts import TEXTS as PATIENT_TEXTS

SHARED = Path(common.terminal.__file__).parent
TABLES = {"antrean": PATIENT_TEXTS}
FOLDERS = {"antrean": Path(patient_cli.__file__).parent}

CHOSEN_BY_DATA = ("problem.", "status.", "field.", "rule.", "watch.")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def texts_asked_for(table: TextTable, *folders: Path) -> set[str]:
    """The strings in the sources that are keys by their form: `moment.date`, `help.json` ..."""
    groups = {key.partition(".")[0] for key in table}
    words = {
        node.value
        for folder in folders
        for source in folder.rglob("*.py")
        if source.name != "texts.py"
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {
        each for each in words if each.partition(".")[0] in groups and each.partition(".")[2].isidentifier()
    }


@pytest.mark.parametrize(
    ("program", "key"), [(program, key) for program, table in TABLES.items() for key in table]
)
def test_a_text_says_the_same_in_both_languages(program: str, key: str) -> None:
    indonesian, english = TABLES[program][key]
    assert indonesian.strip()
    assert english.strip()
    assert placeholders(indonesian) == placeholders(english)


@pytest.mark.parametrize("program", TABLES)
def test_every_text_that_is_asked_for_is_there(program: str) -> None:
    asked_for = texts_asked_for(TABLES[program], SHARED, FOLDERS[program])
    assert len(asked_for) > 100
    assert asked_for <= set(TABLES[program])


@pytest.mark.parametrize("program", TABLES)
def test_no_text_is_left_over(program: str) -> None:
    own = set(TABLES[program]) - set(SHARED_TEXTS)
    left_over = own - texts_asked_for(TABLES[program], FOLDERS[program], SHARED)
    assert {key for key in left_over if not key.startswith(CHOSEN_BY_DATA)} == set()


def test_no_shared_text_is_left_over() -> None:
    left_over = set(SHARED_TEXTS) - texts_asked_for(SHARED_TEXTS, SHARED, *FOLDERS.values())
    assert {key for key in left_over if not key.startswith(CHOSEN_BY_DATA)} == set()


@pytest.mark.parametrize("program", TABLES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_words(program: str, language: str) -> None:
    texts = Texts(TABLES[program], next(each for each in LANGUAGES if each == language))
    for code in ProblemCode:
        assert f"problem.{code}" in texts
    for status in TicketStatus:
        assert f"status.{status}" in texts
    fields = {field.alias or name for name, field in Register.model_fields.items()} | {
        "ticket_code",
        "ticket_codes",
    }
    for field in fields:
        assert f"field.{field}" in texts
        assert f"rule.{field}" in texts


def test_every_end_of_following_a_ticket_has_words() -> None:
    ends = set(TicketStatus) - {TicketStatus.WAITING}
    assert {f"watch.{status}" for status in ends} <= set(PATIENT_TEXTS)
