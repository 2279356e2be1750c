"""The board's process over HTTP: what a page is told, by its real stream from a real hospital."""

from collections.abc import Iterator

import httpx
import pytest

from tests.deployment import Deployment, personal_data_in, ticket_codes_in
from tests.processes import eventually
from tests.web.board_client import board_client
from tests.web.board_hospital import CODE
from tests.web.desk_of import Desk, desk_of
from tests.web.web_process import WebProcess, await_ready, start_web


@pytest.fixture(scope="module")
def board(board_hospital: Deployment) -> Iterator[WebProcess]:
    """A board that follows the hospital."""
    process = start_web(board_hospital, "board")
    await_ready(process)
    yield process
    assert process.program.stop() == 0


@pytest.fixture
def desk(board_hospital: Deployment) -> Iterator[Desk]:
    """Who calls."""
    with desk_of(board_hospital, CODE) as desk:
        yield desk


def stream_of(board: WebProcess, clinic: str) -> str:
    return f"{board.url}/{CODE}/{clinic}/stream"


def test_a_call_is_shown_with_its_room_and_what_follows_from_it(board: WebProcess, desk: Desk) -> None:
    with board_client(stream_of(board, "C01")) as page:
        clinic = page.clinics["C01"]
        assert (clinic["name"], clinic["is_open"], clinic["zone"]) == ("Poli C01", True, "WIB")
        desk.by_desk("C01")
        for _ in range(3):
            desk.register("C01")
        desk.call("C01")
        page.lists("C01-001")
        [call] = page.calls.values()
        assert (call["clinic"], call["number"], call["room"], call["is_current"]) == ("C01", 1, 1, True)
        assert call["called_at"].endswith("+07:00")
        page.awaits(lambda page: page.clinics["C01"]["next"] == ["C01-002", "C01-003"], "who is next")
        clinic = page.clinics["C01"]
        assert clinic["waiting"] == 2
        [room] = clinic["rooms"]
        assert (room["room"], room["display_number"], room["status"]) == (1, "C01-001", "called")
        wait = clinic["wait"]
        assert wait["shortest_seconds"] <= wait["seconds"] <= wait["longest_seconds"]


def test_a_recall_is_a_call_and_one_that_was_taken_back_vanishes(board: WebProcess, desk: Desk) -> None:
    desk.by_desk("C02")
    with board_client(stream_of(board, "C02")) as page:
        desk.register("C02")
        desk.call("C02")
        desk.ask("recall", "C02", number=1)
        page.lists("C02-001", "C02-001")
        assert [call["is_recall"] for call in page.calls.values()] == [False, True]
        desk.ask("undo", "C02", number=1)
        page.awaits(lambda page: not page.calls, "the calls are gone")
        page.awaits(lambda page: page.clinics["C02"]["next"] == ["C02-001"], "it waits again")
        assert page.clinics["C02"]["rooms"] == []


def test_who_is_away_and_a_closed_clinic_are_shown(board: WebProcess, desk: Desk) -> None:
    desk.by_desk("C03")
    with board_client(stream_of(board, "C03")) as page:
        desk.ask("away", "C03", reason="late")
        page.awaits(lambda page: bool(page.clinics["C03"]["absences"]), "the doctor is late")
        [absence] = page.clinics["C03"]["absences"]
        assert (absence["reason"], absence["room"]) == ("late", None)
        desk.ask("close_clinic", "C03", reason="Dokter sakit")
        page.awaits(lambda page: not page.clinics["C03"]["is_open"], "it is closed")
        clinic = page.clinics["C03"]
        assert (clinic["closed_reason"], clinic["wait"]) == ("Dokter sakit", None)


def test_a_board_that_starts_knows_the_last_calls(
    board_hospital: Deployment, board: WebProcess, desk: Desk
) -> None:
    desk.by_desk("C04")
    for _ in range(2):
        desk.register("C04")
        desk.call("C04")
        desk.ask("complete", "C04", number=desk.called)
    other = start_web(board_hospital, "board")
    await_ready(other)
    with board_client(stream_of(other, "C04")) as page:
        page.lists("C04-001", "C04-002")
        assert not any(call["is_current"] for call in page.calls.values())
    assert other.program.stop() == 0


def test_pages_of_hospitals_and_clinics(board: WebProcess) -> None:
    with board.client() as client:
        assert client.get("/").status_code == 200
        for path in (f"/{CODE}", f"/{CODE.lower()}", f"/{CODE}/C01,C02"):
            page = client.get(path)
            assert page.status_code == 200
            assert f"RSUP {CODE}" in page.text
        for path in ("/RSXX", f"/{CODE}/XX", f"/{CODE}/C01,XX", f"/{CODE}/C01,,", "/a b", "/%00"):
            assert client.get(path).status_code == 404
            assert client.get(f"{path}/stream").status_code == 404
        assert client.get("/RSXX/stream").status_code == 404


def test_what_is_told_has_nothing_personal(board_hospital: Deployment, board: WebProcess, desk: Desk) -> None:
    desk.by_desk("C05")
    ticket = desk.register("C05")
    board_hospital.ticket_codes.add(ticket["ticket_code"])
    with board_client(f"{board.url}/{CODE}/stream") as page:
        desk.call("C05")
        page.awaits(lambda page: any(call["clinic"] == "C05" for call in page.calls.values()), "it is called")
        told = str(page.messages)
    assert not personal_data_in(told)
    assert not ticket_codes_in(told, board_hospital.ticket_codes)


def test_without_a_broker_a_page_says_that_it_tries_again(board_hospital: Deployment) -> None:
    process = start_web(board_hospital, "board", ANTREAN_AMQP_URL="amqp://board:x@127.0.0.1:1/")
    with process.client() as client:
        answer = client.get(f"/{CODE}")
        assert (answer.status_code, answer.headers["refresh"]) == (503, "10")
        assert client.get(f"/{CODE}/stream").status_code == 503
    assert process.program.stop() == 0


def test_it_stops_in_order_while_pages_are_open(board_hospital: Deployment) -> None:
    process = start_web(board_hospital, "board")
    await_ready(process)
    with board_client(stream_of(process, "C06")):
        assert process.program.stop() == 0


def test_only_the_language_of_pages_differs(board: WebProcess) -> None:
    with httpx.stream("GET", stream_of(board, "C01"), headers={"Accept-Language": "en"}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        eventually(lambda: bool(next(answer.iter_raw())), "it begins")
