"""How a hospital writes its medical record numbers, and whom a number names."""

from dataclasses import dataclass
from typing import NamedTuple


class PatientKey(NamedTuple):
    """What names a patient at a hospital: a medical record number. A newborn without one of its own is named
    by its mother's and its `birth_order`, which is 1 or, of twins, 2 ...; everybody else has 0."""

    medical_record_number: str
    birth_order: int = 0


@dataclass(frozen=True, slots=True)
class RecordNumberFormat:
    """The medical record numbers of a hospital: `length` digits or, with `letters`, letters and digits.

    Where they are `padded`, zeros in front may be left out, or be too many: 2 and 00000002 are one number.
    """

    length: int
    letters: bool = False
    padded: bool = False

    def normal(self, number: str) -> str | None:
        """A number of capital letters and digits as the hospital writes it; None where it does not fit."""
        if not (self.letters or number.isdigit()):
            return None
        if self.padded:
            number = number.lstrip("0").rjust(self.length, "0")
        return number if len(number) == self.length else None
