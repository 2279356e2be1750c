"""Prints a ticket on this computer's standard printer, a receipt printer, by `lp` as a shell does."""

import subprocess
from typing import Final

from common.translation import N_

_COMMAND: Final = ("lp", "-o", "raw")
_CODE_PAGE: Final = "cp437"  # whose letters `paper_text` keeps to
_SECONDS_MAX: Final = 10.0

NO_COMMAND: Final = N_("This computer cannot print: it has no command lp; ask its administrator.")
NOT_TAKEN: Final = N_("The printer took nothing; see whether a standard printer is set up, then try again.")


class PrintingFailed(Exception):
    """Nothing was printed; `sentence` says why, and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def print_out(paper: str) -> None:
    """Hands the text of a ticket to the printer's queue; blocks for at most ten seconds. Raises
    PrintingFailed."""
    written = f"{paper}\n".encode(_CODE_PAGE, errors="replace")
    try:
        subprocess.run(_COMMAND, input=written, capture_output=True, check=True, timeout=_SECONDS_MAX)
    except FileNotFoundError as error:
        raise PrintingFailed(NO_COMMAND) from error
    except (OSError, subprocess.SubprocessError) as error:
        raise PrintingFailed(NOT_TAKEN) from error
