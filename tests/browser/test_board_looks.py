"""How the board looks: legible on every screen, in both languages and themes, and light."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import violations
from tests.browser.waiting_rooms import CHILD, CLOSED, NOW, TOOTH, Counter, WaitingRoom
from tests.browser.watched_pages import PHONE, PORTRAIT_TELEVISION, TELEVISION, WatchedPages, sizes

PAGE_BYTES_MAX = 100_000

ROOM = "#now .room"
CAPITAL = 0.711
"""Height of a capital letter for a font of size 1, in that with the smallest ones."""

LEGIBLE = 5.0 / 53.5
"""Letters of 5 cm on a television of 43 inches, whose picture is 53.5 cm high: legible at ten metres."""

_CUT_OFF = """() => [...document.querySelectorAll(".card, #now, #last, #shifted, footer, header")]
  .filter((each) => !each.hidden)
  .filter((each) => each.scrollHeight > each.clientHeight + 1 || each.scrollWidth > each.clientWidth + 1)
  .map((each) => each.outerHTML.slice(0, 200))"""

_SCROLLS = """() => [document.documentElement.scrollWidth > innerWidth,
  document.documentElement.scrollHeight > innerHeight]"""


@pytest.fixture(scope="module")
def at_work(room: WaitingRoom) -> WaitingRoom:
    """Patients are called to both rooms of two clinics; the doctor of one is late."""
    for clinic in (TOOTH, CHILD):
        counter = room.counter(clinic)
        for place in (1, 2):
            counter.call(room=place)
        for _ in range(3):
            counter.register()
    room.counter(CHILD).ask("away", room=2, reason="late", until="2026-11-23T13:30:00+07:00")
    return room


def shown(page: Page) -> Page:
    """The page, once it shows what is called."""
    expect(page.locator(NOW)).not_to_be_empty()
    expect(page.locator(".card").first).to_be_visible()
    return page


@pytest.mark.parametrize("language", ["id", "en"])
def test_axe_finds_nothing(at_work: WaitingRoom, pages: WatchedPages, language: str) -> None:
    page = shown(pages.open(f"{at_work.board.url}/{at_work.hospital}?lang={language}"))
    assert violations(page) == []
    page.click("#sound")
    assert violations(page) == []
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert violations(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_is_the_browsers_unless_it_is_named(
    at_work: WaitingRoom, pages: WatchedPages, theme: str
) -> None:
    other = {"light": "dark", "dark": "light"}[theme]
    ground = "getComputedStyle(document.body).backgroundColor"
    address = f"{at_work.board.url}/{at_work.hospital}"
    preferred = shown(pages.open(address, color_scheme=theme))
    named = shown(pages.open(f"{address}?theme={theme}", color_scheme=other))
    different = shown(pages.open(f"{address}?theme={other}", color_scheme=theme))
    assert preferred.evaluate(ground) == named.evaluate(ground) != different.evaluate(ground)


@pytest.mark.parametrize("path", ["/", "/NOWHERE"])
def test_axe_finds_nothing_on_the_other_pages(at_work: WaitingRoom, pages: WatchedPages, path: str) -> None:
    assert violations(pages.open(at_work.board.url + path)) == []


@pytest.mark.parametrize("path", ["", f"/{TOOTH}", f"/{TOOTH},{CHILD}"])
@pytest.mark.parametrize("size", [TELEVISION, PORTRAIT_TELEVISION, (1280, 720), (960, 540), (3840, 2160)])
def test_a_television_shows_all_of_it_without_scrolling(
    at_work: WaitingRoom, pages: WatchedPages, path: str, size: tuple[int, int]
) -> None:
    page = shown(pages.open(f"{at_work.board.url}/{at_work.hospital}{path}?lang=en", size))
    expect(page.locator("#clock")).not_to_be_empty()
    assert page.evaluate(_CUT_OFF) == []
    assert page.evaluate(_SCROLLS) == [False, False]
    # Several at once are announced in turns; then the room of the last one is as large as its number.
    expect(page.locator("#now[data-count='1']")).to_be_visible()
    assert page.evaluate(_CUT_OFF) == []
    for what in (NOW, ROOM):
        font = page.evaluate(f"parseFloat(getComputedStyle(document.querySelector('{what}')).fontSize)")
        assert font * CAPITAL > min(size) * LEGIBLE, f"{what} is not legible at ten metres"


def test_at_twice_the_size_nothing_is_lost(at_work: WaitingRoom, pages: WatchedPages) -> None:
    page = shown(pages.open(f"{at_work.board.url}/{at_work.hospital}", (960, 540), device_scale_factor=2))
    assert page.locator(".card").count() == 3
    assert page.evaluate(_CUT_OFF) == []
    assert violations(page) == []


def test_on_a_phone_everything_stands_below_one_another(at_work: WaitingRoom, pages: WatchedPages) -> None:
    page = pages.open(f"{at_work.board.url}/{at_work.large_hospital}", PHONE)
    expect(page.locator(".card")).to_have_count(30)
    assert page.evaluate(_SCROLLS) == [False, True]
    assert page.evaluate(_CUT_OFF) == []


def test_many_clinics_are_shown_in_turns(at_work: WaitingRoom, pages: WatchedPages) -> None:
    page = pages.context().new_page()
    page.clock.install()
    page.goto(f"{at_work.board.url}/{at_work.large_hospital}")
    names = set()
    for place in range(1, 6):
        expect(page.locator("#screens")).to_have_text(f"Layar {place} dari 5")
        assert page.evaluate(_SCROLLS) == [False, False]
        names.update(page.locator(".card h3").all_inner_texts())
        page.clock.run_for(12_000)
    assert len(names) == 30
    expect(page.locator("#screens")).to_have_text("Layar 1 dari 5")
    page.click("#pause")
    page.clock.run_for(30_000)
    expect(page.locator("#screens")).to_have_text("Layar 1 dari 5")


def test_the_screen_turns_to_the_clinic_that_calls(at_work: WaitingRoom, pages: WatchedPages) -> None:
    page = pages.open(f"{at_work.board.url}/{at_work.large_hospital}")
    expect(page.locator("#screens")).to_be_visible()
    Counter(at_work.large_hospital, "P30", at_work).call()
    expect(page.locator("[data-clinic=P30] .rooms .number")).to_have_text("P30-001")


def test_what_the_desk_says_and_when_a_closed_clinic_opens_are_shown(
    at_work: WaitingRoom, pages: WatchedPages
) -> None:
    page = shown(pages.open(f"{at_work.board.url}/{at_work.hospital}"))
    late = "Ruang Cempaka: dokter terlambat, diperkirakan mulai 13.30"
    expect(page.locator(f"[data-clinic={CHILD}] .messages li")).to_have_text(late)
    closed = page.locator(f"[data-clinic={CLOSED}] .closed")
    expect(closed).to_have_text("Tutup. Buka Minggu, 29 November, pukul 08.00")
    card = page.locator(f"[data-clinic={TOOTH}]")
    expect(card.locator(".waiting")).to_have_text("3 menunggu")
    expect(card.locator(".numbers li")).to_have_text(["GIG-003", "GIG-004", "GIG-005"])
    expect(card.locator(".wait")).to_contain_text("Daftar sekarang: menunggu sekitar")


def test_who_wants_no_motion_sees_none(at_work: WaitingRoom, pages: WatchedPages) -> None:
    page = shown(pages.open(f"{at_work.board.url}/{at_work.hospital}", reduced_motion="reduce"))
    page.evaluate("document.querySelector('#now li').classList.add('announced')")
    assert page.evaluate("document.getAnimations().length") == 0


def test_a_browser_without_scripts_says_what_is_missing(at_work: WaitingRoom, pages: WatchedPages) -> None:
    page = pages.open(f"{at_work.board.url}/{at_work.hospital}", java_script_enabled=False)
    expect(page.locator("noscript p")).to_contain_text("memerlukan JavaScript")


def test_the_page_is_light(at_work: WaitingRoom, pages: WatchedPages) -> None:
    page = shown(pages.open(f"{at_work.board.url}/{at_work.hospital}"))
    weights = sizes(page)
    assert all(any(name in address for address in weights) for name in ("/board.css", "/board.js"))
    assert 0 < sum(weights.values()) < PAGE_BYTES_MAX, weights
