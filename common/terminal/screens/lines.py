"""Lines that keep within the columns there are."""

from collections.abc import Sequence
from typing import Final

from rich.text import Text

_SHORTENED_WIDTH_MIN: Final = 8  # with the sign before it; less of a name says nothing


def line_with_end(parts: Sequence[str], end: str, width: int) -> str:
    """`parts`, and `end` at the end of the line. `end` stays whole: where not all of it fits, the last part
    is shortened first, and left out where little of it would remain."""
    room = max(width - len(end) - 2, 0)
    line = Text()
    for part in parts:
        left = room - line.cell_len
        text = Text(f" · {part}" if line else part)
        if line and min(text.cell_len, _SHORTENED_WIDTH_MIN) > left:
            break
        text.truncate(left, overflow="ellipsis")
        line.append_text(text)
    line.pad_right(room - line.cell_len)
    return f"{line.plain}  {end}"
