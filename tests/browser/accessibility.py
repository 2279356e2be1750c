"""What axe-core, the checker of the Web Content Accessibility Guidelines, finds on a page."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# AAA has the contrast of 7:1.
_OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


def violations(page: Page) -> list[str]:
    """Each rule that the page breaks, with the elements that do."""
    found = Axe().run(page, options=_OPTIONS).response["violations"]
    return [f"{each['id']}: {[node['html'][:200] for node in each['nodes']]}" for each in found]
