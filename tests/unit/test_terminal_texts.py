"""Every text is there in both languages, and every code that an answer can hold has one."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import admin_cli
import clinic_desk
import common.terminal
import patient_cli
from admin_cli.texts import TEXTS as ADMIN_TEXTS
from clinic_desk.texts import TEXTS as DESK_TEXTS
from common.domain.catalog import QueueMode
from common.domain.event_names import EventName
from common.domain.refusals import NotPermittedReason
from common.domain.ticket_states import TicketStatus
from common.domain.tickets import PriorityReason
from common.messages.desks import DeskRegister, DeskRequest
from common.messages.message import Request
from common.messages.patients import Register
from common.messages.problems import ProblemCode
from common.terminal.texts import LANGUAGES, SHARED_TEXTS, Texts, TextTable
from patient_cli.texts import TEXTS as PATIENT_TEXTS

SHARED = Path(common.terminal.__file__).parent
SETTINGS = SHARED.parent / "settings.py"
TABLES = {"antrean": PATIENT_TEXTS, "antrean-desk": DESK_TEXTS, "antrean-admin": ADMIN_TEXTS}
REQUESTING = ("antrean", "antrean-desk")
"""Programs in whose sources a string that looks like a key is one; the operators' names checks like that."""

FOLDERS = {
    "antrean": Path(patient_cli.__file__).parent,
    "antrean-desk": Path(clinic_desk.__file__).parent,
    "antrean-admin": Path(admin_cli.__file__).parent,
}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def nodes(*folders: Path) -> Iterator[ast.AST]:
    for folder in folders:
        for source in folder.rglob("*.py") if folder.is_dir() else [folder]:
            if not source.name.endswith("texts.py"):
                yield from ast.walk(ast.parse(source.read_text()))


def texts_asked_for(table: TextTable, *folders: Path) -> set[str]:
    """The strings in the sources that are keys by their form: `moment.date`, `help.json` ..."""
    groups = {key.partition(".")[0] for key in table}
    constants = (node.value for node in nodes(*folders) if isinstance(node, ast.Constant))
    words = {each for each in constants if isinstance(each, str) and not each.endswith("_")} - set(EventName)
    return {
        each for each in words if each.partition(".")[0] in groups and each.partition(".")[2].isidentifier()
    }


def chosen_by_data(*folders: Path) -> tuple[str, ...]:
    """What keys begin with that are put together while the program runs: `status.`, `problem.` ..."""
    begins = [
        node.values[0].value
        for node in nodes(*folders)
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant)
    ]
    return tuple(each for each in begins if isinstance(each, str) and re.fullmatch(r"[a-z]+\.\w*", each))


@pytest.mark.parametrize(
    ("program", "key"), [(program, key) for program, table in TABLES.items() for key in table]
)
def test_a_text_says_the_same_in_both_languages(program: str, key: str) -> None:
    indonesian, english = TABLES[program][key]
    assert indonesian.strip()
    assert english.strip()
    assert placeholders(indonesian) == placeholders(english)


@pytest.mark.parametrize("program", REQUESTING)
def test_every_text_that_is_asked_for_is_there(program: str) -> None:
    asked_for = texts_asked_for(TABLES[program], SHARED, FOLDERS[program])
    assert len(asked_for) > 100
    assert asked_for <= set(TABLES[program])


def left_over(keys: set[str], table: TextTable, *folders: Path) -> set[str]:
    by_data = chosen_by_data(*folders)
    return {key for key in keys - texts_asked_for(table, *folders) if not key.startswith(by_data)}


@pytest.mark.parametrize("program", REQUESTING)
def test_no_text_is_left_over(program: str) -> None:
    own = set(TABLES[program]) - set(SHARED_TEXTS)
    assert left_over(own, TABLES[program], FOLDERS[program], SHARED) == set()


def test_no_shared_text_is_left_over() -> None:
    assert left_over(set(SHARED_TEXTS), SHARED_TEXTS, SHARED, SETTINGS, *FOLDERS.values()) == set()


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


def test_everything_that_a_desk_asks_for_and_is_told_has_words() -> None:
    requests: list[type[Request]] = [DeskRegister, *subclasses(DeskRequest)]
    fields = {name for each in requests for name in each.model_fields}
    for field in fields - {"with_names", "patient_name", "waiting", "after", "limit"}:
        assert f"field.{field}" in DESK_TEXTS
        assert f"rule.{field}" in DESK_TEXTS
    for event in set(EventName) - {EventName.CLINIC_TICK}:
        assert f"done.{event.replace('.', '_')}" in DESK_TEXTS
    for hindrance in NotPermittedReason:
        assert f"reason.{hindrance}" in DESK_TEXTS
    for reason in PriorityReason:
        assert f"priority.{reason}" in DESK_TEXTS
    for mode in QueueMode:
        assert f"mode.{mode}" in DESK_TEXTS


def subclasses(kind: type[DeskRequest]) -> Iterator[type[DeskRequest]]:
    for each in kind.__subclasses__():
        yield each
        yield from subclasses(each)


def test_every_end_of_following_a_ticket_has_words() -> None:
    ends = set(TicketStatus) - {TicketStatus.WAITING}
    assert {f"watch.{status}" for status in ends} <= set(PATIENT_TEXTS)


def test_decimals_are_written_as_in_the_language() -> None:
    table = {"free": ("Sisa {free} GiB", "{free} GiB left"), "mean": ("{mean:g} menit", "{mean:g} minutes")}
    indonesian, english = Texts(table, "id"), Texts(table, "en")
    assert indonesian("free", free=62.6) == "Sisa 62,6 GiB"
    assert english("free", free=62.6) == "62.6 GiB left"
    assert indonesian("mean", mean=7.5) == "7,5 menit"
    assert indonesian("mean", mean=8.0) == "8 menit"
