"""Who gets a place in a queue, and what stands before what."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import pytest

from common.domain.admission import Admission, Attempts, check_admission, check_registration
from common.domain.cancellations import Cancellation, CancelledBy
from common.domain.clinic_day import ClinicDay
from common.domain.lanes import Lane
from common.domain.partial_dates import PartialDate
from common.domain.queue import Queue, new_queue
from tests.domain.clinics import clinic

MORNING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Somebody:
    """A patient, or the holder of a ticket."""

    patient_name: str
    date_of_birth: PartialDate


SITI = Somebody("Siti Aminah", PartialDate(1990, 1, 31))
BUDI = Somebody("Budi Santoso", PartialDate(1980, 5, 1))


def given_out(count: int, given_back: int = 0) -> Queue:
    """A queue with so many tickets, of which some were given back."""
    queue = new_queue(ClinicDay("RSHS", "GIG", date(2026, 11, 23)), MORNING, MORNING)
    for _ in range(count):
        queue, change = queue.admit(Lane.REGULAR, MORNING, MORNING)
        if given_back:
            assert change.ticket is not None
            queue, _ = queue.cancel(change.ticket, MORNING, Cancellation(CancelledBy.PATIENT))
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


NOTHING_TRIED = Attempts()
MISMATCHED, REGISTERED = Attempts(mismatches=5), Attempts(registrations=3)
BOTH = Attempts(mismatches=5, registrations=3)


@pytest.mark.parametrize(
    ("is_open", "quota", "expected"),
    [
        (False, 3, Admission.CLINIC_CLOSED),
        (False, 2, Admission.CLINIC_CLOSED),
        (True, 2, Admission.QUOTA_REACHED),
    ],
)
@pytest.mark.parametrize("attempts", [NOTHING_TRIED, BOTH])
@pytest.mark.parametrize("holder", [None, SITI, BUDI])
def test_where_there_is_no_place_for_anybody_nobody_learns_who_has_one(
    holder: Somebody | None, attempts: Attempts, is_open: bool, quota: int, expected: Admission
) -> None:
    gig = clinic(daily_quota=quota)
    verdict = check_registration(given_out(2), SITI, holder, attempts, gig, is_open=is_open)
    assert verdict is expected


@pytest.mark.parametrize("attempts", [MISMATCHED, BOTH, Attempts(mismatches=6)])
@pytest.mark.parametrize("holder", [None, SITI, BUDI])
def test_after_too_many_mismatches_nobody_learns_whether_the_data_match(
    holder: Somebody | None, attempts: Attempts
) -> None:
    verdict = check_registration(given_out(2), SITI, holder, attempts, clinic(), is_open=True)
    assert verdict is Admission.MISMATCHES_USED_UP


@pytest.mark.parametrize(
    ("holder", "attempts", "expected"),
    [
        (None, Attempts(mismatches=4, registrations=2), Admission.ADMITTED),
        (None, REGISTERED, Admission.REGISTRATIONS_USED_UP),
        (SITI, NOTHING_TRIED, Admission.ALREADY_HELD),
        (SITI, REGISTERED, Admission.ALREADY_HELD),
        (BUDI, REGISTERED, Admission.HELD_BY_ANOTHER),
    ],
)
def test_a_ticket_that_is_held_comes_before_the_registrations_used_up(
    holder: Somebody | None, attempts: Attempts, expected: Admission
) -> None:
    assert check_registration(given_out(2), SITI, holder, attempts, clinic(), is_open=True) is expected


@pytest.mark.parametrize("holder", [None, SITI, BUDI])
@pytest.mark.parametrize(
    ("is_known", "expected"), [(False, Admission.NOT_REGISTERED), (None, Admission.REGISTRY_UNUSABLE)]
)
def test_who_is_not_known_learns_nothing_of_tickets(
    holder: Somebody | None, is_known: bool | None, expected: Admission
) -> None:
    def verdict(attempts: Attempts, *, is_open: bool = True) -> Admission:
        queue = given_out(2)
        return check_registration(queue, SITI, holder, attempts, clinic(), is_open=is_open, is_known=is_known)

    assert {verdict(NOTHING_TRIED), verdict(REGISTERED)} == {expected}
    assert verdict(MISMATCHED) is Admission.MISMATCHES_USED_UP
    assert verdict(MISMATCHED, is_open=False) is Admission.CLINIC_CLOSED


def test_a_hospital_says_how_much_may_be_tried() -> None:
    strict = replace(clinic().hospital, mismatches_max=1, registrations_max=1)
    gig = clinic(hospital=strict)
    for attempts, expected in (
        (Attempts(mismatches=1), Admission.MISMATCHES_USED_UP),
        (Attempts(registrations=1), Admission.REGISTRATIONS_USED_UP),
        (NOTHING_TRIED, Admission.ADMITTED),
    ):
        assert check_registration(given_out(2), SITI, None, attempts, gig, is_open=True) is expected


def test_what_was_given_back_does_not_count_towards_the_quota() -> None:
    assert check_admission(given_out(2, given_back=1), SITI, None, quota=2) is Admission.ADMITTED


def test_a_place_that_a_patient_had_before_depends_on_no_quota() -> None:
    assert check_admission(given_out(500), SITI, None) is Admission.ADMITTED
