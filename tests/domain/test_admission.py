"""Who gets a place in a queue, and what stands before what."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest

from common.domain.admission import Admission, check_admission, check_registration
from common.domain.clinic_day import ClinicDay
from common.domain.lanes import Lane
from common.domain.queue import Queue, new_queue

MORNING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Somebody:
    """A patient, or the holder of a ticket."""

    patient_name: str
    date_of_birth: date


SITI = Somebody("Siti Aminah", date(1990, 1, 31))
BUDI = Somebody("Budi Santoso", date(1980, 5, 1))


def given_out(count: int, given_back: int = 0) -> Queue:
    """A queue with so many tickets, of which some were given back."""
    queue = new_queue(ClinicDay("RSHS", "GIG", date(2026, 11, 23)), MORNING, MORNING)
    for _ in range(count):
        queue, change = queue.admit(Lane.REGULAR, MORNING, MORNING)
        if given_back:
            assert change.ticket is not None
            queue, _ = queue.cancel(change.ticket, MORNING)
            given_back -= 1
    return queue


@pytest.mark.parametrize(
    ("holder", "is_open", "quota", "expected"),
    [
        (None, True, 3, Admission.ADMITTED),
        (None, True, 2, Admission.QUOTA_REACHED),
        (None, False, 3, Admission.CLINIC_CLOSED),
        (None, False, 2, Admission.CLINIC_CLOSED),
        (SITI, False, 2, Admission.ALREADY_HELD),
        (BUDI, True, 3, Admission.HELD_BY_ANOTHER),
    ],
)
def test_for_the_staff_a_held_ticket_comes_before_the_hours_and_these_before_the_quota(
    holder: Somebody | None, is_open: bool, quota: int, expected: Admission
) -> None:
    assert check_admission(given_out(2), SITI, holder, is_open=is_open, quota=quota) is expected


@pytest.mark.parametrize(
    ("is_open", "quota", "expected"),
    [
        (False, 3, Admission.CLINIC_CLOSED),
        (False, 2, Admission.CLINIC_CLOSED),
        (True, 2, Admission.QUOTA_REACHED),
    ],
)
@pytest.mark.parametrize("holder", [None, SITI, BUDI])
def test_where_there_is_no_place_for_anybody_nobody_learns_who_has_one(
    holder: Somebody | None, is_open: bool, quota: int, expected: Admission
) -> None:
    assert check_registration(given_out(2), SITI, holder, is_open=is_open, quota=quota) is expected


@pytest.mark.parametrize(
    ("holder", "expected"),
    [(None, Admission.ADMITTED), (SITI, Admission.ALREADY_HELD), (BUDI, Admission.HELD_BY_ANOTHER)],
)
def test_where_there_is_a_place_a_patient_holds_one(holder: Somebody | None, expected: Admission) -> None:
    assert check_registration(given_out(2), SITI, holder, is_open=True, quota=3) is expected


def test_what_was_given_back_does_not_count_towards_the_quota() -> None:
    assert check_admission(given_out(2, given_back=1), SITI, None, quota=2) is Admission.ADMITTED


def test_a_place_that_a_patient_had_before_depends_on_no_quota() -> None:
    assert check_admission(given_out(500), SITI, None) is Admission.ADMITTED
