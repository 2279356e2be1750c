"""Every text is there in both languages, and every code that an answer can hold has one."""

import ast
from pathlib import Path
from string import Formatter

import pytest

import patient_cli
from common.domain.tickets import TicketStatus
from common.messages import ProblemCode, Register
from patient_cli.texts import LANGUAGES, TEXTS, Texts

SOURCES = sorted(Path(patient_cli.__file__).parent.glob("*.py"))


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def texts_asked_for() -> set[str]:
    """The strings in the sources that are keys by their form: `moment.date`, `help.json` ..."""
    groups = {key.partition(".")[0] for key in TEXTS}
    words = {
        node.value
        for source in SOURCES
        if source.name != "texts.py"
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {
        each for each in words if each.partition(".")[0] in groups and each.partition(".")[2].isidentifier()
    }


@pytest.mark.parametrize("key", TEXTS)
def test_a_text_says_the_same_in_both_languages(key: str) -> None:
    indonesian, english = TEXTS[key]
    assert indonesian.strip()
    assert english.strip()
    assert placeholders(indonesian) == placeholders(english)


def test_every_text_that_is_asked_for_is_there() -> None:
    asked_for = texts_asked_for()
    assert len(asked_for) > 100
    assert asked_for <= set(TEXTS)


def test_no_text_is_left_over() -> None:
    chosen_by_data = ("problem.", "status.", "field.", "rule.", "watch.")
    left_over = set(TEXTS) - texts_asked_for()
    assert {key for key in left_over if not key.startswith(chosen_by_data)} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_words(language: str) -> None:
    texts = Texts(next(each for each in LANGUAGES if each == language))
    for code in ProblemCode:
        assert f"problem.{code}" in texts
    for status in TicketStatus:
        assert f"status.{status}" in texts
        assert status is TicketStatus.WAITING or f"watch.{status}" in texts
    fields = {field.alias or name for name, field in Register.model_fields.items()} | {
        "ticket_code",
        "ticket_codes",
    }
    for field in fields:
        assert f"field.{field}" in texts
        assert f"rule.{field}" in texts
