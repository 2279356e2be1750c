"""The waiting room's board on a television, light and dark, whole and cut off."""

from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, expect

from tests.broker import RunningBroker
from tests.browser.waiting_rooms import WaitingRoom
from tests.browser.watched_pages import PORTRAIT_TELEVISION, TELEVISION, WatchedPages
from tests.deployment import Deployment
from tests.screens.pictures import keep

_HALF: Final = 0.5
"""Pixels of a picture for one of the screen."""

_CALLS: Final = {"INT": (9, 12), "OBG": (5, 4), "BED": (4, 7), "GIG": (11, 5)}
"""Of each clinic, how many have been called, and how many wait."""

CLINICS: Final = tuple(_CALLS)
_CHOSEN: Final = f"RSHS/{','.join(CLINICS)}"

_PICTURES: Final[dict[str, tuple[str, tuple[int, int]]]] = {
    "board-id": (_CHOSEN, TELEVISION),
    "board-en": (f"{_CHOSEN}?lang=en&theme=dark", TELEVISION),
    "board-one-clinic-id": ("RSHS/OBG?theme=dark", TELEVISION),
    "board-portrait-en": ("RSHS?lang=en&theme=dark", PORTRAIT_TELEVISION),
}
"""By the name of the file: the page, and the size of the screen."""


def draw(browser: Browser, broker: RunningBroker, hospital: Deployment, folder: Path) -> None:
    """Draws all; for the last one it stops the broker for a while, where that may be."""
    with WatchedPages(browser) as pages, WaitingRoom(broker, hospital, "RSHS") as room:
        _call(room)
        for name, (path, size) in _PICTURES.items():
            page = pages.open(f"{room.board.url}/{path}", size, device_scale_factor=_HALF)
            _keep(page, folder, name)
        if room.node is None:
            return
        page = pages.open(f"{room.board.url}/{_CHOSEN}", device_scale_factor=_HALF)
        expect(page.locator("#last .number").first).to_be_visible()
        with room.broker_away(room.node):
            expect(page.locator("#stale")).to_be_visible()
            _keep(page, folder, "board-stale-id")


def _call(room: WaitingRoom) -> None:
    """Some have been called, some wait, a doctor is late."""
    for clinic, (called, waiting) in _CALLS.items():
        counter = room.counter(clinic)
        for place in range(called):
            counter.call(room=place % 2 + 1)
        for _ in range(waiting):
            counter.register()
    room.counter("BED").ask("away", room=2, reason="late", until="2026-11-23T10:45:00+07:00")


def _keep(page: Page, folder: Path, name: str) -> None:
    """In English with several calls at once, in Indonesian when all but one were announced."""
    expect(page.locator("#last .number").first).to_be_visible()
    if name.endswith("-id"):
        expect(page.locator("#now[data-count='1']")).to_be_visible()
    keep(page, folder, name)
