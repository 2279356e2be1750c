"""`antrean-admin dead-letters` with a real broker: listing loses nothing and hides personal data,
and a request that is sent again is carried out once."""

import base64
import json
import os
import signal
import sys
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pika
import pytest

from common.messaging.topology import (
    DEAD_QUEUE,
    REGISTRAR_QUEUE,
)
from tests.broker import RunningBroker
from tests.deployment import (
    HOSPITAL,
    MONDAY_MORNING,
    Deployment,
    Patient,
    deployed,
    full_queue,
    personal_data_in,
)
from tests.hostile_text import obeyed_in
from tests.processes import Program, eventually
from tests.workers.admin import Admin, Ended
from tests.workers.bad_messages import HEADERS, RawHeaders
from tests.workers.dead_letters import CLINIC, SENT, dead_letter, listed, plant, x_death
from tests.workers.proxied_registrars import ticket_numbers
from tests.workers.requester import Message, registration, requester

NOBODY = "amqp://nobody:nothing@127.0.0.1:1/"
Run = Callable[..., Ended]


@pytest.fixture
def deployment(broker: RunningBroker, sqlite_url: str, tmp_path: Path) -> Iterator[Deployment]:
    """A deployment with no worker yet."""
    with deployed(broker, sqlite_url, tmp_path) as deployment:
        yield deployment


@pytest.fixture
def admin(deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `antrean-admin dead-letters`."""
    return partial(Admin(deployment, monkeypatch, capsys), "dead-letters")


# --- looking ----------------------------------------------------------------------------------------------


def test_nothing_personal_is_shown_and_nothing_is_lost_by_looking(
    broker: RunningBroker, deployment: Deployment, admin: Run
) -> None:
    if not broker.has_policies:
        pytest.skip("without a policy RabbitMQ 4 drops what was looked at 20 times")
    patient = Patient()
    about = f"{patient.name} {patient.medical_record_number} {patient.date_of_birth}\x1b[31m\u202e"
    known: dict[str, Any] = {"message_id": str(uuid.uuid4()), "timestamp": SENT}
    plant(
        deployment,
        dead_letter(),
        dead_letter(type=about, content_type=about, correlation_id=about, app_id=about),
        dead_letter(message_id=about),
        dead_letter(headers={"x-antrean-reason": about, about: about}),
        dead_letter(headers={"x-antrean-reason": "KeyError in the handler"}),
        dead_letter(headers={"x-death": [{"queue": about, "reason": about, "time": about}]}),
        dead_letter(headers={"x-death": about, "x-first-death-reason": about}),
        dead_letter(headers={"x-death": [x_death(REGISTRAR_QUEUE)], "x-first-death-queue": about}),
        dead_letter(body=about.encode(), **known),
        dead_letter(body=b"\xff\xfe\x00" + about.encode(), **known),
    )

    first = listed(admin)
    shown = admin("list").out + "".join(admin("show", each["id"]).out for each in first)
    shown += json.dumps(first) + "".join(admin("show", each["id"], "--json").out for each in first)

    assert len({each["id"] for each in first}) == 10
    assert personal_data_in(shown) == []
    assert not obeyed_in(shown)
    assert "KeyError in the handler" in shown
    assert [each["id"] for each in listed(admin)] == [each["id"] for each in first], "in the same order"
    assert deployment.ready(DEAD_QUEUE) == 10


def test_hostile_headers_hide_no_dead_letter(deployment: Deployment, admin: Run) -> None:
    good = dead_letter()
    hostile: list[pika.BasicProperties] = []
    for table in (*HEADERS.values(), None):
        properties = {"type": "register", "message_id": str(uuid.uuid4()), "timestamp": SENT}
        headers = {"x": "x" * 3_500}
        hostile.append(
            RawHeaders(table, **properties) if table else pika.BasicProperties(headers=headers, **properties)
        )
    plant(deployment, *(Message(good.body, each, "register") for each in hostile), good)

    *found, last = listed(admin)

    assert [each["request_id"] for each in found] == [each.message_id for each in hostile]
    assert last["request_id"] == good.properties.message_id
    for each in found:
        assert admin("show", each["id"], "--reveal").exit_code == 0
        assert admin("drop", each["id"], "--yes").out == "Dropped: 1.\n"
    assert listed(admin) == [last]


def test_all_is_revealed_when_asked_and_nothing_of_it_raw(deployment: Deployment, admin: Run) -> None:
    patient = Patient()
    body = json.dumps(patient.body(HOSPITAL, CLINIC)).encode() + "\x1b[2J\r\u202e\u200b\x9b".encode()
    binary = b"\xff\xfe" + body
    headers = {"x-death": [x_death(REGISTRAR_QUEUE)], "x\x1b]0;": "\x1b[31m"}
    plant(deployment, dead_letter(body=body, headers=headers), dead_letter(body=binary))
    text, other = listed(admin)

    shown = admin("show", text["id"], "--reveal").out
    as_json = admin("show", text["id"], "--reveal", "--json").out
    shown_binary = admin("show", other["id"], "--reveal").out

    for each in (shown, as_json, shown_binary):
        assert set(personal_data_in(each)) == {
            *patient.name.split()[:1],
            patient.medical_record_number,
            patient.date_of_birth.isoformat(),
        }
        assert not obeyed_in(each)
    assert r"\x1b[2J\r\u202e\u200b\x9b" in shown
    assert json.loads(as_json)["body"].encode() == body
    assert r"\xff\xfe" in shown_binary
    revealed = json.loads(admin("show", other["id"], "--reveal", "--json").out)
    assert base64.b64decode(revealed["body_base64"]) == binary


def test_more_than_the_limit_are_counted(deployment: Deployment, admin: Run) -> None:
    plant(deployment, *(dead_letter() for _ in range(5)))
    ended = admin("list", "--limit", "3")
    assert "There are 2 more dead letters" in ended.out
    assert len(ended.out.split("register")) == 4
    assert json.loads(admin("list", "--limit", "3", "--json").out)["more"] == 2
    assert "There are 3 more" in admin("drop", "--all", "--limit", "2", "--yes").out
    assert deployment.ready(DEAD_QUEUE) == 3


def test_without_dead_letters_there_is_nothing_to_do(admin: Run) -> None:
    assert admin("list").out == "There are no dead letters.\n"
    assert json.loads(admin("list", "--json").out) == {"letters": [], "more": 0}
    assert admin("retry", "--all") == (0, "Sent again: 0.\n", "")
    assert admin("drop", "--all") == (0, "Dropped: 0.\n", "")


# --- sending again ----------------------------------------------------------------------------------------


def test_a_request_goes_back_as_it_was_sent(deployment: Deployment, admin: Run) -> None:
    sent = dead_letter(expiration="60000", priority=3, correlation_id="x")
    plant(deployment, sent)

    assert admin("retry", listed(admin)[0]["id"]) == (0, "Sent again: 1.\n", "")

    assert deployment.ready(DEAD_QUEUE) == 0
    with deployment.channel() as channel:
        method, properties, body = channel.basic_get(REGISTRAR_QUEUE, auto_ack=True)
    assert method is not None
    assert body == sent.body
    assert properties is not None
    assert set(properties.headers or {}) <= {"x-delivery-count"}, "the broker's own"
    properties.headers = None
    assert vars(properties) == vars(
        pika.BasicProperties(
            type="register",
            message_id=sent.properties.message_id,
            content_type="application/json",
            timestamp=SENT,
            delivery_mode=2,
            user_id="deploy",
        )
    )


def test_what_is_sent_again_is_done_once(deployment: Deployment, admin: Run) -> None:
    """Also if there are two dead letters of it, and the patient repeats the request."""
    request = registration(CLINIC, timestamp=SENT)
    dead = dead_letter(body=request.body, message_id=request.properties.message_id)
    plant(deployment, dead, dead)

    assert len({each["id"] for each in listed(admin)}) == 1
    assert admin("retry", "--all").out == "Sent again: 2.\n"

    deployment.start_consuming("registrar")
    with requester(deployment) as patient:
        assert patient.call(request).body["number"] == 1
    assert ticket_numbers(deployment, CLINIC) == [1]
    assert deployment.ready(DEAD_QUEUE) == 0


def test_an_old_registration_gets_no_number_today(deployment: Deployment, admin: Run) -> None:
    sent_at = MONDAY_MORNING - timedelta(minutes=16)
    request = registration(CLINIC, timestamp=int(sent_at.timestamp()))
    plant(
        deployment,
        dead_letter(
            body=request.body,
            message_id=request.properties.message_id,
            timestamp=request.properties.timestamp,
        ),
    )
    assert admin("retry", "--all").exit_code == 0

    deployment.start_consuming("registrar")
    with requester(deployment) as patient:
        assert patient.call(request).code == "request_expired"
    assert ticket_numbers(deployment, CLINIC) == []


def test_killed_after_sending_the_dead_letter_remains(deployment: Deployment, admin: Run) -> None:
    request = registration(CLINIC, timestamp=SENT)
    plant(deployment, dead_letter(body=request.body, message_id=request.properties.message_id))
    program = (
        "import os, signal; from admin_cli.program import run;"
        " from admin_cli.broker.dead_letters import DeadLetters;"
        " DeadLetters.drop = lambda *_: os.kill(os.getpid(), signal.SIGKILL);"
        " run(['dead-letters', 'retry', '--all'])"
    )
    environment = deployment.environment("deploy", PYTHONPATH=os.pathsep.join(sys.path))
    killed = Program("retry", [sys.executable, "-c", program], environment, deployment.directory)
    assert killed.ends() == -signal.SIGKILL
    eventually(lambda: deployment.ready(DEAD_QUEUE) == 1, "the letter is back")
    assert deployment.ready(REGISTRAR_QUEUE) == 1, "the request was sent"

    assert admin("retry", "--all").exit_code == 0

    deployment.start_consuming("registrar")
    with requester(deployment) as patient:
        assert patient.call(request).body["number"] == 1
    assert ticket_numbers(deployment, CLINIC) == [1]
    assert deployment.ready(DEAD_QUEUE) == 0


CANNOT = {
    "a tick": (dead_letter(name="clinic.tick"), "tick"),
    "a look-up": (dead_letter(name="list_clinics", headers={"x-antrean-reason": "x"}), "look_up"),
    "nothing known": (dead_letter(name="make_coffee"), "unknown_request"),
    "no name": (dead_letter(type=None), "unknown_request"),
    "a patient's that says it is the staff's": (dead_letter(name="call_next"), "unknown_request"),
    "the staff's, from an unknown exchange": (dead_letter(name="call_next", headers=None), "unknown_request"),
    "a patient's that a worker has set aside untried": (
        dead_letter(
            name="call_next", headers={"x-antrean-reason": "x", "x-antrean-exchange": "antrean.patient"}
        ),
        "unknown_request",
    ),
    "the staff's": (
        dead_letter(name="call_next", headers={"x-death": [x_death("antrean.ticker")]}),
        "desk_request",
    ),
    "the staff's that a worker has set aside": (
        dead_letter(
            name="desk_register",
            headers={"x-antrean-reason": "x", "x-antrean-exchange": "antrean.desk", "x-antrean-user": "siti"},
        ),
        "desk_request",
    ),
    "no request id": (dead_letter(message_id=None), "no_request_id"),
    "a request id that is none": (dead_letter(message_id="17"), "no_request_id"),
    "no time": (dead_letter(timestamp=None, headers={"x-antrean-reason": "x"}), "age_unknown"),
    "no time that can be": (dead_letter(timestamp=2**60, headers=None), "age_unknown"),
}


def test_what_cannot_be_sent_again_stays_and_says_why(deployment: Deployment, admin: Run) -> None:
    plant(deployment, *(dead for dead, _ in CANNOT.values()))
    found = listed(admin)
    told = dict(zip(CANNOT, [each["obstacle"] for each in found], strict=True))
    assert told == {what: obstacle for what, (_, obstacle) in CANNOT.items()}

    for each in found:
        ended = admin("retry", each["id"])
        assert (ended.exit_code, ended.out) == (1, "Sent again: 0.\n")
        assert each["id"] in ended.err
        assert "drop it" in ended.err

    assert deployment.ready(DEAD_QUEUE) == len(CANNOT)
    assert deployment.ready(REGISTRAR_QUEUE) == 0


def test_one_that_cannot_be_sent_delays_no_other(deployment: Deployment, admin: Run) -> None:
    plant(deployment, dead_letter(), dead_letter(name="clinic.tick"), dead_letter())
    ended = admin("retry", "--all")
    assert (ended.exit_code, ended.out) == (1, "Sent again: 2.\n")
    assert [each["request"] for each in listed(admin)] == ["clinic.tick"]
    assert deployment.ready(REGISTRAR_QUEUE) == 2


def test_a_full_queue_refuses_and_the_dead_letter_stays(deployment: Deployment, admin: Run) -> None:
    plant(deployment, dead_letter(), dead_letter())
    with full_queue(deployment):
        ended = admin("retry", "--all")
    assert (ended.exit_code, ended.out) == (75, "Sent again: 0.\n")
    assert "full" in ended.err
    assert deployment.ready(DEAD_QUEUE) == 2


# --- dropping ---------------------------------------------------------------------------------------------


def test_dead_letters_are_dropped_only_on_purpose(
    deployment: Deployment, admin: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(deployment, *(dead_letter() for _ in range(3)))
    first, second, third = (each["id"] for each in listed(admin))

    assert admin("drop", first).exit_code == 2, "nobody can be asked"
    assert admin("drop").exit_code == 2
    assert admin("drop", first, "--all", "--yes").exit_code == 2
    assert deployment.ready(DEAD_QUEUE) == 3

    assert admin("drop", first.upper(), third, "--yes") == (0, "Dropped: 2.\n", "")
    assert [each["id"] for each in listed(admin)] == [second]
    assert admin("drop", "--all", "--yes").out == "Dropped: 1.\n"
    assert deployment.ready(DEAD_QUEUE) == 0


def test_an_operator_is_asked(deployment: Deployment, admin: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        eventually(lambda: deployment.ready(DEAD_QUEUE) == 2, "nothing is held while an operator thinks")
        return "y" if len(asked) > 1 else ""

    monkeypatch.setattr("sys.stdin", sys.__stdin__)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", answer)
    plant(deployment, dead_letter(), dead_letter())
    assert admin("drop", "--all").err == "Nothing was dropped.\n"
    assert deployment.ready(DEAD_QUEUE) == 2
    assert admin("drop", "--all").out == "Dropped: 2.\n"
    assert asked == ["Drop 2 dead letters for ever? [y/n]: "] * 2
    assert deployment.ready(DEAD_QUEUE) == 0


# --- failures ---------------------------------------------------------------------------------------------


def test_an_unknown_id_is_said(deployment: Deployment, admin: Run) -> None:
    plant(deployment, dead_letter())
    for words in (["show", "nobody\x1b"], ["retry", "nobody\x1b"], ["drop", "nobody\x1b", "--yes"]):
        ended = admin(*words)
        assert ended.exit_code == 1
        assert r"nobody\x1b" in ended.err
    assert deployment.ready(DEAD_QUEUE) == 1


def test_without_a_broker_one_sentence_says_so(admin: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTREAN_AMQP_URL", NOBODY)
    for words in (["list"], ["show", "1"], ["retry", "--all"], ["drop", "--all", "--yes"]):
        ended = admin(*words)
        assert (ended.exit_code, ended.out) == (69, "")
        assert "127.0.0.1:1" in ended.err


def test_another_user_may_not(
    broker: RunningBroker, deployment: Deployment, admin: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not broker.has_roles:
        pytest.skip("this broker has one user for everything")
    plant(deployment, dead_letter())
    monkeypatch.setenv("ANTREAN_AMQP_URL", deployment.urls["patient"])
    ended = admin("list")
    assert ended.exit_code == 69
    assert "role deploy" in ended.err
