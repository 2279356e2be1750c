"""The patients' pages in a real browser, as wide as a telephone: with scripts and without, online and not."""

import re
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from patient_web.pages.ticket_view import NEAR_PEOPLE_MAX
from tests.browser.accessibility import violations
from tests.browser.notified_telephone import NotifiedTelephone
from tests.browser.watched_pages import PHONE, WatchedPages, sizes
from tests.deployment import CLOSED_CLINIC, HOSPITAL, Deployment, Patient
from tests.processes import SECONDS_MAX, eventually
from tests.web.api_client import api_client
from tests.web.desks import Desk, call_by_hand, desk_of
from tests.web.push_service import PushService, push_service
from tests.web.web_process import WebProcess, await_ready, start_web

PAGE_BYTES_MAX = 100_000
NEAR_PATTERN, CALLED_PATTERN = [300], [400, 200, 400, 200, 400]

expect.set_options(timeout=SECONDS_MAX * 1000)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PushService]:
    """Where telephones are notified."""
    with push_service(tmp_path_factory.mktemp("push")) as service:
        yield service


@pytest.fixture(scope="module")
def process(hospital: Deployment, service: PushService) -> Iterator[WebProcess]:
    """One for all tests."""
    call_by_hand(hospital)
    process = start_web(hospital, "web", 0, **service.settings)
    await_ready(process)
    yield process
    assert process.program.stop() == 0


@pytest.fixture
def desk(hospital: Deployment) -> Iterator[Desk]:
    """Who calls."""
    with desk_of(hospital) as desk:
        yield desk


def fill_in(page: Page, patient: Patient) -> None:
    """Fills the form in, and sends it."""
    page.get_by_label("Nomor rekam medis").fill(patient.medical_record_number)
    page.get_by_label("Nama lengkap").fill(patient.name)
    page.get_by_label("Tanggal lahir").fill("19-07-1953")
    page.get_by_role("button", name="Ambil nomor").click()


def take_number(page: Page, process: WebProcess, clinic: str, *, remember: bool = False) -> None:
    """From the list of clinics to the ticket."""
    page.goto(f"{process.url}/")
    page.locator(f'a[href="/hospitals/{HOSPITAL}/{clinic}"]').click()
    if remember:
        page.get_by_label("Ingat tiket ini").check()
    fill_in(page, Patient())
    expect(page.locator(".number")).to_have_text(re.compile(rf"{clinic}-\d{{3}}"))


def telephone(pages: WatchedPages, **options: object) -> Page:
    """A page as narrow as a telephone."""
    return pages.context(PHONE, locale="id-ID", **options).new_page()


def test_a_call_is_seen_at_once_on_the_page_and_in_the_tab(
    pages: WatchedPages, process: WebProcess, desk: Desk
) -> None:
    page = telephone(pages)
    take_number(page, process, "C01")
    expect(page.locator("[data-alert=near]")).to_be_visible()
    expect(page).to_have_title(re.compile("C01-001: Berikutnya giliran Anda"))
    desk.call_next("C01")
    expect(page.locator("[data-alert=called]")).to_be_visible()
    expect(page).to_have_title("C01-001: dipanggil!")
    expect(page.get_by_role("status").first).to_have_text(re.compile("Nomor C01-001 dipanggil. Silakan ke"))
    expect(page.locator(".room")).to_have_text("Ruang 1")


def test_the_telephone_vibrates_when_it_is_near_and_when_it_is_called(
    pages: WatchedPages, process: WebProcess, hospital: Deployment, desk: Desk
) -> None:
    with api_client(process, hospital) as ahead:
        numbers = [ahead.ticket("C16")["number"] for _ in range(NEAR_PEOPLE_MAX + 1)]
    page = telephone(pages)
    page.add_init_script("window.felt = []; navigator.vibrate = (pattern) => felt.push(pattern)")
    take_number(page, process, "C16")
    expect(page.locator(".ticket .moment")).to_be_visible()
    assert page.evaluate("felt") == []
    desk.ask("desk_cancel", "C16", number=numbers[0], reason="asked_at_counter")
    expect(page.locator("[data-alert=near]")).to_be_visible()
    assert page.evaluate("felt") == [NEAR_PATTERN]
    desk.ask("call_ticket", "C16", number=numbers[-1] + 1, room=1, reason="results")
    expect(page.locator("[data-alert=called]")).to_be_visible()
    assert page.evaluate("felt") == [NEAR_PATTERN, CALLED_PATTERN]


@pytest.mark.parametrize(
    ("clinic", "language", "button", "said", "title", "body"),
    [
        (
            *(
                "C17",
                "id",
                "Beri tahu saya di telepon ini",
                "Telepon ini memberi tahu Anda tentang tiket ini.",
            ),
            *("C17-001: dipanggil!", "Nomor C17-001 dipanggil. Silakan ke Ruang 1, Poli C17."),
        ),
        (
            *("C18", "en", "Notify me on this telephone", "This telephone notifies you of this ticket."),
            *("C18-001: called!", "Number C18-001 is called. Please go to Room 1, Poli C18."),
        ),
    ],
)
def test_a_telephone_shows_that_the_ticket_is_called_once_and_leads_to_its_page(
    pages: WatchedPages, process: WebProcess, desk: Desk, service: PushService,
    clinic: str, language: str, button: str, said: str, title: str, body: str,
) -> None:  # fmt: skip
    notified = NotifiedTelephone(pages, service, process.url)
    page = notified.page
    take_number(page, process, clinic)
    page.goto(f"{page.url}?lang={language}")
    address = page.url.partition("?")[0]
    page.get_by_role("button", name=button).click()
    expect(page.get_by_text(said)).to_be_visible()
    page.reload()
    expect(page.get_by_text(said)).to_be_visible()
    desk.call_next(clinic)
    eventually(lambda: bool(notified.browser.told), "the telephone is told")
    for _ in range(2):
        notified.deliver(notified.browser.told[0])
    path = address.removeprefix(process.url)
    shown = [{"title": title, "body": body, "lang": language, "tag": path, "path": path}]
    eventually(lambda: notified.shown() == shown, f"{notified.shown()} is {shown}")
    page.goto(f"{process.url}/code")
    assert notified.touched(path) == path


def test_notifications_are_taken_back(pages: WatchedPages, process: WebProcess, service: PushService) -> None:
    page = NotifiedTelephone(pages, service, process.url).page
    take_number(page, process, "C19")
    page.get_by_role("button", name="Beri tahu saya di telepon ini").click()
    page.get_by_role("button", name="Jangan beri tahu saya lagi").click()
    expect(page.get_by_text("Telepon ini tidak lagi memberi tahu Anda")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Beri tahu saya di telepon ini")).to_be_visible()
    assert page.evaluate("localStorage.length") == 0


def test_a_ticket_is_given_up_after_a_question(pages: WatchedPages, process: WebProcess) -> None:
    page = telephone(pages)
    take_number(page, process, "C02")
    page.get_by_role("link", name="Batalkan tiket").click()
    page.get_by_role("link", name="Tidak, simpan tiketnya").click()
    page.get_by_role("link", name="Batalkan tiket").click()
    page.get_by_role("button", name="Ya, batalkan").click()
    expect(page.locator(".ticket .status")).to_have_text(re.compile("dibatalkan"))


def test_a_double_click_back_and_forth_take_one_number(pages: WatchedPages, process: WebProcess) -> None:
    page = telephone(pages)
    page.goto(f"{process.url}/hospitals/{HOSPITAL}/C03")
    patient = Patient()
    page.get_by_label("Nomor rekam medis").fill(patient.medical_record_number)
    page.get_by_label("Nama lengkap").fill(patient.name)
    page.get_by_label("Tanggal lahir").fill("19-07-1953")
    page.get_by_role("button", name="Ambil nomor").dblclick()
    expect(page.locator(".number")).to_have_text("C03-001")
    address = page.url
    page.go_back()
    page.get_by_role("button", name="Ambil nomor").click()
    expect(page.locator(".number")).to_have_text("C03-001")
    assert page.url == address


def test_everything_works_without_a_script(pages: WatchedPages, process: WebProcess, desk: Desk) -> None:
    page = telephone(pages, java_script_enabled=False)
    take_number(page, process, "C04")
    desk.call_next("C04")
    page.get_by_role("link", name="Perbarui").click()
    expect(page.locator(".ticket .headline")).to_have_text(re.compile("Nomor C04-001 dipanggil"))
    assert 'http-equiv="refresh"' in page.content()


def test_what_was_known_last_is_shown_offline_and_said_to_be_old(
    pages: WatchedPages, process: WebProcess
) -> None:
    page = telephone(pages)
    page.goto(f"{process.url}/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    take_number(page, process, "C05", remember=True)
    address = page.url
    page.reload()
    expect(page.locator(".stale")).to_be_hidden()
    page.context.set_offline(True)
    expect(page.locator(".stale")).to_have_text(re.compile("Tidak ada sambungan. Ini keadaan pukul"))
    page.goto(address)
    expect(page.locator(".number")).to_have_text(re.compile("C05-"))
    expect(page.locator(".stale")).to_be_visible()
    page.goto(f"{process.url}/code")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tidak ada sambungan")
    page.context.set_offline(False)
    page.goto(address)
    expect(page.locator(".stale")).to_be_hidden()


def test_what_is_not_remembered_is_not_kept_and_what_is_forgotten_goes(
    pages: WatchedPages, process: WebProcess
) -> None:
    page = telephone(pages)
    page.goto(f"{process.url}/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    take_number(page, process, "C06")
    page.reload()
    kept = "caches.open('tickets').then((cache) => cache.keys()).then((keys) => keys.length)"
    assert page.evaluate(kept) == 0
    page.get_by_role("button", name="Ingat di perangkat ini").click()
    expect(page.get_by_role("button", name="Hapus dari perangkat ini")).to_be_visible()
    page.goto(f"{process.url}/tickets")
    expect(page.locator(".card")).to_have_count(1)
    assert page.evaluate(kept) > 0
    page.get_by_role("button", name="Hapus semua").click()
    expect(page.locator("main")).to_contain_text("tidak mengingat tiket apa pun")
    page.reload()
    assert page.evaluate(f"{kept}.then((count) => count <= 1)")


def test_what_is_kept_goes_with_the_cookie_and_when_its_time_is_over(
    pages: WatchedPages, process: WebProcess
) -> None:
    page = telephone(pages)
    page.goto(f"{process.url}/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    take_number(page, process, "C06", remember=True)
    page.reload()
    kept = "caches.open('tickets').then((cache) => cache.keys()).then((keys) => keys.length)"
    assert page.evaluate(kept) > 0
    page.evaluate(
        """caches.open("tickets").then((cache) => cache.put("/t/OLD",
          new Response("", {headers: {"Antrean-Keep": "60", "Date": "Wed, 01 Jan 2020 00:00:00 GMT"}})))"""
    )
    page.goto(f"{process.url}/code")
    old = "caches.open('tickets').then((cache) => cache.match('/t/OLD')).then((found) => found === undefined)"
    assert page.evaluate(old)
    assert page.evaluate(kept) > 0
    page.context.clear_cookies(name="tickets")
    page.goto(f"{process.url}/tickets")
    expect(page.locator("main")).to_contain_text("tidak mengingat tiket apa pun")
    assert page.evaluate(kept) == 0


def test_a_family_s_tickets_stand_side_by_side_and_live(
    pages: WatchedPages, process: WebProcess, desk: Desk
) -> None:
    page = telephone(pages)
    for clinic in ("C07", "C08"):
        take_number(page, process, clinic, remember=True)
    page.goto(f"{process.url}/tickets")
    expect(page.locator(".card")).to_have_count(2)
    desk.call_next("C07")
    expect(page.locator(".card.called .number")).to_have_text("C07-001")
    expect(page).to_have_title("C07-001: dipanggil!")


def test_a_transferred_ticket_is_followed_to_the_new_one(
    pages: WatchedPages, process: WebProcess, desk: Desk
) -> None:
    page = telephone(pages)
    take_number(page, process, "C13")
    old = page.url
    expect(page.locator(".ticket .moment")).to_be_visible()
    desk.ask("transfer", "C13", number=1, to_clinic="C14")
    expect(page.locator(".number")).to_have_text("C14-001")
    expect(page.locator(".note")).to_contain_text("Nomor C13-001 dilanjutkan di sini")
    assert page.url != old
    desk.call_next("C14")
    expect(page.locator("[data-alert=called]")).to_be_visible()


def test_a_page_catches_up_when_the_process_has_started_again(
    pages: WatchedPages, hospital: Deployment, desk: Desk
) -> None:
    first = start_web(hospital, "web")
    await_ready(first)
    page = telephone(pages)
    take_number(page, first, "C15")
    first.program.send(signal.SIGKILL)
    expect(page.locator(".stale")).to_be_visible()
    desk.call_next("C15")
    second = start_web(hospital, "web", first.port)
    await_ready(second)
    expect(page.locator("[data-alert=called]")).to_be_visible()
    expect(page.locator(".stale")).to_be_hidden()
    assert second.program.stop() == 0


def test_a_wrong_field_has_the_focus(pages: WatchedPages, process: WebProcess) -> None:
    page = telephone(pages)
    page.goto(f"{process.url}/hospitals/{HOSPITAL}/C09")
    page.get_by_label("Nomor rekam medis").fill("123")
    page.get_by_label("Tanggal lahir").fill("31-12-90")
    page.get_by_role("button", name="Ambil nomor").click()
    expect(page.get_by_label("Nama lengkap")).to_be_focused()
    expect(page.get_by_label("Nomor rekam medis")).to_have_value("123")


@pytest.mark.parametrize("language", ["id", "en"])
def test_everybody_can_read_and_reach_everything(
    pages: WatchedPages, process: WebProcess, language: str
) -> None:
    page = telephone(pages)
    take_number(page, process, "C10", remember=True)
    ticket = page.url
    form = f"{process.url}/hospitals/{HOSPITAL}/C10"
    addresses = [
        *(f"{process.url}{path}" for path in ("/", "/tickets", "/code", "/offline", "/t/0000-0000-0000")),
        *(ticket, f"{ticket}/cancel", form, f"{process.url}/hospitals/{HOSPITAL}/{CLOSED_CLINIC}"),
        *(f"{process.url}/kiosk/{HOSPITAL}", f"{process.url}/kiosk/{HOSPITAL}/C10"),
    ]
    faults = {}
    for address in addresses:
        page.goto(f"{address}?lang={language}")
        faults[address] = violations(page)
        # At twice the size of letters, on the narrowest telephone, nothing is cut off at the side.
        page.set_viewport_size({"width": 320, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.goto(f"{form}?lang={language}")
    page.locator("button.main").click()
    faults["wrong entries"] = violations(page)
    assert not any(faults.values()), faults


def test_a_page_is_light_and_its_parts_come_from_here_alone(pages: WatchedPages, process: WebProcess) -> None:
    page = telephone(pages)
    take_number(page, process, "C11")
    page.reload(wait_until="load")
    weights = sizes(page)
    assert any(".css" in address for address in weights)
    assert 0 < sum(weights.values()) < PAGE_BYTES_MAX, weights


def test_the_keyboard_alone_takes_a_number(pages: WatchedPages, process: WebProcess) -> None:
    page = telephone(pages)
    page.goto(f"{process.url}/hospitals/{HOSPITAL}/C12")
    page.get_by_label("Nomor rekam medis").focus()
    patient = Patient()
    for typed in (patient.medical_record_number, patient.name, "19-07-1953"):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_label("Ingat tiket ini")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".number")).to_have_text("C12-001")
