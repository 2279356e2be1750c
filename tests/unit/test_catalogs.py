"""The catalogs of texts: nothing is missing, left over, fuzzy or stale, and another language is one file."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Set
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import click
import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from admin_cli.program import antrean_admin
from clinic_desk.program import antrean_desk
from common.translation import LOCALES, translated
from common.words.texts import Texts
from patient_cli.program import antrean
from tests.catalogs import (
    KEYWORDS,
    ROOT,
    catalog_paths,
    compiled,
    extracted,
    read_catalog,
    sources,
    translations,
    updated,
)

PATHS = [pytest.param(path, id=path.stem) for path in catalog_paths()]


@cache
def template() -> Catalog:
    """All sentences of the code."""
    return extracted()


@cache
def sentences() -> Set[tuple[str | None, Any]]:
    """The same, each with its context."""
    return {(each.context, each.id) for each in template() if each.id}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_there_is_an_indonesian_catalog_of_everything() -> None:
    assert "id" in {path.stem for path in catalog_paths()}
    assert len(sentences()) > 300


@pytest.mark.parametrize("path", PATHS)
def test_a_catalog_holds_the_sentences_of_the_code_and_no_others(path: Path) -> None:
    held = {(each.context, each.id) for each in read_catalog(path) if each.id}
    assert held == sentences(), "run `make texts`, and translate what is new"
    assert not read_catalog(path).obsolete
    assert translations(updated(path, template())) == translations(read_catalog(path))


@pytest.mark.parametrize("path", PATHS)
def test_every_sentence_is_translated_and_none_is_fuzzy(path: Path) -> None:
    for each in read_catalog(path):
        if each.id:
            forms = each.string if isinstance(each.string, list | tuple) else [each.string]
            assert forms, each.id
            assert all(form and form.strip() for form in forms), each.id
            assert not each.fuzzy, each.id


@pytest.mark.parametrize("path", PATHS)
def test_a_translation_takes_the_values_of_its_sentence(path: Path) -> None:
    for (_, sentence), said in translations(read_catalog(path)).items():
        if isinstance(sentence, str):
            assert placeholders(said) == placeholders(sentence), sentence
        else:
            many = placeholders(sentence[1])
            assert all(placeholders(form) <= many for form in said), sentence


@pytest.mark.parametrize("path", PATHS)
def test_what_is_compiled_is_what_was_translated(path: Path) -> None:
    assert translations(compiled(path)) == translations(read_catalog(path)), "run `make texts`"


def sentences_in(node: ast.expr) -> Iterator[str]:
    """What a call says: a text, or one of two."""
    if isinstance(node, ast.IfExp):
        yield from sentences_in(node.body)
        yield from sentences_in(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def test_every_sentence_stands_where_it_is_found() -> None:
    """Inside an f-string, or as one of two without N_, a sentence is not found on every Python."""
    known = {text for _, each in sentences() for text in ([each] if isinstance(each, str) else each)}
    for source in (path for path in sources() if path.suffix == ".py"):
        for node in ast.walk(ast.parse(source.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in KEYWORDS and name != "C_":
                assert set(sentences_in(node.args[0])) <= known, f"{source}:{node.lineno}"


def parameters(command: click.Command) -> Iterator[click.Command | click.Parameter]:
    yield command
    yield from command.params
    for each in command.commands.values() if isinstance(command, click.Group) else ():
        yield from parameters(each)


@pytest.mark.parametrize("group", [antrean, antrean_desk, antrean_admin], ids=lambda each: each.name)
def test_all_help_is_translated(group: click.Group) -> None:
    for each in parameters(group):
        said = [getattr(each, "help", None), getattr(each, "metavar", None)]
        for message in filter(None, said):
            context, _, sentence = message.rpartition("\x04")
            assert (context or None, sentence) in sentences(), message


def test_decimals_are_written_as_in_the_language() -> None:
    indonesian, english = Texts("id"), Texts("en")
    assert indonesian("Sisa {free} GiB", free=62.6) == "Sisa 62,6 GiB"
    assert english("{free} GiB left", free=62.6) == "62.6 GiB left"
    assert indonesian("{mean:g} menit", mean=7.5) == "7,5 menit"
    assert indonesian("{mean:g} menit", mean=8.0) == "8 menit"


def test_a_sentence_without_a_translation_stays_english() -> None:
    assert translated("Nobody has said this yet.", "id") == "Nobody has said this yet."
    assert Texts("en").plural("1 person", "{count} people", 1) == "1 person"
    assert Texts("en").plural("1 person", "{count} people", 3) == "3 people"
    assert Texts("id").plural("1 person", "{count} people", 1) == "1 orang"


IN_OTHER_LOCALES = """
import sys
from pathlib import Path

import common.translation

common.translation.LOCALES = Path(sys.argv.pop(1))
from patient_cli.__main__ import main

sys.exit(main())
"""


@pytest.mark.parametrize("chosen_by", ["--lang", "ANTREAN_LANGUAGE"])
def test_another_language_is_one_file(tmp_path: Path, chosen_by: str) -> None:
    shutil.copytree(LOCALES, tmp_path / "locales")
    javanese = Catalog(locale="jv")
    javanese.add("List the hospitals.", "Dhaptar rumah sakit.")
    with (tmp_path / "locales" / "jv.mo").open("wb") as file:
        write_mo(file, javanese)

    words = ["hospitals", "--help", *(["--lang", "jv"] if chosen_by == "--lang" else [])]
    done = subprocess.run(
        [sys.executable, "-c", IN_OTHER_LOCALES, str(tmp_path / "locales"), *words],
        env={**os.environ, "ANTREAN_LANGUAGE": "jv" if chosen_by == "ANTREAN_LANGUAGE" else "id"}
        | {"ANTREAN_STACK_DIR": str(tmp_path), "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Dhaptar rumah sakit." in done.stdout
    assert re.search(r"--lang \[id\|en\|jv\]", done.stdout)
    assert "Print JSON." in done.stdout, "what is not translated yet is said in English"
