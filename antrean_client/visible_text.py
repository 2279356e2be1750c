"""Characters that a reader does not see, or that a terminal obeys: which they are, and how they are shown."""

import unicodedata
from typing import Any, Final

_OBEYED: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
"""Unicode's categories of characters that a terminal obeys, hides or does not know."""

_BLANKS: Final = frozenset(
    [
        *"\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U00013441\U00013442\U00016fe4\U0001d159",
        *map(chr, range(0x180B, 0x1810)),
        *map(chr, range(0xFE00, 0xFE10)),
        *map(chr, range(0xE0100, 0xE01F0)),
    ]
)
"""Letters, marks and signs that are drawn as nothing: fillers, blanks, and what Unicode names
Default_Ignorable_Code_Point (DerivedCoreProperties.txt) beside the categories above."""


def has_invisible(text: str) -> bool:
    """Whether some character of a text is seen by nobody; what separates words is none of these."""
    if text.isascii():
        return not text.isprintable()
    return any(unicodedata.category(each)[0] == "C" or each in _BLANKS for each in text)


def visible(text: str) -> str:
    """The text on one line, with an escape (`\\x1b`, `\\u202e`) for every character that a terminal would
    obey, hide or not know."""
    if text.isprintable():
        return text
    return "".join(_escaped(each) if unicodedata.category(each) in _OBEYED else each for each in text)


def visible_lines(text: str) -> str:
    """The same of each line of a text."""
    return "\n".join(map(visible, text.split("\n")))


def visible_values(value: Any) -> Any:
    """A value that was read from JSON, with every text in it made visible, names of members included."""
    match value:
        case str():
            return visible(value)
        case list():
            return [visible_values(each) for each in value]
        case dict():
            return {visible(name): visible_values(each) for name, each in value.items()}
    return value


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()
