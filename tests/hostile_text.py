"""Text that would control a terminal, hide or forge lines; and whether some got through."""

import unicodedata

FORGED = "FORGED"
"""Would begin a line of its own."""

HOSTILE = f"\x1b[2J\x1b]0;title\x07\r\x9b31m\u202e\u2066\u200b\u2028\x7f\n{FORGED}"

_OBEYED = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def obeyed_in(text: str) -> list[str]:
    """The characters of `text` that a terminal obeys or hides, beside the ends of lines; and forged lines."""
    lines = text.split("\n")
    found = {each for line in lines for each in line if unicodedata.category(each) in _OBEYED}
    return sorted(found) + [line for line in lines if line.startswith(FORGED)]
