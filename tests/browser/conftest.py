"""The browser of the tests of pages: a Chromium that is installed here, driven by Playwright."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from local_stack.install import CHROMIUM, find_chromium
from tests.broker import RunningBroker
from tests.browser.waiting_rooms import WaitingRoom, new_code, waiting_rooms_catalog
from tests.browser.watched_pages import WatchedPages
from tests.deployment import at_work
from tests.processes import SECONDS_MAX
from tests.web.conftest import hospital as hospital

_MISSING = (
    f"Chromium is missing: `make test` installs it where it may; else install {CHROMIUM.debian} and run"
    f" again, or name a browser of its kind in {CHROMIUM.instead}."
)

# Without these it would ask its maker's hosts for updates and the like, or for a graphics card.
_ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One for each file, since no test can run an asyncio loop of its own while Playwright's is there."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


def launch(playwright: Playwright) -> Browser:
    """The browser; where there is none, the test fails."""
    path = os.environ.get(CHROMIUM.instead) or find_chromium()
    if path is None:
        pytest.fail(_MISSING)
    expect.set_options(timeout=SECONDS_MAX * 1000)
    return playwright.chromium.launch(executable_path=path, args=_ARGUMENTS, timeout=SECONDS_MAX * 1000)


@pytest.fixture
def pages(chromium: Browser) -> Iterator[WatchedPages]:
    """Opens pages; at the end of the test none of them has failed, or asked another host for anything."""
    with WatchedPages(chromium) as opened:
        yield opened


@pytest.fixture(scope="module")
def room(
    broker: RunningBroker, _migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WaitingRoom]:
    """A waiting room, for all tests of a module."""
    codes, directory = (new_code(), new_code()), tmp_path_factory.mktemp("hospital")
    with (
        at_work(broker, _migrated_sqlite, directory, waiting_rooms_catalog(*codes)) as deployment,
        WaitingRoom(broker, deployment, *codes) as room,
    ):
        yield room
