"""Streams of tickets, with real workers on a real broker: calls, transfers, visits, kills of the process."""

import uuid
from collections.abc import Iterator
from datetime import datetime

import pytest

from antrean_client.rpc_client import RpcClient
from common.messaging.topology import DESK_EXCHANGE
from tests.deployment import CLINICS, HOSPITAL, Deployment
from tests.processes import SECONDS_MAX, eventually
from tests.web.api_client import ApiClient, Ticket, api_client, code_of
from tests.web.event_source import EventSource
from tests.web.web_process import WebProcess, await_ready, start_web

ONE, TWO, THREE, FOUR, FIVE, SIX, SEVEN = CLINICS[10:17]


@pytest.fixture(scope="module")
def process(hospital: Deployment) -> Iterator[WebProcess]:
    """The process that answers."""
    process = start_web(hospital, "web", ANTREAN_TRUSTED_PROXIES="127.0.0.1")
    await_ready(process)
    yield process
    assert process.program.stop() == 0


_addresses = iter(f"198.51.100.{number}" for number in range(1, 255))


@pytest.fixture
def api(process: WebProcess, hospital: Deployment) -> Iterator[ApiClient]:
    """Somebody who has not asked before."""
    with api_client(process, hospital, **{"X-Forwarded-For": next(_addresses)}) as client:
        client.get("/hospitals")  # which names the device
        yield client


@pytest.fixture
def desk(hospital: Deployment) -> Iterator[RpcClient]:
    """The staff of every clinic."""
    with RpcClient(hospital.urls["desk"], DESK_EXCHANGE) as client:
        yield client


def does(desk: RpcClient, name: str, clinic: str, **members: object) -> None:
    """The staff do something in a clinic."""
    desk.ask(name, {"hospital": HOSPITAL, "clinic": clinic, **members}, timeout_seconds=SECONDS_MAX)


def followed(api: ApiClient, *codes: str) -> EventSource:
    """A stream of these tickets, that tells how they stand."""
    path = f"/api/v1/tickets/{codes[0]}/events"
    if len(codes) > 1:
        token = api.post("/tickets/streams", {"ticket_codes": [*codes]}).json()["token"]
        path = f"/api/v1/streams/{token}"
    source = EventSource(api.http, path).open()
    for code in codes:
        source.tells(code)
    return source


def last_of(source: EventSource, ticket: Ticket, member: str) -> str:
    """A member of a ticket, as soon as it is told."""
    code = ticket["ticket_code"]
    eventually(lambda: source.tickets(code)[-1][member] is not None, f"{member} is told")
    return str(source.tickets(code)[-1][member])


def test_the_first_message_is_what_a_look_up_tells(api: ApiClient) -> None:
    api.ticket(ONE)
    code = api.ticket(ONE)["ticket_code"]
    source = followed(api, code)
    expected = api.get(f"/tickets/{code}").json()
    assert source.tickets(code)[0].keys() == expected.keys()
    assert source.tickets(code)[0]["number"] == expected["number"]
    source.close()


def test_a_call_comes_with_its_room(api: ApiClient, desk: RpcClient) -> None:
    does(desk, "set_mode", TWO, mode="desk")
    ticket = api.ticket(TWO)
    source = followed(api, ticket["ticket_code"])
    does(desk, "call_next", TWO, room=1)
    called = source.tells(ticket["ticket_code"], status="called", room=1)
    assert datetime.fromisoformat(called["called_at"]).utcoffset() is not None
    does(desk, "recall", TWO, number=ticket["number"])
    last_of(source, ticket, "recalled_at")
    source.close()


def test_places_move_when_somebody_ahead_goes(api: ApiClient, desk: RpcClient) -> None:
    does(desk, "set_mode", THREE, mode="desk")
    ahead, behind = api.ticket(THREE), api.ticket(THREE)
    source = followed(api, behind["ticket_code"])
    assert source.tells(behind["ticket_code"], people_ahead=1)
    api.post(f"/tickets/{ahead['ticket_code']}/cancel", headers={"Idempotency-Key": str(uuid.uuid4())})
    assert source.tells(behind["ticket_code"], people_ahead=0)
    source.close()


def test_one_stream_tells_several_tickets_and_no_code_stands_in_its_address(api: ApiClient) -> None:
    codes = [api.ticket(clinic)["ticket_code"] for clinic in (FOUR, FIVE)]
    source = followed(api, *codes)
    assert not any(code in source.path or code.replace("-", "") in source.path for code in codes)
    source.close()


def test_codes_of_no_ticket_are_told_and_refused_where_there_is_no_other(api: ApiClient) -> None:
    code, unknown = api.ticket(FOUR)["ticket_code"], "7K3F-9QXM-2T5R"
    token = api.post("/tickets/streams", {"ticket_codes": [code, unknown]}).json()["token"]
    source = EventSource(api.http, f"/api/v1/streams/{token}").open()
    source.tells(code)
    assert ("not_found", {"ticket_code": unknown}) in source.messages
    source.close()
    token = api.post("/tickets/streams", {"ticket_codes": [unknown]}).json()["token"]
    assert code_of(api.get(f"/streams/{token}")) == (404, "ticket_not_found")


def test_a_stream_follows_a_transfer_and_a_visit(api: ApiClient, desk: RpcClient) -> None:
    for clinic in (SIX, SEVEN):
        does(desk, "set_mode", clinic, mode="desk")
    moved, sent = api.ticket(SIX), api.ticket(SIX)
    source = followed(api, moved["ticket_code"], sent["ticket_code"])
    does(desk, "transfer", SIX, number=moved["number"], to_clinic=SEVEN)
    source.tells(moved["ticket_code"], status="transferred", clinic=SIX)
    new_code = last_of(source, moved, "transferred_to")
    source.tells(new_code, clinic=SEVEN, status="waiting")
    does(desk, "call_next", SIX, room=1)
    does(desk, "start", SIX, number=sent["number"])
    does(desk, "send", SIX, number=sent["number"], to_clinic=SEVEN, returns=False)
    station = last_of(source, sent, "current_code")
    source.tells(station, clinic=SEVEN)
    does(desk, "call_next", SEVEN, room=1)
    source.tells(new_code, status="called")
    api.deployment.ticket_codes |= {new_code, station}
    source.close()


def test_after_a_kill_another_process_tells_the_whole_state(
    api: ApiClient, desk: RpcClient, hospital: Deployment
) -> None:
    clinic = CLINICS[17]
    does(desk, "set_mode", clinic, mode="desk")
    ticket = api.ticket(clinic)
    token = api.post("/tickets/streams", {"ticket_codes": [ticket["ticket_code"]]}).json()["token"]
    other = start_web(hospital, "web", ANTREAN_TRUSTED_PROXIES="127.0.0.1")
    await_ready(other)
    with api_client(other, hospital) as there:
        source = EventSource(there.http, f"/api/v1/streams/{token}").open()
        source.tells(ticket["ticket_code"], status="waiting")
        other.program.kill()
        assert source.ended.wait(SECONDS_MAX)
    does(desk, "call_next", clinic, room=1)
    again = EventSource(api.http, f"/api/v1/streams/{token}").open()
    again.tells(ticket["ticket_code"], status="called")
    again.close()


def test_a_stream_stops_in_order_with_its_process(api: ApiClient, hospital: Deployment) -> None:
    ticket = api.ticket(FIVE)
    process = start_web(hospital, "web")
    await_ready(process)
    with api_client(process, hospital) as client:
        source = EventSource(client.http, f"/api/v1/tickets/{ticket['ticket_code']}/events").open()
        source.tells(ticket["ticket_code"])
        assert process.program.stop() == 0
        assert source.ended.wait(SECONDS_MAX)


def test_streams_of_a_device_are_bounded_and_free_again(api: ApiClient) -> None:
    ticket = api.ticket(FIVE)
    sources = [followed(api, ticket["ticket_code"]) for _ in range(8)]
    answer = api.get(f"/tickets/{ticket['ticket_code']}/events")
    assert code_of(answer) == (429, "too_many_requests")
    assert int(answer.headers["retry-after"]) > 0
    for each in sources:
        each.close()

    def is_free() -> bool:
        source = EventSource(api.http, f"/api/v1/tickets/{ticket['ticket_code']}/events").open()
        eventually(lambda: source.status is not None, "the stream is answered")
        source.close()
        return source.status == 200

    eventually(is_free, "a stream may be opened again")
