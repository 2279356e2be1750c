"""What axe-core, the checker of the Web Content Accessibility Guidelines, finds on a page."""

from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# AAA has the contrast of 7:1.
_ALL = ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_OF_COLOURS = ["color-contrast", "color-contrast-enhanced", "link-in-text-block"]


def violations(page: Page) -> list[str]:
    """Each rule that the page breaks, with the elements that do: light, and dark, which only colours are."""
    return _found(page, "light", _ALL) + _found(page, "dark", _OF_COLOURS)


def _found(page: Page, scheme: Literal["light", "dark"], rules: list[str]) -> list[str]:
    page.emulate_media(color_scheme=scheme)
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    return [f"{scheme}: {each['id']}: {[node['html'][:200] for node in each['nodes']]}" for each in found]
