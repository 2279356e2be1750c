"""The kiosk in a real browser: prints by itself on both papers, goes home, and leaves nothing behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.watched_pages import PORTRAIT_TELEVISION, WatchedPages
from tests.deployment import HOSPITAL, Deployment, Patient
from tests.processes import SECONDS_MAX
from tests.web.web_process import WebProcess, await_ready, start_web

expect.set_options(timeout=SECONDS_MAX * 1000)

_PRINTED = "window.printed = 0; window.print = () => { window.printed += 1; };"
_POINTS_OF_MM = 72 / 25.4


@pytest.fixture(scope="module")
def process(hospital: Deployment) -> Iterator[WebProcess]:
    """One for all tests."""
    process = start_web(hospital, "web")
    await_ready(process)
    yield process
    assert process.program.stop() == 0


def kiosk(pages: WatchedPages, process: WebProcess, paper: str) -> Page:
    """The kiosk's first page; what it prints is counted."""
    page = pages.context(PORTRAIT_TELEVISION, locale="id-ID").new_page()
    page.add_init_script(_PRINTED)
    page.clock.install()
    page.goto(f"{process.url}/kiosk/{HOSPITAL}?paper={paper}")
    return page


def fill_in(page: Page, clinic: str, patient: Patient) -> None:
    """Touches a clinic, and fills the form in."""
    page.locator(f'a[href*="/{clinic}?"]').click()
    page.get_by_label("Nomor rekam medis").fill(patient.medical_record_number)
    page.get_by_label("Nama lengkap").fill(patient.name)
    page.get_by_label("Tanggal lahir").fill("19-07-1953")


@pytest.mark.parametrize(("paper", "clinic"), [("58", "C21"), ("80", "C22")])
def test_a_ticket_is_printed_on_one_piece_of_paper_and_forgotten(
    pages: WatchedPages, process: WebProcess, tmp_path: Path, paper: str, clinic: str
) -> None:
    page = kiosk(pages, process, paper)
    patient = Patient()
    fill_in(page, clinic, patient)
    page.get_by_role("button", name="Ambil nomor").click()
    expect(page.locator(".screen .number")).to_have_text(f"{clinic}-001")
    page.wait_for_function("window.printed === 1")
    assert patient.name not in page.content()
    printed = page.pdf(prefer_css_page_size=True)
    assert printed.count(b"/Type /Page\n") == 1 or printed.count(b"/Type /Page ") == 1
    width = float(printed.split(b"/MediaBox [0 0 ")[1].split()[0])
    assert abs(width - float(paper) * _POINTS_OF_MM) < 1
    page.clock.fast_forward(15_000)
    expect(page.get_by_role("heading", level=2).first).to_have_text(
        "Sentuh poli tujuan untuk mengambil nomor"
    )
    page.go_back()
    assert "/tickets/" not in page.url


def test_nobody_there_is_asked_and_what_was_typed_is_forgotten(
    pages: WatchedPages, process: WebProcess
) -> None:
    page = kiosk(pages, process, "80")
    fill_in(page, "C23", Patient())
    page.clock.fast_forward(61_000)
    question = page.get_by_role("dialog")
    expect(question).to_be_visible()
    question.get_by_role("button").click()
    expect(question).to_be_hidden()
    expect(page.get_by_label("Nama lengkap")).not_to_have_value("")
    page.clock.fast_forward(61_000)
    expect(question).to_be_visible()
    page.clock.fast_forward(16_000)
    expect(page.get_by_role("heading", level=2).first).to_be_visible()
    page.locator('a[href*="/C23?"]').click()
    expect(page.get_by_label("Nama lengkap")).to_have_value("")


def test_the_next_one_is_spoken_to_in_the_kiosk_s_own_language(
    pages: WatchedPages, process: WebProcess
) -> None:
    page = kiosk(pages, process, "80")
    page.get_by_role("link", name="English").click()
    heading = page.get_by_role("heading", level=2).first
    expect(heading).to_have_text("Touch your clinic to take a number")
    page.clock.fast_forward(31_000)
    expect(heading).to_have_text("Sentuh poli tujuan untuk mengambil nomor")


def test_a_kiosk_leads_nowhere_else(pages: WatchedPages, process: WebProcess) -> None:
    page = kiosk(pages, process, "80")
    page.locator('a[href*="/C24?"]').click()
    expect(page.get_by_label("Nama lengkap")).to_be_visible()
    links = page.eval_on_selector_all("a[href]", "(all) => all.map((each) => each.pathname)")
    assert links
    assert all(link.startswith("/kiosk/") for link in links)
