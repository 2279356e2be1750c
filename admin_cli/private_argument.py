"""What a shell's history is not to hold: a ticket's code, a patient's record number."""

import sys
from typing import Final

from common.terminal.prompts import can_ask, read_line
from common.terminal.usage import UsageProblem
from common.translation import N_

FROM_INPUT: Final = "-"
"""Stands for what is given on standard input."""

_LENGTH_MAX: Final = 200


def given_or_asked(given: str | None, question: str) -> str:
    """What was given on the command line, or else is answered on the terminal or comes by a pipe; raises
    UsageProblem where several lines do."""
    if given not in (None, FROM_INPUT):
        return str(given)
    if can_ask():
        return read_line(question)
    # One more than is taken shows that there are several.
    lines = [each.strip() for each in sys.stdin.read(_LENGTH_MAX + 1).splitlines() if each.strip()]
    if len(lines) > 1:
        raise UsageProblem(N_("There are several lines on standard input: give one at a time."))
    return lines[0] if lines else ""
