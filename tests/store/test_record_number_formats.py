"""Hospitals that write their medical record numbers in one way: on both databases."""

from typing import Any

import pytest
from sqlalchemy import Engine

from admin_cli.database.catalog_changes import apply_catalog
from admin_cli.database.registry_changes import record_number_format
from admin_cli.registry_errors import NoSuchHospital
from common.domain.record_numbers import RecordNumberFormat
from common.domain.refusals import NotPermittedReason
from common.messages.message import encode_reply
from common.messages.problems import Problem, ProblemCode, ShownRecordNumberFormat
from common.storage.catalog import CatalogCache
from common.storage.engine import snapshot
from tests.builders import catalog, clinic_table, hospital_table, patient, registration
from tests.store.desks import at_the_counter, does, is_whole, refusal
from tests.store.test_registry import KEY, know, with_key
from tests.store.workers import Workers, ticket_rows, workers_of

CLINICS = [clinic_table(code, mode="desk") for code in ("GIG", "MAT")]
EIGHT_DIGITS = {"length": 8, "padded": True}


def of_rshs(form: dict[str, Any] | None, **other: Any) -> dict[str, Any]:
    given: dict[str, Any] = {} if form is None else {"record_number_format": form}
    return hospital_table("RSHS", *CLINICS, **given, **other)


@pytest.fixture
def workers(engine: Engine) -> Workers:
    """RSHS's record numbers have eight digits; RSUD's are of any form."""
    return workers_of(engine, of_rshs(EIGHT_DIGITS), hospital_table("RSUD", *CLINICS))


def numbered(number: str, who: int = 1) -> dict[str, Any]:
    return {**patient(who), "medical_record_number": number}


def test_2_and_00000002_are_one_number(workers: Workers) -> None:
    workers.register(numbered("2"))
    for same in ("2", "00000002", "00-00-00-02", "000000000002"):
        again = workers.refusal(registration(numbered(same)))
        assert again.code is ProblemCode.ALREADY_REGISTERED
    assert [row["medical_record_number"] for row in ticket_rows(workers.engine)] == ["00000002"]
    batch = [registration(numbered(number, 2)) for number in ("31", "0031")]
    first, second = (each.reply for each in workers.registrar.handle(batch))
    assert not isinstance(first, Problem)
    assert isinstance(second, Problem)
    is_whole(workers)


def test_elsewhere_they_are_two(workers: Workers) -> None:
    workers.register(numbered("2"), "RSUD")
    assert workers.register(numbered("00000002"), "RSUD").number == 2


@pytest.mark.parametrize("wrong", ["123456789", "RM000002", "A"])
def test_what_does_not_fit_is_refused_with_the_format(workers: Workers, wrong: str) -> None:
    refused = workers.refusal(registration(numbered(wrong)))
    assert refused.code is ProblemCode.INVALID_REQUEST
    [error] = refused.errors
    assert error.field == "medical_record_number"
    assert error.message == (
        "the hospital's medical record numbers have 8 digits; zeros in front may be left out"
    )
    assert refused.record_number_format == ShownRecordNumberFormat(length=8, letters=False, padded=True)
    assert wrong.encode() not in encode_reply(refused)
    workers.register(1)
    at_desk = refusal(workers, "correct", number=1, medical_record_number=wrong)
    assert at_desk.errors == refused.errors


def test_a_correction_is_of_the_number_as_the_hospital_writes_it(workers: Workers) -> None:
    workers.register(1)
    at_the_counter(workers, patient(2))
    refused = refusal(workers, "correct", number=1, medical_record_number="2")
    assert refused.reason is NotPermittedReason.HOLDS_ANOTHER
    assert refusal(workers, "correct", number=1, medical_record_number="1").code is not None
    does(workers, "correct", number=1, medical_record_number="77")
    assert [row["medical_record_number"] for row in ticket_rows(workers.engine)] == ["00000077", "00000002"]
    is_whole(workers)


def test_mismatches_are_counted_of_one_number(workers: Workers) -> None:
    workers.register(numbered("7"))
    for zeros in range(5):
        wrong = {**numbered("0" * zeros + "7"), "name": "Orang Lain"}
        assert workers.refusal(registration(wrong)).code is ProblemCode.MEDICAL_RECORD_MISMATCH
    assert workers.refusal(registration(numbered("00000007"))).code is ProblemCode.ASK_AT_DESK


def test_a_registry_is_asked_in_the_same_form(engine: Engine) -> None:
    workers = with_key(workers_of(engine, of_rshs(EIGHT_DIGITS, identity="registry")), KEY)
    know(workers, numbered("00000002"))
    assert workers.register(numbered("2")).number == 1
    newcomer = workers.refusal(registration(numbered("3")))
    assert newcomer.code is ProblemCode.MEDICAL_RECORD_MISMATCH


def test_a_format_counts_from_when_it_is_applied(engine: Engine) -> None:
    """Tickets that were taken before keep their numbers as they were given."""
    workers = workers_of(engine, of_rshs(None))
    workers.register(numbered("2"))
    workers.register(numbered("00000003", 3))
    apply_catalog(engine, catalog(of_rshs(EIGHT_DIGITS)), workers.clock.now())
    assert workers.refusal(registration(numbered("3", 3))).code is ProblemCode.ALREADY_REGISTERED
    assert workers.register(numbered("2")).number == 3
    # The desk makes them one: the second is given up, and the first gets the number as it is written now.
    refused = refusal(workers, "correct", number=1, medical_record_number="2")
    assert refused.reason is NotPermittedReason.HOLDS_ANOTHER
    does(workers, "desk_cancel", number=3, reason="duplicate")
    does(workers, "correct", number=1, medical_record_number="2")
    assert workers.refusal(registration(numbered("2"))).code is ProblemCode.ALREADY_REGISTERED
    apply_catalog(engine, catalog(of_rshs(None)), workers.clock.now())
    assert workers.register(numbered("4711", 5)).number == 4
    is_whole(workers)


def test_the_catalog_keeps_the_format(engine: Engine) -> None:
    workers = workers_of(engine, of_rshs({"length": 6, "letters": True}), hospital_table("RSUD", *CLINICS))
    with snapshot(engine) as connection:
        known = CatalogCache()
        known.refresh(connection)
    hospitals = {each.code: each for each in known.hospitals()}
    assert hospitals["RSHS"].record_number_format == RecordNumberFormat(6, letters=True, padded=False)
    assert hospitals["RSUD"].record_number_format is None
    assert record_number_format(engine, "RSHS") == RecordNumberFormat(6, letters=True)
    assert record_number_format(engine, "RSUD") is None
    with pytest.raises(NoSuchHospital):
        record_number_format(engine, "TIADA")
    same = of_rshs({"length": 6, "letters": True}), hospital_table("RSUD", *CLINICS)
    assert not apply_catalog(engine, catalog(*same), workers.clock.now()).changes
