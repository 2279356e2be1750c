"""How text is laid out on a narrow terminal: broken between words, and never inside what has to stay whole.

Codes have no spaces; moments, dates, durations and counted things have, and stay whole all the same. Where
one of them is wider than the terminal, its line is too: a terminal's own break loses nothing.
"""

import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import Final

import click

_ZONE: Final = r"(?:WIB|WITA|WIT|UTC[+-]\d{4})"
_CLOCK: Final = rf"\d\d[.:]\d\d(?:[–-]\d\d[.:]\d\d)?(?: {_ZONE})?"
_DAY: Final = r"(?:\w+,? )?\d{1,2} \w{3,9}"
_WHOLE: Final = re.compile(
    "|".join(
        [
            r"\d{4}-\d\d-\d\d \d\d:\d\d\S*",
            rf"{_DAY}(?: \d{{4}})(?: (?:pukul|at) {_CLOCK})?\S*",
            rf"{_DAY} {_CLOCK}\S*",
            rf"(?:[±<] )?{_CLOCK}\S*",
            r"(?:[±<] )?\d+ [a-z]+(?: \d+ [a-z]+)?\S*",
            r"\S+",
        ]
    )
)


_PARTS: Final = re.compile(rf"\d{{1,2}} \w{{3,9}}(?: \d{{4}})?\S*|{_CLOCK}\S*|\S+")
"""What is still whole of a moment that is wider than its line: the day, and the time of day."""


def terminal_width() -> int | None:
    """The columns of the terminal that standard output is; None where it is none, and takes any width."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def widest(text: str) -> int:
    """The columns of what is widest in a text and has to stay whole."""
    return max(map(len, _WHOLE.findall(text)), default=0)


def fold(text: str, width: int | None) -> list[str]:
    """The text in lines of at most `width`, as far as what has to stay whole allows."""
    if width is None or len(text) <= width:
        return [text]
    pieces: list[str] = []
    for piece in _WHOLE.findall(text):
        pieces += [piece] if len(piece) <= width else _PARTS.findall(piece)
    return flow(pieces, width, gap=" ")


def fold_around(text: str, width: int | None, commands: Iterable[str]) -> list[str]:
    """The lines of a text, folded where they are wider; a command in them stays whole, on a line of its own
    where it does not fit. Colours take no room."""
    known = [each for each in commands if each in text]
    return [part for line in text.split("\n") for part in _fold_line(line, width, known)]


def _fold_line(line: str, width: int | None, commands: Sequence[str]) -> list[str]:
    if width is None or len(click.unstyle(line)) <= width or line.strip() in commands:
        return [line]
    for command in sorted(commands, key=len, reverse=True):
        # With the quotes and the punctuation at it, which would stand alone.
        if match := re.search(rf"`?{re.escape(command)}\S*", line):
            before, after = line[: match.start()].rstrip(), line[match.end() :].strip()
            parts = [part for part in (before, after) if part]
            folded = [_fold_line(part, width, commands) for part in parts]
            place = 1 if before else 0
            return [each for part in (*folded[:place], [match[0]], *folded[place:]) for each in part]
    return fold(line, width)


def flow(pieces: Iterable[str], width: int, *, gap: str = "  ") -> list[str]:
    """The pieces one after another, in lines of at most `width`; no piece is broken."""
    lines: list[str] = []
    for piece in pieces:
        if lines and len(lines[-1]) + len(gap) + len(piece) <= width:
            lines[-1] += gap + piece
        else:
            lines.append(piece)
    return lines


def stacked(facts: Sequence[tuple[str, str]], width: int) -> list[str]:
    """`label: value` on a line each; below its label where a value does not fit beside it."""
    lines = []
    for label, value in facts:
        line = f"{label}: {value}"
        if len(line) <= width:
            lines.append(line)
            continue
        indent = " " * min(2, max(width - widest(value), 0))
        folded = fold(value, width - len(indent))
        lines += [f"{label}:", *(f"{indent}{each}" for each in folded)]
    return lines
