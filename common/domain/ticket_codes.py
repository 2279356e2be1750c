"""Ticket codes: the unguessable key to a ticket's status and to its cancellation.

Twelve characters of Crockford's base32 (https://www.crockford.com/base32.html) carry 60 random bits and
are shown in three groups of four, `7K3F-9QXM-2T5R`. They are read case-insensitively, with the letters
that look like digits folded (I and L to 1, O to 0).
"""

import re

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

LENGTH = 12

_GROUP = 4
_LETTERS = frozenset(ALPHABET)
_FOLD = str.maketrans("ILO", "110", "- ")
_AS_SHOWN = re.compile("-".join([f"[{ALPHABET}]{{{_GROUP}}}"] * (LENGTH // _GROUP)))
_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]


def new_ticket_code() -> str:
    """A new code in its canonical form, twelve characters without hyphens."""
    import secrets  # only here: `antrean` has to be quick to start

    bits = secrets.randbits(5 * LENGTH)
    return "".join([_PAIRS[bits >> 10 * position & 1023] for position in range(LENGTH // 2)])


def parse_ticket_code(text: str) -> str:
    """The canonical form of a code as somebody wrote it; raises ValueError where it is none."""
    if _AS_SHOWN.fullmatch(text):
        return text.replace("-", "")
    code = text.strip().upper().translate(_FOLD) if text.isascii() else ""
    if len(code) != LENGTH or not _LETTERS.issuperset(code):
        raise ValueError("a ticket code has twelve letters and digits, such as 7K3F-9QXM-2T5R")
    return code


def format_ticket_code(code: str) -> str:
    """The form in which a canonical code is shown."""
    return f"{code[:_GROUP]}-{code[_GROUP:-_GROUP]}-{code[-_GROUP:]}"
