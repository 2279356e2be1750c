"""Who asks too much, guesses, lies about the address or comes slowly, beside honest people; and a broker or
workers that are away."""

import asyncio
import socket
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import httpx
import pytest

from common.domain.ticket_codes import format_ticket_code
from patient_web import admission
from patient_web.admission import Use
from patient_web.places import LOOK_UPS_MAX
from tests.deployment import CLINICS, HOSPITAL, Deployment, Patient, full_queue
from tests.processes import SECONDS_MAX, Program, eventually
from tests.tcp_proxy import proxy_to
from tests.web.api_client import ApiClient, api_client, code_of
from tests.web.visiting import Visitor, entries
from tests.web.web_process import IMPATIENT, WebProcess, await_ready, start_web

CLINIC = CLINICS[20]
NO_CLINIC = "TIADA"
"""Changes are admitted one in five seconds: so few, that a slow machine comes to the bound, too."""

_SOON = {"ANTREAN_REPLY_TIMEOUT_SECONDS": "3", "ANTREAN_TRUSTED_PROXIES": "127.0.0.1"}


@pytest.fixture(scope="module")
def process(hospital: Deployment) -> Iterator[WebProcess]:
    """The process that answers."""
    process = start_web(hospital, "web", 0, module="tests.web.unforgiving", **_SOON)
    await_ready(process)
    yield process
    assert process.program.stop() == 0


_addresses = (f"198.51.100.{number}" for number in range(1, 255))


def somebody(process: WebProcess, hospital: Deployment) -> Iterator[ApiClient]:
    """From an address of their own."""
    with api_client(process, hospital, **{"X-Forwarded-For": next(_addresses)}) as client:
        yield client


@pytest.fixture
def honest(process: WebProcess, hospital: Deployment) -> Iterator[ApiClient]:
    """Who has done nothing."""
    yield from somebody(process, hospital)


@pytest.fixture
def hostile(process: WebProcess, hospital: Deployment) -> Iterator[ApiClient]:
    """Who is not so."""
    yield from somebody(process, hospital)


def worker(hospital: Deployment, role: str) -> Program:
    """The worker of a kind that runs."""
    running = (each for each in hospital.programs if each.exit_code is None)
    return next(each for each in running if each.name.startswith(f"{role}-"))


def guess(number: int) -> str:
    """A well-formed code that is no ticket's."""
    return format_ticket_code(f"ZZZZZZZ{number:05d}")


def test_a_flood_is_refused_the_same_way_each_time_and_others_are_served(
    honest: ApiClient, hostile: ApiClient
) -> None:
    honest.get("/hospitals")
    hostile.get("/hospitals")
    with ThreadPoolExecutor(8) as pool:
        flood = [pool.submit(hostile.register, NO_CLINIC) for _ in range(100)]
        served = [honest.get("/hospitals").status_code for _ in range(20)]
        answers = [each.result() for each in flood]
    assert served == [200] * 20
    refused = [each for each in answers if each.status_code != 404]
    assert len(refused) > 50
    assert {code_of(each) for each in refused} == {(429, "too_many_requests")}
    assert len({each.json()["detail"] for each in refused}) == 1
    assert all(int(each.headers["retry-after"]) >= 1 for each in refused)


def test_registrations_are_bounded_apart_from_look_ups(hostile: ApiClient) -> None:
    statuses = [hostile.register(NO_CLINIC).status_code for _ in range(30)]
    assert statuses[:12] == [404] * admission.OF_DEVICE[Use.CHANGE].burst
    assert 429 in statuses
    assert hostile.get("/hospitals").status_code == 200


def test_who_throws_the_name_away_gains_nothing(hostile: ApiClient) -> None:
    statuses = []
    for _ in range(30):
        hostile.http.cookies.clear()
        statuses.append(hostile.register(NO_CLINIC).status_code)
    assert 429 in statuses


def test_what_cannot_be_read_takes_nothing_from_those_who_share_the_address(hostile: ApiClient) -> None:
    for _ in range(50):
        hostile.http.cookies.clear()
        assert hostile.http.post("/api/v1/tickets", content=b"junk").status_code == 415
        hostile.http.cookies.clear()
        assert hostile.get("/nosuch").status_code == 404
    hostile.http.cookies.clear()
    assert hostile.register(CLINIC).status_code == 201
    hostile.http.cookies.clear()
    assert "antrean-device" in hostile.get("/hospitals").headers


@pytest.mark.parametrize("path", ["/code", "/nosuch", "/api/v1/nosuch", "/manifest.webmanifest"])
def test_what_asks_no_worker_is_bounded_too(hostile: ApiClient, path: str) -> None:
    hostile.http.get(path)
    bound = admission.OF_DEVICE[Use.REQUEST]
    with ThreadPoolExecutor(8) as pool:
        floods = (pool.map(hostile.http.get, [path] * bound.burst) for _ in range(6))
        refused = next(each for flood in floods for each in flood if each.status_code == 429)
    assert int(refused.headers["retry-after"]) >= 1
    assert ("problem+json" in refused.headers["content-type"]) == path.startswith("/api")


def test_an_address_that_nobody_writes_is_refused(hostile: ApiClient) -> None:
    assert hostile.http.get("/code?" + "a=1&" * 200).status_code == 414
    for host in ("a" * 4_000, "a b", "<b>", "a:b"):
        assert hostile.http.get("/code", headers={"Host": host}).status_code == 400
    for host in ("antrean.example", "127.0.0.1:8470", "[::1]:8470", "antrean_web"):
        assert hostile.http.get("/code", headers={"Host": host}).status_code == 200


def test_guessing_codes_ends_soon_and_a_neighbour_with_a_ticket_goes_on(
    process: WebProcess, hospital: Deployment, hostile: ApiClient
) -> None:
    address = hostile.http.headers["X-Forwarded-For"]
    with api_client(process, hospital, **{"X-Forwarded-For": address}) as neighbour:
        neighbour.get("/hospitals")
        code = neighbour.ticket(CLINIC)["ticket_code"]
        assert neighbour.get(f"/tickets/{code}").status_code == 200
        hostile.get("/hospitals")
        first = [hostile.post("/tickets/status", {"ticket_codes": [guess(n)]}) for n in range(40)]
        statuses = [each.status_code for each in first]
        assert 404 in statuses
        assert statuses[-1] == 429
        answers = []
        for number in range(20):
            with api_client(process, hospital, **{"X-Forwarded-For": address}) as accomplice:
                accomplice.get("/hospitals")
                many = {"ticket_codes": [guess(each) for each in range(15 * number, 15 * number + 15)]}
                answers.append(accomplice.post("/tickets/status", many).status_code)
        assert answers[-1] == 429
        newcomer = Visitor(process.client(headers={"X-Forwarded-For": address}, follow_redirects=True))
        newcomer.go(f"/hospitals/{HOSPITAL}/{CLINIC}")
        newcomer.send(**entries(Patient()))
        assert newcomer.page.status_code == 200, "who has just registered sees the ticket"
        hospital.ticket_codes.add(newcomer.code)
        assert newcomer.go(f"/t/{newcomer.code}/part").status_code == 200
        newcomer.client.close()
        assert hostile.http.get(f"/t/{newcomer.code}/part").status_code == 429
        cancelled = hostile.post(f"/tickets/{code}/cancel", headers={"Idempotency-Key": str(uuid.uuid4())})
        assert cancelled.status_code == 429
        assert neighbour.get(f"/tickets/{code}").status_code == 200


def test_codes_that_are_guessed_at_once_are_no_more_than_one_after_the_other(hostile: ApiClient) -> None:
    hostile.get("/hospitals")
    with ThreadPoolExecutor(8) as pool:
        bodies = ({"ticket_codes": [guess(15 * n + each) for each in range(15)]} for n in range(50))
        answers = [*pool.map(lambda body: hostile.post("/tickets/status", body).status_code, bodies)]
    bound = admission.WRONG_CODES_OF_DEVICE
    assert {*answers} == {404, 429}
    assert answers.count(404) * 15 <= bound.burst + bound.per_second * SECONDS_MAX
    too_many = hostile.post("/tickets/status", {"ticket_codes": [guess(each) for each in range(16)]})
    assert too_many.status_code == 422


def test_only_what_a_trusted_proxy_has_seen_counts(process: WebProcess, hospital: Deployment) -> None:
    seen = next(_addresses)
    with api_client(process, hospital) as hostile:
        statuses = []
        for number in range(30):
            hostile.http.cookies.clear()
            forged = {"X-Forwarded-For": f"203.0.113.{number}, {seen}"}
            statuses.append(hostile.register(NO_CLINIC, headers=forged).status_code)
    assert 429 in statuses
    assert "not believed" not in process.program.output


def test_nobody_is_believed_where_no_proxy_is_trusted(hospital: Deployment) -> None:
    process = start_web(hospital, "web")
    await_ready(process)
    with api_client(process, hospital) as hostile:
        statuses = []
        for number in range(30):
            hostile.http.cookies.clear()
            forged = {"X-Forwarded-For": f"203.0.113.{number}", "Forwarded": f"for=203.0.113.{number}"}
            statuses.append(hostile.register(NO_CLINIC, headers=forged).status_code)
    assert 429 in statuses
    assert process.program.output.count("forwarded address not believed") == 1
    assert process.program.stop() == 0


def test_a_body_that_comes_slowly_is_given_up(hospital: Deployment) -> None:
    process = start_web(hospital, "web", 0, module=IMPATIENT)
    head = (
        b"POST /api/v1/tickets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: 100\r\nX-Forwarded-For: 203.0.113.250\r\nAccept-Language: en\r\n\r\n{"
    )
    with socket.create_connection(("127.0.0.1", process.port), SECONDS_MAX) as connection:
        connection.sendall(head)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    assert answer.startswith(b"HTTP/1.1 408")
    assert b'"code": "request_timeout"' in answer
    assert process.program.stop() == 0


def test_a_body_that_has_no_end_is_given_up(honest: ApiClient) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b" " * 4_096

    headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
    try:
        answer = honest.http.post("/api/v1/tickets", content=endless(), headers=headers)
    except httpx.TransportError:
        return  # it was closed while we still sent
    assert code_of(answer) == (413, "message_too_large")


def test_a_full_queue_is_busy(process: WebProcess, hospital: Deployment, honest: ApiClient) -> None:
    assert worker(hospital, "registrar").stop() == 0
    with full_queue(hospital):
        answers: list[httpx.Response] = []

        def is_busy() -> bool:
            answers.append(honest.register(CLINIC))
            return answers[-1].status_code != 504  # the broker has not said in time that it is full

        eventually(is_busy, "the broker says that it is full")
        assert code_of(answers[-1]) == (503, "busy")
        assert int(answers[-1].headers["retry-after"]) >= 1
    hospital.start_consuming("registrar")


def test_no_answer_and_the_same_request_again_are_one_ticket(hospital: Deployment, honest: ApiClient) -> None:
    key, patient = str(uuid.uuid4()), Patient()
    with worker(hospital, "registrar").frozen():
        assert code_of(honest.register(CLINIC, patient, key)) == (504, "no_answer")
    first = honest.register(CLINIC, patient, key)
    assert first.status_code == 201
    assert honest.register(CLINIC, patient, key).json()["number"] == first.json()["number"]


async def crowd(process: WebProcess, people: int, addresses: int) -> Counter[int]:
    """Statuses of as many look-ups at once, from as many addresses."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=process.url, timeout=SECONDS_MAX, limits=limits) as http:
        asked = [
            http.get("/api/v1/hospitals", headers={"X-Forwarded-For": f"203.0.113.{number % addresses}"})
            for number in range(people)
        ]
        return Counter(answer.status_code for answer in await asyncio.gather(*asked))


def test_who_looks_keeps_nobody_from_registering(
    process: WebProcess, hospital: Deployment, honest: ApiClient
) -> None:
    with worker(hospital, "status").frozen(), ThreadPoolExecutor(1) as pool:
        looking = pool.submit(asyncio.run, crowd(process, LOOK_UPS_MAX + 100, 200))
        answers = []
        while not looking.done():
            answers.append(honest.register(CLINIC).status_code)
            sleep(0.2)
    assert looking.result() == {504: LOOK_UPS_MAX, 503: 100}
    assert {*answers} <= {201, 429}
    assert 201 in answers
    eventually(lambda: honest.get("/hospitals").status_code == 200, "it answers again")


def test_a_broker_that_is_away_is_unavailable_until_it_is_back(
    hospital: Deployment, honest: ApiClient
) -> None:
    with proxy_to(hospital.urls["web"]) as proxy:
        process = start_web(hospital, "web", 0, ANTREAN_AMQP_URL=proxy.url(hospital.urls["web"]), **_SOON)
        await_ready(process)
        with api_client(process, hospital) as client:
            assert client.get(f"/hospitals/{HOSPITAL}/clinics").status_code == 200
            proxy.refuse()
            proxy.cut()
            eventually(
                lambda: code_of(client.get("/hospitals")) == (503, "unavailable"), "it says that it is away"
            )
            assert not process.is_ready()
            proxy.open()
            eventually(lambda: client.get("/hospitals").status_code == 200, "it is back")
        assert process.program.stop() == 0
