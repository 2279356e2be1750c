"""CONTRIBUTING.md and the decisions name files, folders and make targets that exist."""

import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_ADRS = sorted((_ROOT / "docs" / "adr").glob("0*.md"))
_PATH = re.compile(r"`((?:\w|\.)[\w./-]*/[\w./-]*|\w+\.(?:md|toml|txt))`")


@pytest.mark.parametrize(
    "document", [_ROOT / "CONTRIBUTING.md", _ROOT / "SECURITY.md", *_ADRS], ids=lambda path: path.name
)
def test_every_path_that_is_named_exists(document: Path) -> None:
    named = set(_PATH.findall(document.read_text()))
    assert {path for path in named if not (_ROOT / path).exists()} == set()


def test_every_command_is_a_target_a_test_or_an_installed_tool() -> None:
    text = (_ROOT / "CONTRIBUTING.md").read_text()
    targets = re.findall(r"^([a-z-]+):.* ## ", (_ROOT / "Makefile").read_text(), re.MULTILINE)
    made = re.findall(r"\bmake (?:[A-Z]+=\S+ )?([a-z-]+)\b", text)
    assert "test" in made
    assert set(made) <= set(targets)
    for path in re.findall(r"\btests/[\w./]+", text):
        assert (_ROOT / path.rstrip(".")).exists(), path


def test_the_index_lists_every_decision() -> None:
    index = (_ROOT / "docs" / "adr" / "README.md").read_text()
    assert re.findall(r"\]\((0[\w-]+\.md)\)", index) == [path.name for path in _ADRS]
