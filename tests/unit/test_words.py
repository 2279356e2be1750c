"""The code, the tests and the documents use the field's words: docs/glossary.md names them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import common

ROOT = Path(common.__file__).parents[1]
FOLDERS = (
    *("admin_cli", "benchmarks", "calibration", "clinic_desk", "common", "contract", "docs"),
    *("local_stack", "patient_cli", "registrar_worker", "status_responder", "tests", "ticker_worker"),
)
SUFFIXES = {".py", ".md", ".js"}

WORDS = {
    r"\banew\b": "again",
    r"\bnobody's\b": "unknown, or of no one: say which",
    r"there and back\b": "round trip",
    r"\bthat (is|are) not there\b": "missing, or unknown",
    r"\bwish(es)?\b": "request",
    r"\bdoubts?\b": "unknown outcome",
    r"[Hh]indrance": "reason, or obstacle",
    r"\blets_go\b": "drops",
    r"\bspeech\b": "messages, or texts",
    r"\b(_Here|Asked|Told|Later|Staff)\b(?=[:(\[,]| =)": "request, reply, a deferred result, workers",
    r"\bclass Line\b": "connection, or lane",
}
"""A regular expression for each word that is not to be used, and what to say instead."""

ALLOWED = {"docs/glossary.md", "tests/unit/test_words.py"}
"""Files that name the words."""


def texts() -> Iterator[Path]:
    """The sources and documents in `FOLDERS` and in the project's root."""
    for folder in FOLDERS:
        found = (path for path in (ROOT / folder).rglob("*") if path.suffix in SUFFIXES)
        yield from (path for path in found if "node_modules" not in path.parts)
    yield from (path for path in ROOT.iterdir() if path.suffix in SUFFIXES or path.name == "Makefile")


@pytest.mark.parametrize("word", WORDS)
def test_no_word_of_our_own_where_the_field_has_one(word: str) -> None:
    pattern = re.compile(word)
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in texts()
        if str(path.relative_to(ROOT)) not in ALLOWED
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, f"write instead: {WORDS[word]}\n" + "\n".join(found)
