"""What somebody is told of a fault in antrean-web: one sentence, and nothing of what they sent."""

import asyncio
import json
import uuid
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

import patient_web.app
import waiting_room.app
from antrean_client.requests import Answer
from common.clock import SystemClock
from common.errors import BrokerUnavailable, MessagingError, NoQueue, NoReply, RequestNotTaken
from common.process import configure_logging
from common.settings import Settings
from common.web.faults import Faults
from common.web.languages import ChosenLanguage
from common.web.security import CONTENT_SECURITY_POLICY, IS_CROWDED
from patient_web.admission import Admission
from patient_web.api.app import api, of_too_many
from patient_web.api.streams import Streams
from patient_web.devices import Visitors
from patient_web.gateway import Gateway, TooManyRequests
from patient_web.ticket_streams.hub import TicketStreams
from patient_web.tokens import Tokens
from tests.deployment import Patient, personal_data_in


class Failing:
    """Requests end with an error."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def call(self, name: str, body: dict[str, Any], **_given: Any) -> Answer:
        """Never answers."""
        raise self.error


def answers(error: Exception, requests: int, method: str, path: str, **given: Any) -> list[httpx.Response]:
    """What the interface answers where asking the workers ends with `error`, so many times."""

    async def ask() -> list[httpx.Response]:
        tokens, admission, clock = Tokens("a secret of thirty-two characters"), Admission(), SystemClock()
        gateway = Gateway(Failing(error), admission)
        hub = TicketStreams(gateway.look_up, lambda: True, clock)

        def too_often(request: Request, wait_seconds: float) -> Response:
            return of_too_many(request, TooManyRequests(wait_seconds))

        app = Starlette(
            routes=[Mount("/api/v1", api(gateway, Streams(gateway, admission, hub, tokens, clock), clock))],
            middleware=[
                Middleware(ChosenLanguage, default="id"),
                Middleware(Visitors, tokens=tokens, admission=admission, refusal=too_often),
            ],
        )
        headers = {"Accept-Language": "en", "Idempotency-Key": str(uuid.uuid4())}
        transport = httpx.ASGITransport(Faults(app))
        async with httpx.AsyncClient(transport=transport, base_url="http://x", headers=headers) as http:
            return [await http.request(method, f"/api/v1{path}", **given) for _ in range(requests)]

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (BrokerUnavailable("No broker at 10.0.0.1."), (503, "unavailable")),
        (NoQueue("No queue."), (503, "unavailable")),
        (RequestNotTaken("Full."), (503, "busy")),
        (NoReply("No answer."), (504, "no_answer")),
        (MessagingError("Something."), (503, "unavailable")),
        (RuntimeError("Wulandari, RM0123456789AB"), (500, "internal_error")),
    ],
)
def test_a_fault_is_told_in_one_sentence_of_our_own(error: Exception, expected: tuple[int, str]) -> None:
    [answer] = answers(error, 1, "POST", "/tickets", json=Patient().body("RSHS", "GIG"))
    assert (answer.status_code, answer.json()["code"]) == expected
    assert not personal_data_in(answer.text)
    assert "10.0.0.1" not in answer.text
    assert ("retry-after" in answer.headers) is (expected[0] == 503)


def test_the_log_of_a_fault_says_where_and_nothing_of_what_was_sent(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging("web", "info")
    answers(RuntimeError("Wulandari, RM0123456789AB"), 1, "GET", "/tickets/7K3F-9QXM-2T5R")
    logged = capsys.readouterr().err
    [line] = logged.splitlines()
    assert json.loads(line)["where"][0].startswith("Failing.call")
    assert not personal_data_in(logged)
    assert "7K3F" not in logged


def test_a_stream_that_cannot_be_opened_gives_its_place_back() -> None:
    found = answers(NoReply("No answer."), 15, "GET", "/tickets/7K3F-9QXM-2T5R/events")
    assert [answer.status_code for answer in found] == [504] * 15


def asked_of(app: Starlette, path: str = "/", **given: Any) -> httpx.Response:
    """The answer, also to what the application fails at."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
            return await http.get(path, **given)

    return asyncio.run(ask())


def wired_of(role: str) -> Starlette:
    """A web process as it is wired, not begun."""
    secret = {"ANTREAN_WEB_SECRET": "a secret of thirty-two characters"}
    settings = Settings.read({"ANTREAN_AMQP_URL": "amqp://127.0.0.1:1/", **secret})
    make_app = patient_web.app.make_app if role == "web" else waiting_room.app.make_app
    return make_app(settings)


@pytest.fixture(params=["web", "board"])
def wired(request: pytest.FixtureRequest) -> Starlette:
    """Each of them."""
    return wired_of(request.param)


@pytest.mark.parametrize(
    ("language", "sentence"), [("id", "tanyakan kepada petugas"), ("en", "Something went wrong")]
)
def test_a_fault_around_the_pages_is_a_page_with_the_headers_of_all_answers(
    wired: Starlette, language: str, sentence: str
) -> None:
    class Fails:
        def __init__(self, _app: ASGIApp) -> None:
            pass

        async def __call__(self, _scope: Scope, _receive: Receive, _send: Send) -> None:
            raise RuntimeError("Wulandari")

    wired.add_middleware(Fails)
    answer = asked_of(wired, f"/?lang={language}")
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"].startswith("text/html")
    assert f'lang="{language}"' in answer.text
    assert sentence in answer.text
    assert "Wulandari" not in answer.text


@pytest.mark.parametrize(("language", "sentence"), [("id", "Terlalu banyak"), ("en", "Too many people")])
def test_who_comes_when_too_many_are_connected_is_told_so(
    wired: Starlette, language: str, sentence: str
) -> None:
    async def crowded(scope: Scope, receive: Receive, send: Send) -> None:
        await wired({**scope, "state": {IS_CROWDED: True}}, receive, send)

    answer = asked_of(Starlette(routes=[Mount("/", crowded)]), f"/?lang={language}")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["connection"] == "close"
    assert f'lang="{language}"' in answer.text
    assert sentence in answer.text


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/RSHS?theme=drak", "nilai theme"),
        ("/RSHS/GIG?voice=id,fr", "voice=id,en"),
        ("/RSHS?lang=fr", "lang=id"),
        ("/RSHS?tema=dark", "lang, theme, voice"),
        ("/kiosk/RSHS?paper=90", "paper=80"),
        ("/kiosk/RSHS?papier=80", "paper, lang"),
    ],
)
def test_who_puts_up_a_screen_is_told_of_a_choice_that_there_is_not(path: str, sentence: str) -> None:
    answer = asked_of(wired_of("web" if path.startswith("/kiosk") else "board"), path)
    assert answer.status_code == 400
    assert sentence in answer.text
