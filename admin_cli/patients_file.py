"""A file of patients: a medical record number and a date of birth on each line, as a spreadsheet exports it.

medical_record_number,date_of_birth
00-12-34-56,1990-01-31
00123457,31/01/1990

The first line may name the columns, in any order and with others among them; without it the first two
columns are these. Columns stand between commas, semicolons or tabs, as the first line has them.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import BinaryIO, Final, NamedTuple

from common.messages.patient_data import normal_medical_record_number
from common.terminal.moments import parse_date

_LINE_BYTES_MAX: Final = 64 * 1024
_DELIMITERS: Final = (";", "\t", ",")

_NUMBER_NAMES: Final = frozenset(
    {"medical_record_number", "mrn", "nomor_rekam_medis", "no_rekam_medis", "no_rm"}
)
_DATE_NAMES: Final = frozenset({"date_of_birth", "dob", "tanggal_lahir", "tgl_lahir"})


class PatientLine(NamedTuple):
    """A line of the file, counted from 1, and the patient on it; None where it cannot be read."""

    number: int
    patient: tuple[str, date] | None


def read_patients(file: BinaryIO) -> Iterator[PatientLine]:
    """The lines of a file that name a patient, or should; raises OSError where it cannot be read on."""
    delimiter, columns = ",", (0, 1)
    is_first = True
    for number, line in enumerate(_lines(file), 1):
        text = line.decode("utf-8-sig" if number == 1 else "utf-8", errors="replace").strip("\r\n")
        if not text.strip():
            continue
        if is_first:
            is_first = False
            delimiter = next((each for each in _DELIMITERS if each in text), delimiter)
            if (named := _named_columns(_cells(text, delimiter))) is not None:
                columns = named
                continue
        yield PatientLine(number, _patient(_cells(text, delimiter), columns))


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines; of one that is too long to be read, the beginning."""
    while line := file.readline(_LINE_BYTES_MAX):
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = file.readline(_LINE_BYTES_MAX)
            line = line[:_LINE_BYTES_MAX] + b"\0" * bool(rest)
        yield line


def _cells(text: str, delimiter: str) -> Sequence[str]:
    """The columns of one line; none where it cannot be divided. A cell never goes on in the next line: one
    stray quotation mark would hide all that follow."""
    try:
        return [cell.strip() for cell in next(csv.reader([text], delimiter=delimiter, strict=True), [])]
    except csv.Error:
        return ()


def _named_columns(cells: Sequence[str]) -> tuple[int, int] | None:
    """Where the two columns are, if these are the names of columns."""
    places: Mapping[str, int] = {
        cell.lower().replace(" ", "_").replace(".", ""): place for place, cell in enumerate(cells)
    }
    number = next((places[name] for name in places if name in _NUMBER_NAMES), None)
    born = next((places[name] for name in places if name in _DATE_NAMES), None)
    return None if number is None or born is None else (number, born)


def _patient(cells: Sequence[str], columns: tuple[int, int]) -> tuple[str, date] | None:
    try:
        number, born = (cells[place] for place in columns)
        # What databases export as a day has a time of the day, too.
        day = parse_date(born.replace("T", " ").split(" ")[0])
        return normal_medical_record_number(number), date.fromisoformat(day)
    except (IndexError, ValueError):
        return None
