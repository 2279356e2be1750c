"""Newborns without a medical record number of their own: named by their mother and the order of their birth.

Hospitals write `By. Ny. Siti Aminah`, the baby of Mrs Siti Aminah, until the baby has a number and a name.
"""

import re
from datetime import date
from typing import Final

from common.domain.partial_dates import PartialDate
from common.domain.tickets import is_of_age

BIRTH_ORDER_MAX: Final = 9
"""Babies of one birth."""

_AGE_MAX_YEARS: Final = 1

_BABY_OF: Final = re.compile(r"(?:(?:by|bayi)\b[.\s]*)?(?:(?:ny|nyonya)\b[.\s]*)?", re.IGNORECASE)

_SHOWN: Final = re.compile(
    rf"(?:by|bayi)\b[.\s]*(?:ny|nyonya)\b[.\s]*(.+?)\s*\(([1-{BIRTH_ORDER_MAX}])\)", re.IGNORECASE
)


def is_newborn_possible(date_of_birth: PartialDate, on: date) -> bool:
    """Whether somebody of that date of birth can still go by the mother's number: before the first birthday,
    the hospitals' *bayi*. By then two births of one mother are hardly possible."""
    return not is_of_age(date_of_birth, _AGE_MAX_YEARS, on)


def mother_s_name(name: str) -> str:
    """The mother's name, from that or from `By. Ny.` before it."""
    own = name[_BABY_OF.match(name).end() :]  # type: ignore[union-attr] # which matches nothing, too
    return own if any(map(str.isalpha, own)) else name


def read_shown_name(text: str) -> tuple[str, int]:
    """The name and the birth order in a name as it is shown: 0 where it is no newborn's."""
    newborn = _SHOWN.fullmatch(text)
    return (newborn[1], int(newborn[2])) if newborn else (text, 0)


def shown_name(name: str, birth_order: int) -> str:
    """What a patient is called at the desk: a newborn by its mother's name, `By. Ny. Siti Aminah (1)`."""
    return f"By. Ny. {name} ({birth_order})" if birth_order else name
