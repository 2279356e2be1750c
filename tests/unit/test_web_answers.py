"""What is no answer of antrean-web is told apart, and nothing of it is shown."""

import json

import pytest
from pydantic import BaseModel

from antrean_client import models, web_shapes
from antrean_client.errors import (
    Refusal,
    ServerRefused,
)
from antrean_client.web_shapes import fits
from common.messages.message import encode_part
from common.messages.problems import Problem
from tests.raw_receiver import Answer as RawAnswer
from tests.raw_receiver import raw_receiver, says, status
from tests.unit.test_client_models import PAIRS
from tests.unit.test_reply_sizes import largest
from tests.web_servers import (
    HOSPITAL,
    HOSPITALS,
    HTML,
    answer,
    ask,
    asking,
    failed,
    hangs_up,
    in_turn,
    problem_of,
    refusal,
)

LONG = json.dumps({**HOSPITALS, "more than enough": "x" * 1024 * 1024})


@pytest.mark.parametrize(
    "given",
    [
        answer(200, HTML, kind="text/html"),
        answer(200, HOSPITALS, kind="text/html"),
        answer(200, HTML),
        answer(200, ""),
        answer(200, "{"),
        answer(200, "null"),
        answer(200, []),
        answer(200, {}),
        answer(200, {"hospitals": [{}], "more": False}),
        answer(200, {"hospitals": [], "more": True}),
        answer(200, {"hospitals": [{**HOSPITAL, "open_clinics": "1"}], "more": False}),
        answer(200, "[" * 100_000),
        answer(200, '{"hospitals": [], "more": false, "x": %s}' % ("[" * 500 + "]" * 500)),
        answer(200, '{"hospitals": [], "more": false, "x": %s}' % ("9" * 5000)),
        answer(200, LONG),
        answer(204, ""),
        answer(404, HTML, kind="text/html"),
        answer(404, problem_of("hospital_not_found")),
        refusal(404, {"title": "Not found"}),
        refusal(400, problem_of("invalid_request", errors=[1])),
        answer(500, "Internal Server Error", kind="text/plain"),
        answer(403, HTML, kind="text/html"),
        status(103),
        status(200),
        says(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
        says(b"\x00\xff" * 400 + b"\n"),
        says(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"),
        says(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n"),
    ],
)
def test_what_is_no_answer_of_antrean_web(given: RawAnswer) -> None:
    error = failed(given)
    assert isinstance(error, ServerRefused)
    assert error.refusal is Refusal.PROTOCOL
    assert error.where in str(error)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(code: int) -> None:
    with raw_receiver(answer(200, HOSPITALS)) as elsewhere:
        error = failed(status(code, f"Location: http://127.0.0.1:{elsewhere.port}/"), name="register")
        assert elsewhere.connections == 0
    assert isinstance(error, ServerRefused)
    assert (error.refusal, error.sent_before) == (Refusal.ELSEWHERE, False)


@pytest.mark.parametrize(
    ("given", "sent_before"),
    [
        (answer(200, HTML, kind="text/html"), True),
        (answer(500, HTML, kind="text/html"), True),
        (answer(404, HTML, kind="text/html"), False),
        (in_turn(hangs_up, answer(404, HTML, kind="text/html")), True),
    ],
)
def test_what_may_have_been_taken_all_the_same(given: RawAnswer, *, sent_before: bool) -> None:
    assert failed(given, name="register").sent_before is sent_before


def test_after_what_is_no_answer_the_next_is_the_next() -> None:
    with asking(in_turn(answer(200, LONG), answer(200, HOSPITALS))) as (_, client):
        with pytest.raises(ServerRefused):
            ask(client)
        assert ask(client).body == HOSPITALS


# --- what is one ----------------------------------------------------------------------------------------

MODELS: dict[type[BaseModel], web_shapes.Shape] = {
    models.Station: web_shapes.STATION,
    models.Absence: web_shapes.ABSENCE,
    models.Ticket: web_shapes.TICKET,
    models.Hospital: web_shapes.HOSPITAL,
    models.Clinic: web_shapes.CLINIC,
    models.Room: web_shapes.ROOM,
    models.ClinicQueue: web_shapes.CLINIC_QUEUE,
}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_shapes_have_the_members_of_the_clients_models(model: type[BaseModel]) -> None:
    shape, fields = MODELS[model], model.model_fields
    assert {*shape.members} == {name for name, field in fields.items() if field.is_required()}
    assert {*shape.optional} == {name for name, field in fields.items() if not field.is_required()}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_what_a_worker_writes_fits(model: type[BaseModel]) -> None:
    written = json.loads(encode_part(largest(PAIRS[model])))
    assert fits(written | {"mood": "calm"}, MODELS[model])
    for name in MODELS[model].members:
        assert not fits({key: value for key, value in written.items() if key != name}, MODELS[model])
        assert not fits(written | {name: {"not": "this"}}, MODELS[model])
    for name in MODELS[model].optional:
        assert fits({key: value for key, value in written.items() if key != name}, MODELS[model])
        assert not fits(written | {name: {"not": "this"}}, MODELS[model])


def test_a_workers_problem_fits_with_all_that_it_may_hold() -> None:
    written = json.loads(encode_part(largest(Problem)))
    assert fits(written, web_shapes.PROBLEM)
    for name in (*web_shapes.PROBLEM.members, *web_shapes.PROBLEM.optional):
        assert name in written
        assert not fits(written | {name: {"not": "this"}}, web_shapes.PROBLEM)
