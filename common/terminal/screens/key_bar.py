"""The bar with the console's keys, at the bottom of its screen."""

from collections.abc import Sequence
from typing import ClassVar, Final

from rich.text import Text
from textual.widgets import Static

_GAP: Final = " "


class KeyBar(Static):
    """Keys with what they do; a key is never torn from its words. On a low screen as many as fit on
    LOW_LINES_MAX lines, and then `rest`, the key that shows the others."""

    LOW_LINES_MAX: ClassVar = 3
    LOW_HEIGHT_MAX: ClassVar = 31

    def __init__(self, keys: Sequence[tuple[str, str]], rest: tuple[str, str]) -> None:
        super().__init__(id="keys")
        self._keys, self._rest = keys, rest

    def show(self, keys: Sequence[tuple[str, str]]) -> None:
        """Shows these from now on."""
        self._keys = keys
        self._lay_out()

    def on_resize(self) -> None:
        """Lays the keys out for the new width, and after that the screen for their height."""
        self.call_after_refresh(self._lay_out)

    def _lay_out(self) -> None:
        is_low = self.app.size.height <= self.LOW_HEIGHT_MAX
        self.update(
            key_lines(self._keys, self.content_size.width, self.LOW_LINES_MAX if is_low else None, self._rest)
        )


def key_lines(
    keys: Sequence[tuple[str, str]], width: int, lines_max: int | None, rest: tuple[str, str]
) -> Text:
    """The keys on lines of at most `width` columns, and `rest` at the end; keys that do not fit on
    `lines_max` lines are left out."""
    lines, used = 1, 0
    for count, key in enumerate(keys):
        lines, used = _after(lines, used, key, width)
        last_line, _ = _after(lines, used, rest, width)
        if lines_max is not None and last_line > lines_max:
            # The one before it fitted with `rest` behind it.
            return _bar([*keys[:count], rest], width)
    return _bar([*keys, rest], width)


def _after(line: int, used: int, key: tuple[str, str], width: int) -> tuple[int, int]:
    """On which line a key is, and how much of that is used with it."""
    needed = _needed(key)
    return (line + 1, needed) if used and used + needed > width else (line, used + needed)


def _needed(key: tuple[str, str]) -> int:
    return sum(map(len, key)) + len(_GAP) + 3


def _bar(keys: Sequence[tuple[str, str]], width: int) -> Text:
    bar, line, used = Text(), 1, 0
    for key in keys:
        before, (line, used) = line, _after(line, used, key, width)
        if line > before:
            bar.append("\n")
        bar.append(f" {key[0]} ", style="reverse bold")
        bar.append(f" {key[1]}{_GAP}")
    return bar
