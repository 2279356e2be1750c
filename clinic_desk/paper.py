"""A ticket on the paper of a receipt printer: plain text, as narrow as its roll.

It says what its patient has to know, and nothing of who that is: paper is lost and thrown away, and a name
beside a clinic says who is ill. Whoever calls, calls the number.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from clinic_desk.qr_code import qr_lines
from clinic_desk.queue_view import REGULAR
from common.terminal.layout import fold, fold_around, stacked
from common.terminal.streams import as_receipt_printers_write, writes_unicode
from common.words.lanes import lane_in_words
from common.words.moments import long_date
from common.words.texts import Texts
from common.words.tickets import clinic_name, hospital_name, status_word, ticket_facts

COLUMNS: Final[Mapping[str, int]] = {"58": 32, "80": 48}
"""How many letters a line has, by the width of the roll in millimetres."""

_SOON_PAST: Final = {"people_ahead": None, "now_serving": None}
"""What is not true any more when the paper is read."""

_DIGITS: Final = (
    ("###", "# #", "# #", "# #", "###"),
    ("  #", "  #", "  #", "  #", "  #"),
    ("###", "  #", "###", "#  ", "###"),
    ("###", "  #", "###", "  #", "###"),
    ("# #", "# #", "###", "  #", "  #"),
    ("###", "#  ", "###", "  #", "###"),
    ("###", "#  ", "###", "# #", "###"),
    ("###", "  #", "  #", "  #", "  #"),
    ("###", "# #", "###", "# #", "###"),
    ("###", "# #", "###", "  #", "###"),
)
"""Each digit as five lines."""


def paper_text(shown: Mapping[str, Any], texts: Texts, columns: int) -> str:
    """The ticket of a `desk_ticket` reply, in lines of at most `columns` letters."""
    ticket, number = shown["patient_ticket"], shown["ticket"]["display_number"]
    code, command = ticket["ticket_code"], f"antrean watch {ticket['ticket_code']}"
    head = [*fold(hospital_name(ticket), columns), *fold(clinic_name(ticket), columns), "", number]
    about = fold(long_date(ticket["service_date"], texts), columns)
    if ticket["lane"] != REGULAR:
        about = [lane_in_words(ticket["lane"], texts).capitalize(), *about]
    if ticket["status"] != "waiting":
        about += fold(status_word(ticket, texts), columns)
    lines = [
        *_centred([*head, "", *_large(number, columns), "", *about], columns),
        "",
        *stacked(ticket_facts({**ticket, **_SOON_PAST}, texts), columns),
        "",
        *_centred([texts("Ticket code"), code], columns),
        *_centred(qr_lines(code) if writes_unicode() else [], columns),
        *fold_around(texts("Follow it with: {command}", command=command), columns, [command]),
    ]
    return "\n".join(as_receipt_printers_write(line).rstrip() for line in lines)


def _centred(lines: Iterable[str], columns: int) -> list[str]:
    return [" " * ((columns - len(line)) // 2) + line for line in lines]


def _large(number: str, columns: int) -> list[str]:
    """The digits of a number in large; nothing where they are too many for the paper."""
    digits = [_DIGITS[int(digit)] for digit in number.rpartition("-")[2]]
    block = "█" if writes_unicode() else "#"
    lines = ["  ".join(_stretched(digit[row], block) for digit in digits) for row in range(len(_DIGITS[0]))]
    return lines if len(lines[0]) <= columns else []


def _stretched(row: str, block: str) -> str:
    """Twice as wide: a letter is about twice as high as wide."""
    return "".join(2 * (block if sign == "#" else " ") for sign in row)
