"""What a patient reads when it does not work, and what a script can tell from it."""

import json
import uuid
from datetime import date
from pathlib import Path

import pytest

from tests.acceptance.command_line import Shell, register_words
from tests.acceptance.conftest import both_ways, nothing_personal_in
from tests.deployment import Deployment, Patient, personal_data_in
from tests.tcp_proxy import proxy_to
from tests.workers.requester import registration, requester


@both_ways
def test_a_clinic_that_is_closed(shell: Shell) -> None:
    words = register_words("RSCM", "JIW", Patient())

    problem = shell.antrean(*words, "--json").problem()
    sentence = shell.antrean(*words).sentence()

    assert problem["code"] == "clinic_closed"
    assert problem["next_opening"] == "2026-11-23T16:00:00+07:00"
    assert "Poli ini sedang tutup. Buka lagi" in sentence
    assert "16.00 WIB" in sentence
    assert shell.antrean("tickets", "--json").json == []


def test_a_quota_that_is_used_up(system: Deployment, shell: Shell) -> None:
    with requester(system) as others:
        for _ in range(18):
            assert others.call(registration("SAR", hospital="RSJL")).name == "ticket"
    words = register_words("RSJL", "SAR", Patient())

    problem = shell.antrean(*words, "--json").problem()
    sentence = shell.antrean(*words).sentence()

    assert problem["code"] == "quota_reached"
    assert problem["next_opening"].startswith("2026-11-24T08:00:00+09:00")
    assert "Kuota poli ini untuk hari ini sudah habis." in sentence
    assert "WIT" in sentence


@both_ways
def test_a_patient_who_has_a_ticket_and_took_it_here(shell: Shell) -> None:
    somebody = Patient()
    ticket = shell.register("RSHS", "THT", somebody)

    problem = shell.antrean(*register_words("RSHS", "THT", somebody), "--json").problem()

    assert problem["code"] == "already_registered"
    assert problem["ticket"]["ticket_code"] == ticket["ticket_code"]
    sentence = shell.antrean(*register_words("RSHS", "THT", somebody)).sentence()
    assert ticket["display_number"] in sentence
    assert ticket["ticket_code"] in sentence
    nothing_personal_in(shell)


@both_ways
def test_a_patient_who_has_a_ticket_and_took_it_elsewhere(shell: Shell) -> None:
    somebody = Patient()
    ticket = shell.register("RSHS", "THT", somebody)
    (Path(shell.variables["ANTREAN_DATA_DIR"]) / "tickets.json").unlink()

    problem = shell.antrean(*register_words("RSHS", "THT", somebody), "--json").problem()

    assert problem["code"] == "already_registered"
    assert problem["ticket"]["ticket_code"] is None
    assert shell.antrean("tickets", "--json").json == []
    done = shell.antrean(*register_words("RSHS", "THT", somebody))
    sentence = done.sentence()
    assert ticket["display_number"] in sentence
    assert "loket pendaftaran" in sentence
    assert ticket["ticket_code"] not in done.stdout + done.stderr
    nothing_personal_in(shell)


@both_ways
def test_somebody_with_another_patients_number(shell: Shell) -> None:
    somebody = Patient()
    ticket = shell.register("RSHS", "THT", somebody)
    stranger = Patient(somebody.medical_record_number)

    done = shell.antrean(*register_words("RSHS", "THT", stranger), "--json")

    assert done.problem()["code"] == "medical_record_mismatch"
    assert ticket["display_number"] not in done.stderr
    assert ticket["ticket_code"] not in done.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["clinics", "RSZZZ"], "hospital_not_found"),
        (register_words("RSZZZ", "GIG", Patient()), "hospital_not_found"),
        (register_words("RSHS", "ZZZ", Patient()), "clinic_not_found"),
        (["cancel", "7K3F-9QXM-2T5R"], "ticket_not_found"),
        (["watch", "7K3F-9QXM-2T5R"], "ticket_not_found"),
        (["status", "7K3F"], "invalid_request"),
        (["clinics", "RS-HS"], "invalid_request"),
        ([*register_words("RSHS", "GIG", Patient("!!"))], "invalid_request"),
        ([*register_words("RSHS", "GIG", Patient(name="12345"))], "invalid_request"),
        ([*register_words("RSHS", "GIG", Patient(name="Wulandari \u202eAminah"))], "invalid_request"),
        ([*register_words("RSHS", "GIG", Patient(name="Wulandari\nAminah"))], "invalid_request"),
        ([*register_words("RSHS", "GIG", Patient(name="Wulandari\x1b[2J"))], "invalid_request"),
        ([*register_words("RSHS", "GIG", Patient(name="Wulandari " * 4_000))], "message_too_large"),
        ([*register_words("RSHS", "GIG", Patient("12'; DROP TABLE tickets"))], "invalid_request"),
        ([*register_words("../../RSHS", "GIG", Patient())], "invalid_request"),
        ([*register_words("RSHS", "#", Patient())], "invalid_request"),
        ([*register_words("RSHS", "GIG", Patient(date_of_birth=date(2026, 11, 24)))], "invalid_request"),
        (["status", "7K3F-9QXM-2T5R' OR '1'='1"], "invalid_request"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
@both_ways
def test_what_is_not_there_or_not_right(shell: Shell, words: list[str], code: str) -> None:
    done = shell.antrean(*words, "--json")

    assert done.problem()["code"] == code
    assert not personal_data_in(done.stderr)
    assert shell.antrean("tickets", "--json").json == []


@pytest.mark.parametrize(
    "name", ["Wulandari O'Brien", "Wulandari'); DROP TABLE tickets; --", "$(id) `id` \\ é"]
)
def test_a_name_is_plain_text(shell: Shell, name: str) -> None:
    assert shell.register("RSHS", "GIG", Patient(name=name))["status"] == "waiting"


@both_ways
def test_a_status_of_no_ticket(shell: Shell) -> None:
    done = shell.antrean("status", "7K3F-9QXM-2T5R", "--json")

    assert (done.exit_code, json.loads(done.stdout)) == (1, [])
    assert json.loads(done.stderr)["code"] == "ticket_not_found"


def test_the_fields_to_correct_are_named_in_the_patients_language(shell: Shell) -> None:
    words = register_words("RSHS", "GIG", Patient("!!", name="12345"))

    assert "Nomor rekam medis" in shell.antrean(*words).sentence()
    assert "Medical record number" in shell.antrean(*words, "--lang", "en").sentence()


@pytest.mark.parametrize(
    "words",
    [
        ["register", "RSHS", "GIG", "--mrn", "1", "--name", "Siti"],
        ["register", "RSHS", "GIG", "--mrn", "1", "--name", "Siti", "--dob", "31-02-1990"],
        ["fly"],
    ],
    ids=["missing", "no such day", "no such command"],
)
def test_bad_arguments(shell: Shell, words: list[str]) -> None:
    assert shell.antrean(*words, "--json").problem(2)["code"] == "invalid_request"
    assert len(shell.antrean(*words).sentence(2).splitlines()) == 1


def test_settings_that_cannot_be_used(shell: Shell) -> None:
    done = shell.antrean("hospitals", ANTREAN_REPLY_TIMEOUT_SECONDS="soon")

    assert "ANTREAN_REPLY_TIMEOUT_SECONDS" in done.sentence(2)


def test_no_broker(shell: Shell) -> None:
    with proxy_to("amqp://127.0.0.1:1/") as nobody:
        nobody.refuse()
        url = nobody.url("amqp://patient:geheim@127.0.0.1/")
        done = shell.antrean("hospitals", ANTREAN_AMQP_URL=url)
        as_json = shell.antrean("hospitals", "--json", ANTREAN_AMQP_URL=url)

    assert "geheim" not in done.sentence(69)
    assert as_json.problem(69)["code"] == "temporarily_unavailable"


def test_no_broker_known(shell: Shell) -> None:
    assert "make up" in shell.antrean("hospitals", ANTREAN_AMQP_URL="").sentence(69)


@both_ways
def test_an_id_belongs_to_one_registration(shell: Shell) -> None:
    request_id = str(uuid.uuid4())
    words = register_words("RSHS", "GIG", Patient())
    first = shell.antrean(*words, "--request-id", request_id, "--json").json
    shell.ticket_codes.add(first["ticket_code"])

    again = shell.antrean(*words, "--request-id", request_id, "--json").json
    other = shell.antrean(*register_words("RSHS", "GIG", Patient()), "--request-id", request_id, "--json")

    assert again["ticket_code"] == first["ticket_code"]
    assert other.problem()["code"] == "request_id_reused"
    assert json.loads(other.stderr)["title"] == "Request id reused"
