"""The QR code of a ticket code, drawn with letters: each line has two rows of modules."""

from typing import Final

QUIET_ZONE: Final = 4
"""Light modules around it, as ISO/IEC 18004 has it."""

COLUMNS: Final = 21 + 2 * QUIET_ZONE
"""Of the code of a ticket: version 1, which holds 16 letters and digits with a quarter of it damaged."""

_DRAWN: Final = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}
"""The upper and the lower module of a letter, 1 where it is dark."""


def qr_lines(ticket_code: str) -> list[str]:
    """Lines of COLUMNS letters, to be written dark on light, without room between two lines."""
    import segno  # here: no other command waits for it

    code = segno.make_qr(ticket_code, mode="alphanumeric", version=1)
    rows = [list(row) for row in code.matrix_iter(border=QUIET_ZONE)]
    rows += [[0] * COLUMNS] * (len(rows) % 2)
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return ["".join(map(_DRAWN.__getitem__, zip(*pair, strict=True))) for pair in pairs]
