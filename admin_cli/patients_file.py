"""A file of patients: a medical record number and a date of birth on each line, as a spreadsheet exports it.

medical_record_number,date_of_birth
00-12-34-56,1990-01-31
00123457,31/01/1990

Of a date of birth the year (1960), or year and month (1960-05), may be all that is known.

The first line may name the columns, in any order and with others among them; without it the first two
columns are these. Columns stand between commas, semicolons or tabs, as the first line has them. Who is to be
taken out may be named by the record number alone.
"""

import codecs
import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import BinaryIO, Final, NamedTuple

from admin_cli.registry_errors import NotReadable
from common.domain.partial_dates import PartialDate
from common.domain.record_numbers import RecordNumberFormat
from common.messages.patient_data import normal_medical_record_number
from common.words.written_dates import parse_birth_date

_LINE_BYTES_MAX: Final = 64 * 1024
_TIME_OF_DAY: Final = re.compile(r"[T ](?=\d\d?[:.]\d\d)", re.ASCII)
_DELIMITERS: Final = (";", "\t", ",")
_BYTE_ORDER_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

_NUMBER_NAMES: Final = frozenset(
    {"medical_record_number", "mrn", "nomor_rekam_medis", "no_rekam_medis", "no_rm"}
)
_DATE_NAMES: Final = frozenset({"date_of_birth", "dob", "tanggal_lahir", "tgl_lahir"})


class LineFault(StrEnum):
    """What of a line cannot be read."""

    NUMBER = "number"
    DATE_OF_BIRTH = "date_of_birth"
    DIVISION = "division"


class PatientLine(NamedTuple):
    """A line of the file, counted from 1: the record number on it, and the date of birth where it is asked
    for; or what cannot be read."""

    number: int
    medical_record_number: str = ""
    date_of_birth: PartialDate | None = None
    fault: LineFault | None = None


class _Columns(NamedTuple):
    """Where the record number stands, and the date of birth; None where nobody asks for it."""

    number: int
    born: int | None


def read_patients(
    file: BinaryIO, number_format: RecordNumberFormat | None = None, *, with_dates: bool = True
) -> Iterator[PatientLine]:
    """The lines of a file that name a patient, or should; without `with_dates`, the dates are not looked at.
    Record numbers are as the hospital's `number_format` has them, or a fault.

    Raises NotReadable where it is in another encoding, and OSError where it cannot be read on.
    """
    delimiter, columns = ",", _Columns(0, 1 if with_dates else None)
    is_first = True
    for number, line in enumerate(_lines(file), 1):
        if number == 1:
            _see_that_it_is_no_utf_16(line)
        text = line.decode("utf-8-sig" if number == 1 else "utf-8", errors="replace").strip("\r\n")
        if not text.strip():
            continue
        if is_first:
            is_first = False
            delimiter = next((each for each in _DELIMITERS if each in text), delimiter)
            if (named := _named_columns(_cells(text, delimiter), with_dates=with_dates)) is not None:
                columns = named
                continue
        yield _patient(number, _cells(text, delimiter), columns, number_format)


def _see_that_it_is_no_utf_16(line: bytes) -> None:
    beginning = line[:4]
    if beginning.startswith(_BYTE_ORDER_MARKS) or (
        len(beginning) > 1 and beginning.count(0) * 2 >= len(beginning)
    ):
        raise NotReadable


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


def _named_columns(cells: Sequence[str], *, with_dates: bool) -> _Columns | None:
    """Where the columns are, if these are the names of columns."""
    places: Mapping[str, int] = {
        cell.lower().replace(" ", "_").replace(".", ""): place for place, cell in enumerate(cells)
    }
    number = next((places[name] for name in places if name in _NUMBER_NAMES), None)
    born = next((places[name] for name in places if name in _DATE_NAMES), None)
    if number is None or (with_dates and born is None):
        return None
    return _Columns(number, born if with_dates else None)


def _patient(
    line: int, cells: Sequence[str], columns: _Columns, number_format: RecordNumberFormat | None
) -> PatientLine:
    if not cells:
        return PatientLine(line, fault=LineFault.DIVISION)
    try:
        given = normal_medical_record_number(cells[columns.number])
    except (IndexError, ValueError):
        return PatientLine(line, fault=LineFault.NUMBER)
    number = given if number_format is None else number_format.normal(given)
    if number is None:
        return PatientLine(line, fault=LineFault.NUMBER)
    if columns.born is None:
        return PatientLine(line, number)
    try:
        # What databases export as a day has a time of the day, too.
        born = parse_birth_date(_TIME_OF_DAY.split(cells[columns.born])[0])
        return PatientLine(line, number, PartialDate.parse(born))
    except (IndexError, ValueError):
        return PatientLine(line, fault=LineFault.DATE_OF_BIRTH)
