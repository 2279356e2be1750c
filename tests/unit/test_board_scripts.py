"""The board's scripts and styles keep to what the browsers of televisions from about 2018 on know."""

import re
from pathlib import Path

import pytest

_STATIC = Path(__file__).parents[2] / "waiting_room" / "static"
_SCRIPTS = sorted(_STATIC.glob("*.js"))

_NEWER_THAN_2017 = {
    "optional chaining": r"\?\.[A-Za-z_(\[]",
    "nullish values": r"\?\?",
    "a catch without its error": r"catch\s*\{",
    "spread in objects": r"\{\s*\.\.\.|,\s*\.\.\.\w+\s*\}",
    "modules": r"^\s*(import|export)\b",
    "private members": r"this\.#|^\s*#\w+",
    "fields of classes": r"^    (static )?\w+ = ",
    "methods of arrays and texts": r"\.(flat|flatMap|at|replaceAll|matchAll|findLast|toSorted|toReversed)\(",
    "functions": r"\b(Object\.fromEntries|structuredClone|Promise\.(any|allSettled))\b|\.finally\(",
    "names": r"\bglobalThis\b",
    "methods of elements": r"\.(replaceChildren|append|prepend|replaceWith|toggleAttribute)\(",
}
_NEWER_STYLES = {
    "gaps": r"\bgap\s*:",
    "grids": r"display:\s*grid",
    "functions": r"\b(clamp|min|max)\(",
    "queries of containers": r"@container|@layer|@supports",
    "selectors": r":(is|where|has)\(",
    "nesting": r"^\s*&",
}


@pytest.mark.parametrize("script", _SCRIPTS, ids=lambda each: each.name)
@pytest.mark.parametrize("kind", _NEWER_THAN_2017)
def test_a_script_has_nothing_newer(script: Path, kind: str) -> None:
    assert not re.findall(_NEWER_THAN_2017[kind], script.read_text(), re.MULTILINE)


@pytest.mark.parametrize("kind", _NEWER_STYLES)
def test_the_styles_have_nothing_newer(kind: str) -> None:
    assert not re.findall(_NEWER_STYLES[kind], (_STATIC / "board.css").read_text(), re.MULTILINE)
