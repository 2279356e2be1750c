"""What a registrar decides, without a database: one rule of admission, one request after the other."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from itertools import count

from common.domain.catalog import Clinic
from common.domain.clinic_day import ClinicDay
from common.domain.partial_dates import PartialDate
from common.domain.queue import new_queue
from common.domain.record_numbers import PatientKey
from common.domain.ticket_states import TicketStatus
from common.messages import problems
from common.messages.desk_requests import DeskRegister
from common.messages.message import Request
from common.messages.patients import Cancel, Register
from common.messages.problems import Problem
from common.messaging.received_requests import ReceivedRequest
from common.storage.registries import RegistryAnswers
from registrar_worker.decisions import Decided, decide
from registrar_worker.loading import ClinicToday, Loaded
from registrar_worker.store import HeldTicket
from tests.domain.clinics import clinic, in_bandung

GIG = ClinicDay("RSHS", "GIG", date(2026, 11, 23))
NINE = in_bandung(23, 9)
BORN = PartialDate(1990, 1, 31)


def clinic_of(_day: ClinicDay) -> Clinic:
    """The clinic of every queue."""
    return clinic()


def loaded(
    at: datetime = NINE,
    quota: int = 60,
    held: HeldTicket | None = None,
    ended: int = 0,
    mismatches: int = 0,
) -> Loaded:
    """An empty queue of GIG, where the patient 1 may hold a ticket, and have tried this and that before."""
    gig = clinic(daily_quota=quota)
    return Loaded(
        now=at,
        not_permitted={},
        clinics={
            gig.key: ClinicToday(gig, GIG, gig.is_open(at)),
            ("RSHS", "MAT"): problems.clinic_not_found(),
        },
        registrations={},
        queues={GIG: new_queue(GIG, in_bandung(23, 0), at)},
        recorded={},
        recorded_tickets={},
        refusals=[],
        held={} if held is None else {(GIG, PatientKey("1")): held},
        ended={(GIG, PatientKey("1")): ended},
        mismatches={("RSHS", GIG.service_date, "1"): mismatches},
        registered=RegistryAnswers(),
        born_alike={},
        tickets={},
        occupants={},
        learned={},
    )


_ids = count(1)


def received(request: Request, sent_at: datetime | None = None) -> ReceivedRequest:
    """A request with an id and contents of its own."""
    number = next(_ids)
    user = "budi" if isinstance(request, DeskRegister) else None
    return ReceivedRequest(f"request-{number}", b"%d" % number, request, sent_at, user)


def register(
    who: int, name: str = "Siti Aminah", clinic_code: str = "GIG", born: PartialDate = BORN
) -> Register:
    """Asks for a ticket for the patient with this medical record number."""
    return Register.model_construct(
        hospital="RSHS",
        clinic=clinic_code,
        medical_record_number=str(who),
        patient_name=name,
        date_of_birth=born,
        newborn=None,
    )


def codes(decided: Decided) -> list[str | None]:
    """The problem code of each decision, None where it is no fixed refusal."""
    refusals = [each.refusal for each in decided.decisions]
    return [each.code if isinstance(each, Problem) else None for each in refusals]


def decided_on(requests: Sequence[Request], state: Loaded) -> Decided:
    """What becomes of these requests in one batch."""
    return decide(state, [received(each) for each in requests], clinic_of)


def test_numbers_are_given_out_in_the_order_of_arrival_without_gaps() -> None:
    decided = decided_on([register(1), register(2, clinic_code="MAT"), register(3)], loaded())
    assert codes(decided) == [None, "clinic_not_found", None]
    assert [ticket.number for ticket in decided.new_tickets] == [1, 2]
    assert [entry.sequence for entry in decided.entries] == [1, 2]
    assert decided.queues[GIG].waiting == 2


def test_what_was_loaded_is_left_as_it_is() -> None:
    state = loaded()
    decided_on([register(1)], state)
    assert state.queues[GIG].last_number == 0
    assert not state.held
    assert not state.tickets


def test_a_cancelled_ticket_counts_neither_towards_the_quota_nor_as_held() -> None:
    state = loaded(quota=1)
    first = decide(state, [received(register(1))], clinic_of)
    code = first.new_tickets[0].ticket_code
    shown = first.decisions[0].shown
    assert shown is not None
    before = Loaded(
        now=state.now,
        not_permitted={},
        clinics=state.clinics,
        registrations={},
        queues=first.queues,
        recorded={},
        recorded_tickets={},
        refusals=[],
        held={(GIG, PatientKey("1")): HeldTicket(code, "Siti Aminah", BORN)},
        ended={},
        mismatches={},
        registered=RegistryAnswers(),
        born_alike={},
        tickets={code: shown.view},
        occupants={},
        learned={},
    )
    full = decided_on([register(2)], before)
    assert codes(full) == ["quota_reached"]
    again = decided_on([Cancel.model_construct(ticket_code=code), register(1), register(2)], before)
    assert codes(again) == [None, None, "quota_reached"]
    cancelled = again.decisions[0].shown
    assert cancelled is not None
    assert cancelled.view.status is TicketStatus.CANCELLED
    assert again.cancelled == [code]
    assert [ticket.number for ticket in again.new_tickets] == [2]


def test_a_patient_holds_one_ticket_and_only_the_same_person_is_shown_it() -> None:
    decided = decided_on([register(1), register(1), register(1, name="Budi Santoso")], loaded())
    _, same, other = decided.decisions
    assert same.refusal is problems.already_registered
    assert same.shown is not None
    assert same.ticket_code == decided.new_tickets[0].ticket_code
    assert isinstance(other.refusal, Problem)
    assert other.refusal.code == "medical_record_mismatch"
    assert other.shown is None
    assert same.remember
    assert other.remember


def test_a_closed_clinic_admits_no_patient() -> None:
    decided = decided_on([register(1)], loaded(at=in_bandung(23, 16)))
    assert codes(decided) == ["clinic_closed"]
    assert not decided.entries
    assert not decided.new_tickets


def test_one_request_id_is_decided_once() -> None:
    request = received(register(1))
    other = request._replace(digest=b"other")
    decided = decide(loaded(), [request, request, other], clinic_of)
    first, again, reused = decided.decisions
    assert len(decided.new_tickets) == len(decided.entries) == 1
    assert again.entries == first.entries
    assert again.ticket_code == first.ticket_code
    assert isinstance(reused.refusal, Problem)
    assert reused.refusal.code == "request_id_reused"


def test_what_cannot_be_true_or_is_too_old_keeps_no_id() -> None:
    unborn = received(register(1, born=PartialDate(2027, 1, 1)))
    late = received(register(2), sent_at=in_bandung(23, 8))
    decided = decide(loaded(), [unborn, late], clinic_of)
    assert codes(decided) == ["invalid_request", "request_expired"]
    assert not any(each.remember for each in decided.decisions)


# --- what is tried with one medical record number -------------------------------------------------------


def test_mismatches_are_counted_until_nothing_more_is_told() -> None:
    held = HeldTicket("7K3F9QXM2T5R", "Siti Aminah", BORN)
    decided = decided_on(
        [register(1, "Budi Santoso"), register(1, "Ani"), register(1, "Siti Aminah"), register(2)],
        loaded(held=held, mismatches=4),
    )
    assert codes(decided) == ["medical_record_mismatch", "ask_at_desk", "ask_at_desk", None]
    assert decided.mismatches == {("RSHS", GIG.service_date, "1"): 5}
    assert all(each.remember for each in decided.decisions[:3])


def test_a_request_that_comes_again_is_one_mismatch() -> None:
    request = received(register(1, "Budi Santoso"))
    held = HeldTicket("7K3F9QXM2T5R", "Siti Aminah", BORN)
    decided = decide(loaded(held=held), [request, request, request], clinic_of)
    assert codes(decided) == ["medical_record_mismatch"] * 3
    assert decided.mismatches == {("RSHS", GIG.service_date, "1"): 1}


def test_registrations_are_used_up_by_tickets_that_are_held_no_more() -> None:
    first = decide(loaded(ended=2), [received(register(1))], clinic_of)
    assert codes(first) == [None]
    assert codes(decided_on([register(1), register(2)], loaded(ended=3))) == ["ask_at_desk", None]


def test_in_a_closed_clinic_what_was_tried_tells_nothing() -> None:
    state = loaded(at=in_bandung(23, 16), ended=3, mismatches=5)
    assert codes(decided_on([register(1), register(2)], state)) == ["clinic_closed"] * 2


def test_the_desk_is_bound_by_nothing_that_was_tried() -> None:
    at_desk = DeskRegister.model_construct(**dict(register(1)), priority=None)
    assert codes(decided_on([at_desk], loaded(ended=3, mismatches=5))) == [None]

    _, mismatched = decided_on([register(1, "Budi Santoso"), at_desk], loaded()).decisions
    assert isinstance(mismatched.refusal, partial)
    assert mismatched.refusal.func is problems.mismatch_at_desk
