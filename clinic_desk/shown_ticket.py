"""One ticket on a terminal: whose it is, what its patient sees of it, and its code to be scanned."""

from collections.abc import Mapping
from typing import Any

import click

from clinic_desk.qr_code import COLUMNS, qr_lines
from common.terminal.card import ticket_card
from common.terminal.layout import fold
from common.terminal.streams import writes_unicode
from common.words.moments import birth_date
from common.words.texts import Texts


def ticket_text(shown: Mapping[str, Any], texts: Texts, width: int | None = None) -> str:
    """A `desk_ticket` reply on several lines, on a terminal of `width` columns."""
    ticket = shown["patient_ticket"]
    whose = texts(
        "{name} · born {date} · record number {mrn}",
        name=shown["ticket"]["patient_name"],
        date=birth_date(shown["date_of_birth"], texts),
        mrn=shown["medical_record_number"],
    )
    lines = [*fold(whose, width), ticket_card(ticket, texts, width)]
    if writes_unicode() and (width is None or width >= COLUMNS):
        # In its own colours, whatever those of the terminal are: many cameras read no light on dark.
        lines += [
            click.style(line, fg="black", bg="bright_white") for line in qr_lines(ticket["ticket_code"])
        ]
    return "\n".join(lines)
