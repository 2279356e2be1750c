"""Hospitals that register only whom they know: on both databases."""

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from structlog.testing import capture_logs

from admin_cli.database.catalog_changes import apply_catalog
from admin_cli.database.registry_changes import (
    add_patients,
    begin_filling,
    end_filling,
    remove_patients,
)
from common.domain.lanes import Lane
from common.domain.partial_dates import PartialDate
from common.messages.message import encode_reply
from common.messages.problems import Problem, ProblemCode
from common.messaging.delivery import Delivery
from common.registry_key import RegistryKey
from common.storage.catalog import CatalogCache
from common.storage.tables import mismatches
from registrar_worker.handler import RegistrarHandler
from tests.builders import catalog, clinic_table, desk_request, hospital_table, patient, registration
from tests.store.desks import at_the_counter, does, is_whole, sees
from tests.store.statements import noticed
from tests.store.workers import ReadByClients, Workers, a_problem, a_ticket, ticket_rows, workers_of

KEY = RegistryKey("k" * 32)
KNOWN, UNKNOWN = 1, 2
ELDERLY = {"medical_record_number": "E1", "name": "Siti Aminah", "date_of_birth": "1950-01-31"}
CLINICS = [clinic_table(code, mode="desk") for code in ("GIG", "MAT")]


def with_key(workers: Workers, key: RegistryKey | None) -> Workers:
    """The same workers, with a registrar that has just started with this key."""
    handler = RegistrarHandler(workers.engine, CatalogCache(), workers.clock, key)
    return replace(workers, registrar=ReadByClients(handler))


def know(workers: Workers, *people: dict[str, Any], key: RegistryKey = KEY) -> None:
    """Imports these patients, in the place of all others."""
    now = workers.clock.now()
    filling = begin_filling(workers.engine, "RSHS", key, now, replace=True)
    people_s = [(each["medical_record_number"], PartialDate.parse(each["date_of_birth"])) for each in people]
    add_patients(workers.engine, filling, [key.kept("RSHS", *each) for each in people_s])
    end_filling(workers.engine, filling, now)


@pytest.fixture
def workers(engine: Engine) -> Workers:
    """The registry of RSHS knows one patient, and an elderly one; RSUD registers everybody."""
    hospitals = hospital_table("RSHS", *CLINICS, identity="registry"), hospital_table("RSUD", *CLINICS)
    workers = with_key(workers_of(engine, *hospitals), KEY)
    know(workers, patient(KNOWN), ELDERLY)
    return workers


def answered(workers: Workers, request: Delivery) -> ProblemCode | str:
    reply = workers.outcome(request).reply
    return reply.code if isinstance(reply, Problem) else "ticket"


def test_who_is_known_gets_a_ticket_and_nobody_else(workers: Workers) -> None:
    assert workers.register(KNOWN).number == 1
    refused = workers.outcome(registration(UNKNOWN))
    assert a_problem(refused).code is ProblemCode.MEDICAL_RECORD_MISMATCH
    assert refused.events == []
    assert workers.register(UNKNOWN, "RSUD").number == 1
    assert at_the_counter(workers, patient(UNKNOWN)).number == 2
    is_whole(workers)


def test_the_record_number_alone_and_another_date_of_birth_are_not_known(workers: Workers) -> None:
    wrong = {**patient(KNOWN), "date_of_birth": patient(UNKNOWN)["date_of_birth"]}
    assert answered(workers, registration(wrong)) is ProblemCode.MEDICAL_RECORD_MISMATCH
    assert answered(workers, registration(KNOWN)) == "ticket"


def test_who_is_unknown_is_answered_as_somebody_else_with_a_held_number(workers: Workers) -> None:
    """Neither tells whether the number is in the registry, nor whether a ticket is held."""
    workers.register(KNOWN)
    unknown = workers.refusal(registration(UNKNOWN))
    held = workers.refusal(registration({**patient(KNOWN), "name": "Orang Lain"}))
    held_and_unknown = workers.refusal(registration({**patient(KNOWN), "date_of_birth": "1971-05-06"}))
    assert encode_reply(unknown) == encode_reply(held) == encode_reply(held_and_unknown)


def test_a_stranger_takes_nobody_s_place_by_the_record_number(workers: Workers) -> None:
    stranger = {**patient(KNOWN), "name": "Orang Lain", "date_of_birth": "1971-05-06"}
    assert answered(workers, registration(stranger)) is ProblemCode.MEDICAL_RECORD_MISMATCH
    assert workers.register(KNOWN).number == 1


def test_trying_dates_of_birth_ends_at_the_desk(workers: Workers) -> None:
    """For everybody with that number, whoever it is; in one batch as one by one, and once for one request."""
    guesses = [
        registration(
            {**patient(KNOWN), "date_of_birth": (date(1960, 1, 1) + timedelta(days=day)).isoformat()}
        )
        for day in range(7)
    ]
    outcomes = workers.registrar.handle(guesses[:3]) + workers.registrar.handle(guesses[:3])
    outcomes += workers.registrar.handle(guesses[3:])
    codes = [a_problem(each).code for each in outcomes]
    assert codes == [ProblemCode.MEDICAL_RECORD_MISMATCH] * 8 + [ProblemCode.ASK_AT_DESK] * 2
    assert answered(workers, registration(KNOWN)) is ProblemCode.ASK_AT_DESK
    assert at_the_counter(workers, patient(KNOWN)).number == 1
    with workers.engine.connect() as connection:
        assert connection.execute(select(mismatches.c.times)).scalars().all() == [5]


def test_closed_and_full_come_before_the_registry(workers: Workers) -> None:
    workers.clock.set("20:00")
    assert answered(workers, registration(UNKNOWN)) is ProblemCode.CLINIC_CLOSED


def test_a_refusal_is_the_same_when_it_comes_again(workers: Workers) -> None:
    request = registration(UNKNOWN)
    assert answered(workers, request) is ProblemCode.MEDICAL_RECORD_MISMATCH
    know(workers, patient(UNKNOWN))
    assert answered(workers, request) is ProblemCode.MEDICAL_RECORD_MISMATCH
    assert answered(workers, registration(UNKNOWN)) == "ticket"


def test_who_is_removed_is_not_known_any_more(workers: Workers) -> None:
    remove_patients(workers.engine, "RSHS", KEY, [KEY.number_digest("RSHS", f"{KNOWN:08d}")])
    assert answered(workers, registration(KNOWN)) is ProblemCode.MEDICAL_RECORD_MISMATCH


# --- the registry cannot be asked -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "reason"), [(None, "no key"), (RegistryKey("o" * 32), "made with another key")]
)
def test_without_the_right_key_nobody_is_registered_but_at_the_desk(
    workers: Workers, key: RegistryKey | None, reason: str
) -> None:
    request = registration(KNOWN)
    with capture_logs() as logs:
        blind = with_key(workers, key)
        for _ in range(2):
            assert answered(blind, request) is ProblemCode.ASK_AT_DESK
            assert answered(blind, registration(UNKNOWN)) is ProblemCode.ASK_AT_DESK
    told = [(log["log_level"], log["event"], log["hospital"], log["reason"]) for log in logs]
    assert told == [("error", "registry unusable", "RSHS", reason)]
    assert patient(KNOWN)["medical_record_number"] not in json.dumps(logs)
    assert blind.register(3, "RSUD").number == 1
    assert at_the_counter(blind, patient(3)).number == 1
    # Nothing was counted or kept: as soon as the key is there, the same request gets its ticket.
    assert answered(with_key(workers, KEY), request) == "ticket"
    is_whole(workers)


def test_a_registrar_says_at_its_start_which_registries_it_cannot_ask(workers: Workers) -> None:
    with capture_logs() as logs:
        for key in (None, KEY):
            RegistrarHandler(workers.engine, CatalogCache(), workers.clock, key).look_at_registries()
    assert [(log["event"], log["hospital"]) for log in logs] == [("registry unusable", "RSHS")]


def test_a_registry_that_was_never_imported_to_its_end_sends_to_the_desk(engine: Engine) -> None:
    workers = with_key(workers_of(engine, hospital_table(identity="registry")), KEY)
    born = PartialDate.parse(patient(KNOWN)["date_of_birth"])
    kept = KEY.kept("RSHS", f"{KNOWN:08d}", born)
    with capture_logs() as logs:
        assert answered(workers, registration(KNOWN)) is ProblemCode.ASK_AT_DESK
        filling = begin_filling(engine, "RSHS", KEY, workers.clock.now(), replace=False)
        add_patients(engine, filling, [kept])
        assert answered(workers, registration(KNOWN)) is ProblemCode.ASK_AT_DESK
        end_filling(engine, filling, workers.clock.now())
        assert answered(workers, registration(KNOWN)) == "ticket"
    assert [log["event"] for log in logs] == ["registry unusable", "registry usable"]


# --- the catalog ----------------------------------------------------------------------------------------


def test_who_may_register_changes_with_the_catalog(workers: Workers) -> None:
    """In the registrar's cache, too, and in the transaction that finds the change."""
    assert answered(workers, registration(UNKNOWN)) is ProblemCode.MEDICAL_RECORD_MISMATCH
    for identity, expected in (("open", "ticket"), ("registry", ProblemCode.MEDICAL_RECORD_MISMATCH)):
        hospitals = hospital_table("RSHS", *CLINICS, identity=identity), hospital_table("RSUD")
        apply_catalog(workers.engine, catalog(*hospitals), workers.clock.now())
        assert answered(workers, registration(UNKNOWN, clinic="MAT")) == expected
        workers.clock.forward(days=1)


# --- priority by age ------------------------------------------------------------------------------------


def test_who_is_known_has_priority_by_age(workers: Workers) -> None:
    assert workers.register(ELDERLY).lane is Lane.PRIORITY
    there = does(workers, "transfer", number=1, to_clinic="MAT").new_ticket
    assert there is not None
    assert there.lane is Lane.PRIORITY
    assert [each.number for each in sees(workers, "MAT").waiting] == [1]
    assert {row["date_of_birth_confirmed"] for row in ticket_rows(workers.engine)} == {True}


# --- what it costs --------------------------------------------------------------------------------------


def test_the_registry_costs_a_batch_one_statement(workers: Workers) -> None:
    def statements(requests: list[Delivery]) -> list[str]:
        found: list[str] = []
        with noticed(workers.engine, found.append):
            workers.registrar.handle(requests)
        return found

    everybody = [patient(number) for number in range(1_000, 1_200)]
    know(workers, *everybody)
    workers.register(1_000)
    statements([registration(1_000, "RSUD")])
    of_one = statements([registration(1_001)])
    of_many = statements([registration(number) for number in range(1_002, 1_100)])
    assert len(of_one) == len(of_many)
    asked = [each for each in of_one if "registered_patients" in each]
    assert len(asked) == 1
    open_for_all = statements([registration(1_150, "RSUD")])
    assert not [each for each in open_for_all if "registered_patients" in each]
    assert len(of_one) == len(open_for_all) + 1


def test_many_of_each_kind_in_one_batch_are_answered_as_one_by_one(workers: Workers) -> None:
    know(workers, *(patient(number) for number in range(10)))
    requests = [registration(number) for number in range(20)]
    requests += [desk_request("desk_register", **patient(number)) for number in range(15, 18)]
    outcomes = workers.registrar.handle(requests)
    assert [a_ticket(each).number for each in outcomes[:10]] == [*range(1, 11)]
    assert {a_problem(each).code for each in outcomes[10:20]} == {ProblemCode.MEDICAL_RECORD_MISMATCH}
    assert [a_ticket(each).number for each in outcomes[20:]] == [11, 12, 13]
    is_whole(workers)
