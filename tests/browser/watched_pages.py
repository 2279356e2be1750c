"""Pages of a browser, watched for what no page of ours may do."""

from typing import Any, Self
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from tests.processes import SECONDS_MAX

PHONE = (360, 740)
TELEVISION = (1920, 1080)
PORTRAIT_TELEVISION = (1080, 1920)

_OWN_SCHEMES = ("data", "blob", "about")


class WatchedPages:
    """Opens pages, and raises AssertionError at the end where one of them had an error in its script, broke
    the Content-Security-Policy, or asked a host for anything that was not its own."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self._faults: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for context in self._contexts:
            context.close()
        assert kind is not None or not self._faults, self._faults

    def context(self, size: tuple[int, int] = TELEVISION, **options: Any) -> BrowserContext:
        """A browser with a memory of its own, in Indonesian; `options` are those of Playwright's
        `new_context`. Nothing moves, since each frame costs as much as a page."""
        width, height = size
        ours = {
            "locale": "id-ID",
            "viewport": {"width": width, "height": height},
            "reduced_motion": "reduce",
        }
        given = ours | options
        context = self._browser.new_context(**given)
        context.set_default_timeout(SECONDS_MAX * 1000)
        context.on("page", self._watch)
        self._contexts.append(context)
        return context

    def open(self, address: str, size: tuple[int, int] = TELEVISION, **options: Any) -> Page:
        """A page in a browser of its own."""
        page = self.context(size, **options).new_page()
        page.goto(address)
        return page

    def _watch(self, page: Page) -> None:
        hosts: set[str] = set()

        def asked(request: Request) -> None:
            parts = urlsplit(request.url)
            if parts.scheme in _OWN_SCHEMES:
                return
            hosts.add(parts.netloc)
            if len(hosts) > 1:
                self._faults.append(f"It asked several hosts: {sorted(hosts)}")

        def said(message: ConsoleMessage) -> None:
            if "Content Security Policy" in message.text or "Content-Security-Policy" in message.text:
                self._faults.append(message.text)

        page.on("request", asked)
        page.on("console", said)
        page.on("pageerror", lambda error: self._faults.append(f"An error in a script: {error}"))


def sizes(page: Page) -> dict[str, int]:
    """How many bytes, before compression, the page and each of its parts have, by their addresses."""
    found: list[tuple[str, int]] = page.evaluate(
        """["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind))
          .map((each) => [each.name, each.decodedBodySize])"""
    )
    return dict(found)
