"""The board while what it lives on fails: no call is missed, and none is announced twice."""

import pytest
from playwright.sync_api import expect

from tests.browser.waiting_rooms import NOW, WaitingRoom, called, listening
from tests.browser.watched_pages import WatchedPages
from tests.tcp_proxy import proxy_to
from tests.web.web_process import await_ready

SILENCE_MILLISECONDS_MAX = 25_000
PAUSE_MILLISECONDS_MAX = 15_000
"""After so long, a board takes its connection for lost, and connects again."""


def test_a_board_process_that_is_killed(room: WaitingRoom, pages: WatchedPages) -> None:
    counter = room.new_counter()
    page, ear = listening(pages, room.address(counter))
    first = counter.call()
    ear.hears(page, 1)
    room.board.program.kill()
    room.board.program.ends()
    second = counter.call(room=2)
    room.start_board_again()
    third = counter.call()
    page.clock.fast_forward(PAUSE_MILLISECONDS_MAX)
    expect(page.locator(NOW)).to_have_text(third)
    assert [called(clips) for clips in ear.hears(page, 3)] == ["satu", "dua", "tiga"]
    expect(page.locator("#last .number")).to_have_text([second, first])


def test_a_browser_whose_network_is_away(room: WaitingRoom, pages: WatchedPages) -> None:
    counter = room.new_counter()
    with proxy_to(room.board.url) as network:
        page, ear = listening(pages, room.address(counter).replace(str(room.board.port), str(network.port)))
        first = counter.call()
        ear.hears(page, 1)
        # Both ends believe that the connection is up, and new ones fail.
        network.hold()
        page.context.set_offline(True)
        page.clock.fast_forward(SILENCE_MILLISECONDS_MAX)
        expect(page.locator("#stale")).to_contain_text("Sambungan terputus: nomor di layar ini per pukul")
        second = counter.call()
        network.cut()
        page.context.set_offline(False)
        expect(page.locator(NOW)).to_have_text(second)
        expect(page.locator("#stale")).to_be_hidden()
        assert [called(clips) for clips in ear.hears(page, 2)] == ["satu", "dua"]
        expect(page.locator("#last .number")).to_have_text([first])


def test_a_broker_that_restarts(room: WaitingRoom, pages: WatchedPages) -> None:
    if room.node is None:
        pytest.skip("the broker of these tests may not be stopped")
    counter = room.new_counter()
    page, ear = listening(pages, room.address(counter))
    first = counter.call()
    ear.hears(page, 1)
    with room.broker_away(room.node):
        expect(page.locator("#stale")).to_be_visible()
    await_ready(room.board)
    second = counter.call()
    expect(page.locator(NOW)).to_have_text(second)
    expect(page.locator("#stale")).to_be_hidden()
    assert [called(clips) for clips in ear.hears(page, 2)] == ["satu", "dua"]
    expect(page.locator("#last .number")).to_have_text([first])
