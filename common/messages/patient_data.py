"""What a medical record number is, and what a name: one rule where it is typed and where it arrives."""

import re
import unicodedata

from antrean_client.visible_text import has_invisible
from common.messages.limits import NAME_LENGTH_MAX, RECORD_NUMBER_LENGTH_MAX

_MEDICAL_RECORD_NUMBER = re.compile(rf"[A-Z0-9]{{1,{RECORD_NUMBER_LENGTH_MAX}}}")
_SEPARATORS = str.maketrans("", "", " .-/")


def normal_medical_record_number(text: str) -> str:
    """Upper case without the separators that hospitals print for legibility (`00-12-34` is `001234`).

    Raises ValueError.
    """
    # Upper-casing makes ASCII of some other letters (SS of a sharp s): those are no part of a number.
    number = text.upper().translate(_SEPARATORS) if text.isascii() else ""
    if not _MEDICAL_RECORD_NUMBER.fullmatch(number):
        raise ValueError("a medical record number has 1 to 20 letters and digits")
    return number


def normal_name(text: str) -> str:
    """NFC-normalised with single spaces; raises ValueError."""
    if has_invisible(text):
        raise ValueError("a name has no control, formatting or other invisible characters")
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not 1 <= len(name) <= NAME_LENGTH_MAX or not any(map(str.isalpha, name)):
        raise ValueError(f"a name has letters, and at most {NAME_LENGTH_MAX} characters")
    return name
