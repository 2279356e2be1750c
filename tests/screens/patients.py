"""The patients' pages on a telephone, and the kiosk with its paper."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, ViewportSize

from tests.deployment import Deployment
from tests.processes import SECONDS_MAX
from tests.screens.pictures import keep
from tests.web.desks import Desk, desk_of
from tests.web.web_process import WebProcess, await_ready, start_web

HOSPITAL = "RSHS"
CLINICS = CLINIC, OTHER_CLINIC = "GIG", "ANA"
PHONE: ViewportSize = {"width": 360, "height": 740}
KIOSK: ViewportSize = {"width": 768, "height": 1024}
_PAPER_WIDTHS = {"58": 219, "80": 302}  # millimetres in pixels of 1/96 inch

_NAMES = ("Siti Aminah", "Budi Santoso", "Dewi Lestari", "Agus Salim", "Rina Marlina", "Joko Susilo")


def draw(browser: Browser, hospital: Deployment, folder: Path) -> None:
    """Draws all, in both languages."""
    process = start_web(hospital, "web", ANTREAN_PUBLIC_URL="https://antrean.example")
    await_ready(process)
    with desk_of(hospital) as desk:
        for number, language in enumerate(("id", "en")):
            _telephone(browser, process, desk, folder, language, number)
            _kiosk(browser, process, folder, language, number)


def _telephone(
    browser: Browser, process: WebProcess, desk: Desk, folder: Path, language: str, number: int
) -> None:
    theme: Any = ("light", "dark")[number]
    context = browser.new_context(viewport=PHONE, color_scheme=theme, locale=language)
    context.set_default_timeout(SECONDS_MAX * 1000)
    page = context.new_page()

    def shown(name: str) -> None:
        keep(page, folder, f"phone-{name}-{language}", full_page=name == "ticket")

    page.goto(f"{process.url}/hospitals/{HOSPITAL}?lang={language}")
    shown("clinics")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.goto(f"{process.url}/hospitals/{HOSPITAL}/{OTHER_CLINIC}")
    page.locator("#date_of_birth").fill("31-12-90")
    page.locator("form button.main").click()
    shown("form")
    for place in range(3):
        _register(page, process, CLINIC, 10 * number + place)
    _register(page, process, CLINIC, 10 * number + 4, remember=True)
    _register(page, process, CLINIC, 10 * number + 5, remember=True)
    ticket = page.url
    page.reload()
    shown("ticket")
    context.set_offline(True)
    page.goto(ticket)
    shown("offline")
    context.set_offline(False)
    page.goto(f"{ticket}/cancel")
    shown("cancel")
    page.goto(f"{process.url}/tickets")
    for _ in range(4):
        called = desk.ask("call_next", CLINIC, hospital=HOSPITAL, room=1)["ticket"]["number"]
        for step in ("start", "complete"):
            desk.ask(step, CLINIC, hospital=HOSPITAL, number=called)
    desk.ask("call_next", CLINIC, hospital=HOSPITAL, room=1)
    page.locator(".called").wait_for()
    shown("tickets")
    page.goto(ticket)
    shown("called")
    _clear(desk)
    context.close()


def _kiosk(browser: Browser, process: WebProcess, folder: Path, language: str, number: int) -> None:
    context = browser.new_context(viewport=KIOSK, locale=language)
    context.set_default_timeout(SECONDS_MAX * 1000)
    for paper, width in _PAPER_WIDTHS.items():
        page = context.new_page()
        page.add_init_script("window.print = () => undefined")
        page.goto(f"{process.url}/kiosk/{HOSPITAL}?paper={paper}&lang={language}")
        keep(page, folder, f"kiosk-{language}")
        page.goto(f"{process.url}/kiosk/{HOSPITAL}/{OTHER_CLINIC}?paper={paper}")
        _fill_in(page, 10 * number + 6 + (paper == "80"))
        keep(page, folder, f"kiosk-form-{language}")
        page.locator("form button.main").click()
        page.locator(".screen .number").wait_for()
        keep(page, folder, f"kiosk-taken-{language}")
        page.emulate_media(media="print")
        page.set_viewport_size({"width": width, "height": 400})
        keep(page, folder, f"paper-{paper}-{language}", full_page=True)
        page.close()
    context.close()


def _register(page: Page, process: WebProcess, clinic: str, who: int, *, remember: bool = False) -> None:
    page.goto(f"{process.url}/hospitals/{HOSPITAL}/{clinic}")
    if remember:
        page.locator("#remember").check()
    _fill_in(page, who)
    page.locator("form button.main").click()
    page.locator(".ticket .number").wait_for()


def _fill_in(page: Page, who: int) -> None:
    page.locator("#medical_record_number").fill(f"{100_000 + who:08d}")
    page.locator("#name").fill(_NAMES[who % len(_NAMES)])
    page.locator("#date_of_birth").fill("31-01-1990")


def _clear(desk: Desk) -> None:
    """Serves who is called, so that the next one can be."""
    queue = desk.ask("desk_queue", CLINIC, hospital=HOSPITAL)
    for each in queue["in_rooms"]:
        for step in ("start", "complete"):
            desk.ask(step, CLINIC, hospital=HOSPITAL, number=each["number"])
