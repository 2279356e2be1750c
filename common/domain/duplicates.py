"""Tickets that one person may hold with two medical record numbers: told to the staff, and never refused."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from common.domain.newborns import mother_s_name, read_shown_name
from common.domain.partial_dates import PartialDate
from common.domain.person_names import folded_name
from common.domain.record_numbers import PatientKey


class HeldBy(NamedTuple):
    """A ticket of a queue, by its number, and who holds it."""

    number: int
    patient: PatientKey
    patient_name: str
    date_of_birth: PartialDate


def possible_duplicate(ticket: HeldBy, others: Iterable[HeldBy]) -> int | None:
    """The smallest number that the holder of a ticket may have, too: by name and date of birth, under another
    record number."""
    alike = (each.number for each in others if _may_be_one(ticket, each))
    return min(alike, default=None)


def possible_duplicates(tickets: Iterable[HeldBy]) -> Mapping[int, int]:
    """Of tickets of one queue those whose holders may have another of them, with its number."""
    born: dict[PartialDate, list[HeldBy]] = defaultdict(list)
    for ticket in tickets:
        born[ticket.date_of_birth].append(ticket)
    # Names are folded only of those few that were born on one day.
    alike: dict[tuple[PartialDate, str], list[HeldBy]] = defaultdict(list)
    for day, together in born.items():
        if len(together) > 1:
            for ticket in together:
                alike[day, _alike_name(ticket)].append(ticket)
    return {number: other for group in alike.values() for number, other in _of_one_person(group)}


def _of_one_person(tickets: Sequence[HeldBy]) -> Iterable[tuple[int, int]]:
    for ticket in tickets:
        others = [each.number for each in tickets if _is_other_record(each, ticket)]
        if others:
            yield ticket.number, min(others)


def _may_be_one(one: HeldBy, other: HeldBy) -> bool:
    is_alike = one.date_of_birth == other.date_of_birth and _alike_name(one) == _alike_name(other)
    return is_alike and _is_other_record(one, other)


def _alike_name(ticket: HeldBy) -> str:
    """A baby with its mother's number has her name; with one of its own it is often called `By. Ny. Siti`."""
    return folded_name(mother_s_name(read_shown_name(ticket.patient_name)[0]))


def _is_other_record(one: HeldBy, other: HeldBy) -> bool:
    """Twins, who go by their mother's number and name, are two."""
    return one.patient.medical_record_number != other.patient.medical_record_number
