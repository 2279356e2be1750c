"""Bad contents of a request get their documented reply, and affect no other request."""

import json
import unicodedata
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, select

from common.messages.limits import BODY_BYTES_MAX
from common.storage.tables import tickets
from tests.broker import RunningBroker
from tests.database import opened
from tests.deployment import (
    CLINICS,
    CLOSED_CLINIC,
    SMALL_CLINIC,
    SMALL_QUOTA,
    Deployment,
    Patient,
    personal_data_in,
)
from tests.workers.bad_bodies import (
    BODIES,
    NO_OBJECTS,
    PLAIN_NAMES,
    STRANGE_VALUES,
    body,
    look_ups_of,
)
from tests.workers.bad_messages import LOOK_UPS
from tests.workers.requester import Message, Requester, message, registration, requester
from tests.workers.surviving_workers import surviving_workers, written


@pytest.fixture(scope="module")
def deployment(
    broker: RunningBroker, module_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """Workers that must survive."""
    with surviving_workers(broker, module_database_url, tmp_path_factory.mktemp("bad-input")) as deployment:
        yield deployment


@pytest.fixture(scope="module")
def patient(deployment: Deployment) -> Iterator[Requester]:
    """One patient's connection for all tests: it must survive every request."""
    with requester(deployment) as connected_requester:
        yield connected_requester


@pytest.fixture(scope="module")
def engine(deployment: Deployment) -> Iterator[Engine]:
    """The workers' database."""
    with opened(deployment.database_url) as engine:
        yield engine


@pytest.fixture
def _nothing_written(engine: Engine) -> Iterator[None]:
    """The test leaves no ticket and no change behind."""
    before = written(engine)
    yield
    assert written(engine) == before


def cancellation(ticket_code: Any, **properties: Any) -> Message:
    """A request to cancel a ticket."""
    return message("cancel", {"ticket_code": ticket_code}, **properties)


# --- what is no request -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("_nothing_written")
@pytest.mark.parametrize("sent", BODIES.values(), ids=BODIES)
def test_a_body_that_is_no_registration_is_refused(patient: Requester, sent: bytes) -> None:
    answer = patient.call(message("register", sent))

    assert answer.code == "invalid_request"
    assert answer.body["detail"]
    assert not personal_data_in(json.dumps(answer.body))


@pytest.mark.usefixtures("_nothing_written")
@pytest.mark.parametrize("name", look_ups_of(None))
def test_no_other_request_takes_what_is_no_object(patient: Requester, name: str) -> None:
    requests = [message(name, sent) for sent in NO_OBJECTS.values()]
    for request in requests:
        patient.send(request)

    answers = [patient.replies_to(request)[0] for request in requests]

    assert {answer.code for answer in answers} == {"invalid_request"}


@pytest.mark.usefixtures("_nothing_written")
@pytest.mark.parametrize("name", look_ups_of(None))
def test_no_other_request_takes_a_strange_value(patient: Requester, name: str) -> None:
    requests = [message(name, look_ups_of(value)[name]) for value in STRANGE_VALUES]
    for request in requests:
        patient.send(request)
    answers = [patient.replies_to(request)[0] for request in requests]

    assert {answer.code for answer in answers} == {"invalid_request"}
    assert not personal_data_in(json.dumps([answer.body for answer in answers]))


def test_the_fields_to_correct_are_named_and_what_stood_in_them_is_not(patient: Requester) -> None:
    wrong = body(name="Wulandari\x07", date_of_birth="1953-07-99", Wulandari="RM0123456789AB")

    answer = patient.call(message("register", wrong))

    assert {error["field"] for error in answer.body["errors"]} == {"name", "date_of_birth", ""}
    assert "Wulandari" not in json.dumps(answer.body)
    assert "1953" not in json.dumps(answer.body)


@pytest.mark.usefixtures("_nothing_written")
def test_a_body_too_large_is_refused_unread(patient: Requester) -> None:
    answer = patient.call(message("register", b" " * BODY_BYTES_MAX + body()))

    assert answer.code == "message_too_large"


# --- what only looks bad ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PLAIN_NAMES.values(), ids=PLAIN_NAMES)
def test_a_name_is_plain_text(engine: Engine, patient: Requester, name: str) -> None:
    somebody = Patient(name=name)

    ticket = patient.call(registration(CLINICS[0], somebody)).body

    with engine.connect() as connection:
        query = select(tickets.c.patient_name).where(tickets.c.number == ticket["number"])
        stored = connection.scalar(query.where(tickets.c.clinic == CLINICS[0]))
    assert stored == name
    assert patient.call(registration(CLINICS[0], somebody)).code == "already_registered"


@pytest.mark.parametrize(
    "written_again",
    [
        unicodedata.normalize("NFD", "Wulandari Andr\u00e9 \u1e68"),
        unicodedata.normalize("NFC", "Wulandari Andr\u00e9 \u1e68"),
        "Wulandari Andre\u0301 S\u0307\u0323",  # the marks in the other order
        "  wulandari\u3000ANDR\u00c9\u2028\u1e69 ",
    ],
    ids=["decomposed", "composed", "marks the other way round", "other letters and spaces"],
)
def test_one_name_in_several_forms_is_one_patient(patient: Requester, written_again: str) -> None:
    somebody = Patient(name="Wulandari Andr\u00e9 \u1e68")
    ticket = patient.call(registration(CLINICS[1], somebody)).body
    same = Patient(somebody.medical_record_number.lower(), written_again, somebody.date_of_birth)

    again = patient.call(registration(CLINICS[1], same))

    assert again.code == "already_registered"
    assert again.body["ticket"]["number"] == ticket["number"]
    assert again.body["ticket"]["ticket_code"] is None


def test_one_registration_in_several_forms_is_one_request(patient: Requester) -> None:
    request_id, number = str(uuid.uuid4()), Patient().medical_record_number
    forms = [
        Patient(number, unicodedata.normalize("NFC", "Wulandari \u00d1")),
        Patient(f"{number[:4]}-{number[4:]}".lower(), unicodedata.normalize("NFD", " Wulandari  \u00d1")),
    ]

    first, second = (patient.call(registration(CLINICS[2], each, message_id=request_id)) for each in forms)

    assert first.name == second.name == "ticket"
    assert first.body["ticket_code"] == second.body["ticket_code"]


@pytest.mark.parametrize("written_again", ["Wulan\u0434ari", "Wul\u0430ndari", "Wuland\u03b1ri"])
def test_a_name_that_only_looks_alike_is_another(patient: Requester, written_again: str) -> None:
    somebody = Patient(name="Wulandari")
    assert patient.call(registration(CLINICS[3], somebody)).name == "ticket"

    other = patient.call(registration(CLINICS[3], Patient(somebody.medical_record_number, written_again)))

    assert other.code == "medical_record_mismatch"
    assert "ticket" not in other.body


# --- what is not there, and what is not allowed -----------------------------------------------------------


@pytest.mark.usefixtures("_nothing_written")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"hospital": "RSZZZ"}, "hospital_not_found"),
        ({"clinic": "ZZZ"}, "clinic_not_found"),
        ({"clinic": CLOSED_CLINIC}, "clinic_closed"),
    ],
)
def test_a_registration_where_there_is_none(patient: Requester, changes: dict[str, str], code: str) -> None:
    assert patient.call(message("register", body(**changes))).code == code


def test_a_registration_past_the_quota(patient: Requester) -> None:
    for _ in range(SMALL_QUOTA):
        assert patient.call(registration(SMALL_CLINIC)).name == "ticket"

    refused = patient.call(registration(SMALL_CLINIC))

    assert refused.code == "quota_reached"
    assert refused.body["next_opening"] == "2026-11-24T00:00:00+07:00"


def test_another_request_with_an_id_that_was_used(patient: Requester) -> None:
    request_id, clinic = str(uuid.uuid4()), CLINICS[5]
    ticket = patient.call(registration(clinic, message_id=request_id)).body

    other_patient = patient.call(registration(clinic, message_id=request_id))
    other_request = patient.call(cancellation(ticket["ticket_code"], message_id=request_id))
    other_form = patient.call(registration(clinic, message_id=request_id.upper()))

    assert [each.code for each in (other_patient, other_request, other_form)] == ["request_id_reused"] * 3


def test_another_request_with_the_id_of_a_refused_one(patient: Requester) -> None:
    request_id = str(uuid.uuid4())
    assert patient.call(registration(CLOSED_CLINIC, message_id=request_id)).code == "clinic_closed"

    assert patient.call(registration(CLINICS[5], message_id=request_id)).code == "request_id_reused"


def test_a_patient_who_is_in_the_queue_already(patient: Requester) -> None:
    somebody, clinic = Patient(), CLINICS[6]
    ticket = patient.call(registration(clinic, somebody)).body

    again = patient.call(registration(clinic, somebody))
    other = Patient(somebody.medical_record_number)
    stranger = patient.call(registration(clinic, other))

    assert again.code == "already_registered"
    assert again.body["ticket"]["number"] == ticket["number"]
    assert again.body["ticket"]["ticket_code"] is None
    assert stranger.code == "medical_record_mismatch"
    assert "ticket" not in stranger.body
    assert ticket["display_number"] not in json.dumps(stranger.body)


def test_a_cancellation_of_no_ticket(patient: Requester) -> None:
    assert patient.call(cancellation("7K3F-9QXM-2T5R")).code == "ticket_not_found"


def test_a_cancellation_of_a_cancelled_ticket(patient: Requester) -> None:
    ticket = patient.call(registration(CLINICS[7])).body
    assert patient.call(cancellation(ticket["ticket_code"])).body["status"] == "cancelled"

    assert patient.call(cancellation(ticket["ticket_code"])).code == "not_cancellable"


@pytest.mark.parametrize(("name", "asked", "code"), LOOK_UPS.values(), ids=LOOK_UPS)
def test_a_look_up_of_nothing(patient: Requester, name: str, asked: dict[str, Any], code: str) -> None:
    assert patient.call(message(name, asked)).code == code


# --- all of it together -------------------------------------------------------------------------------------


def test_every_kind_of_it_at_once_among_good_requests(
    deployment: Deployment, engine: Engine, patient: Requester
) -> None:
    bad = [message("register", sent) for sent in BODIES.values()]
    bad += [message("register", body(), type=name) for name in (None, "registr", b"\xff")]
    bad += [message("register", body(), message_id=name) for name in (None, "1", b"\xff")]
    bad += [message("register", sent, reply_to=None) for sent in BODIES.values()]
    bad += [message(name, asked) for name, asked, _ in LOOK_UPS.values()]
    good = [registration(CLINICS[8]) for _ in range(20)]
    given_out, caused = written(engine)

    for request in [*good[:10], *bad, *good[10:]]:
        patient.send(request)
    numbers = {patient.call_until_answered(request).body["number"] for request in good}

    assert numbers == set(range(1, 21))
    assert written(engine) == (given_out + len(good), caused + len(good))
    assert [program.exit_code for program in deployment.programs] == [None] * 3
