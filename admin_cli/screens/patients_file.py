"""What was read of a file of patients, told by line numbers: what stands there is somebody's data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from admin_cli.patients_file import LineFault, PatientLine
from admin_cli.registry_errors import RegistryRefused
from admin_cli.session import AdminSession
from common.registry_key import KeptPatient
from common.translation import N_
from common.words.texts import Texts

_LINES_SHOWN_MAX: Final = 20
_NUMBER_BYTES: Final = 12
"""Of a number's digest: enough to tell record numbers apart, and little for each of a million lines."""

_COLUMNS: Final[Mapping[LineFault, str]] = {
    LineFault.NUMBER: N_("medical record number: {lines}"),
    LineFault.DATE_OF_BIRTH: N_("date of birth: {lines}"),
    LineFault.DIVISION: N_("quotation mark or line break in a cell: {lines}"),
}


@dataclass
class Progress:
    """Lines that named a patient, how many of these made a difference, and what cannot be read.

    `other_dates` are the lines that give a number of an earlier line another date of birth; `partial_dates`
    is how many dates are known only in part.
    """

    lines: int = 0
    changed: int = 0
    dates_replaced: int = 0
    unreadable: dict[int, LineFault] = field(default_factory=dict)
    other_dates: list[int] = field(default_factory=list)
    partial_dates: int = 0
    _born: dict[bytes, int] = field(default_factory=dict)

    def note(self, some: Sequence[PatientLine]) -> None:
        """Counts lines."""
        self.unreadable |= {line.number: line.fault for line in some if line.fault is not None}
        self.lines += sum(line.fault is None for line in some)

    def note_dates(self, some: Sequence[PatientLine], kept: Sequence[KeptPatient]) -> None:
        """Compares the dates of birth of readable lines with those of earlier lines."""
        for line, patient in zip(some, kept, strict=True):
            assert line.date_of_birth is not None
            self.partial_dates += line.date_of_birth.day is None
            # A small number for each: no two dates have the same digits.
            born = int(str(line.date_of_birth).replace("-", ""))
            number = patient.number_digest[:_NUMBER_BYTES]
            if self._born.setdefault(number, born) != born:
                self._born[number] = born
                self.other_dates.append(line.number)


def unreadable_as_json(progress: Progress) -> dict[str, Any]:
    """The lines that cannot be read, all of them, and by what of them."""
    return {
        "unreadable_lines": [*progress.unreadable],
        "unreadable_columns": {fault.value: _lines_with(progress, fault) for fault in LineFault},
    }


def see_that_all_was_read(progress: Progress, texts: Texts, *, skip_unreadable: bool) -> None:
    """Nothing comes into force by half, or by nothing. Raises RegistryRefused."""
    if not progress.lines and not progress.unreadable:
        raise RegistryRefused(N_("Nothing came into force: the file names no patient."))
    if not progress.lines:
        raise RegistryRefused(
            N_(
                "Nothing came into force: no line can be read ({lines}). A line has a medical record number"
                " of letters and digits and a date such as 1990-01-31 or 31/01/1990."
            ),
            lines=_shown(progress, texts),
        )
    if progress.unreadable and not skip_unreadable:
        raise RegistryRefused(
            N_(
                "Nothing came into force: lines that cannot be read ({lines}). Correct them and import again,"
                " or leave them out with --skip-unreadable."
            ),
            lines=_shown(progress, texts),
        )


def tell_unreadable(session: AdminSession, progress: Progress, *, skip_unreadable: bool) -> None:
    """Tells the lines that were left out. Raises RegistryRefused where that was not asked for."""
    if not progress.unreadable:
        return
    sentence, lines = (
        N_("Lines that cannot be read were left out ({lines})."),
        _shown(progress, session.texts),
    )
    if not skip_unreadable:
        raise RegistryRefused(sentence, lines=lines)
    session.note(session.texts(sentence, lines=lines))


def tell_other_dates(session: AdminSession, progress: Progress) -> None:
    """Tells the lines that contradict an earlier one."""
    if progress.other_dates:
        session.note(
            session.texts(
                "Lines with another date of birth than an earlier line has for the same medical record"
                " number: {lines}. The last one counts.",
                lines=_numbers(progress.other_dates),
            )
        )


def tell_partial_dates(session: AdminSession, progress: Progress) -> None:
    """Tells how many patients have to give a month or a year as the file has it."""
    if progress.partial_dates:
        session.note(
            session.texts(
                "Dates of birth of which only the year, or year and month, are known: {count}. These patients"
                " register with just that.",
                count=progress.partial_dates,
            )
        )


def _shown(progress: Progress, texts: Texts) -> str:
    """The lines that cannot be read, by column."""
    return "; ".join(
        texts(words, lines=_numbers(found))
        for fault, words in _COLUMNS.items()
        if (found := _lines_with(progress, fault))
    )


def _lines_with(progress: Progress, fault: LineFault) -> list[int]:
    return [number for number, each in progress.unreadable.items() if each is fault]


def _numbers(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:_LINES_SHOWN_MAX]))
    return f"{shown} ... ({len(numbers)})" if len(numbers) > _LINES_SHOWN_MAX else shown
