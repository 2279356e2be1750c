"""How heavy the pages are and how soon they are there: `make page-speed`.

Each page is opened three times, each time by a browser that was just started and has kept nothing.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final
from urllib.parse import urlsplit

import click
from playwright.sync_api import Browser, sync_playwright

from admin_cli.catalog_file import read_catalog
from admin_cli.database.schema import migrate
from local_stack.stack import SAMPLE_CATALOG
from tests.broker import running_broker
from tests.browser.conftest import launch
from tests.database import opened
from tests.deployment import Deployment, Patient, deployed
from tests.processes import SECONDS_MAX
from tests.web.web_process import WebProcess, await_ready, start_web

TIMES: Final = 3
_HOSPITAL, _CLINIC = "RSHS", "GIG"

_MEASURE: Final = """async () => {
  while (!performance.getEntriesByName("first-contentful-paint").length) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const parts = ["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind));
  return {
    painted: performance.getEntriesByName("first-contentful-paint")[0].startTime,
    parts: parts.map((each) => [each.name, each.encodedBodySize, each.decodedBodySize]),
  };
}"""


@dataclass(frozen=True)
class Visit:
    """One page, as a browser found it that knew nothing."""

    painted_ms: float
    sent_bytes: int
    whole_bytes: int
    requests: int


def main() -> None:
    """Prints a line for each page."""
    with ExitStack() as stack, sync_playwright() as playwright:
        hospital = _hospital(stack)
        web, board = start_web(hospital, "web"), start_web(hospital, "board")
        await_ready(web)
        await_ready(board)
        pages = {
            "clinics of a hospital": f"{web.url}/hospitals/{_HOSPITAL}",
            "form": f"{web.url}/hospitals/{_HOSPITAL}/{_CLINIC}",
            "ticket": f"{web.url}/t/{_ticket(web)}",
            "kiosk": f"{web.url}/kiosk/{_HOSPITAL}",
            "board of all clinics": f"{board.url}/{_HOSPITAL}",
            "board of one clinic": f"{board.url}/{_HOSPITAL}/{_CLINIC}",
        }
        click.echo(f"{'page':24}{'first paint':>12}{'sent':>10}{'unpacked':>10}{'requests':>10}")
        for name, address in pages.items():
            visits = [_visit(launch(playwright), address) for _ in range(TIMES)]
            _print(name, visits)


def _hospital(stack: ExitStack) -> Deployment:
    broker = stack.enter_context(running_broker())
    directory = Path(stack.enter_context(TemporaryDirectory()))
    url = f"sqlite:///{directory}/antrean.sqlite"
    with opened(url) as engine:
        migrate(engine)
    hospital = stack.enter_context(deployed(broker, url, directory, catalog=read_catalog(SAMPLE_CATALOG)))
    hospital.start_together({"registrar": 1, "ticker": 1, "status": 1})
    return hospital


def _ticket(web: WebProcess) -> str:
    with web.client() as client:
        key = {"Idempotency-Key": "0198c0de-0000-7000-8000-000000000001"}
        body = Patient().body(_HOSPITAL, _CLINIC)
        code: str = client.post("/api/v1/tickets", json=body, headers=key).json()["ticket_code"]
    return code


def _visit(browser: Browser, address: str) -> Visit:
    page = browser.new_page()
    page.set_default_timeout(SECONDS_MAX * 1000)
    page.goto(address)
    found: dict[str, Any] = page.evaluate(_MEASURE)
    browser.close()
    parts = [(sent, whole) for name, sent, whole in found["parts"] if _is_part(name)]
    return Visit(
        found["painted"], sum(sent for sent, _ in parts), sum(whole for _, whole in parts), len(parts)
    )


def _is_part(address: str) -> bool:
    """A stream does not end, and clips are fetched when they are said."""
    return not urlsplit(address).path.endswith(("/stream", ".mp3"))


def _print(name: str, visits: list[Visit]) -> None:
    painted = median(each.painted_ms for each in visits)
    last = visits[-1]
    click.echo(
        f"{name:24}{painted:9.0f} ms{last.sent_bytes / 1000:7.1f} kB{last.whole_bytes / 1000:7.1f} kB"
        f"{last.requests:10}"
    )


if __name__ == "__main__":
    main()
