"""The waiting room's board in a real browser: what is called is seen and heard, once, in its order."""

from playwright.sync_api import Route, expect

from tests.browser.waiting_rooms import CHILD, NOW, Ear, WaitingRoom, called, listening
from tests.browser.watched_pages import WatchedPages

DIGITS = ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan")

SILENT_ANNOUNCEMENT_MILLISECONDS = 5_000


def words(display_number: str, where: str) -> str:
    """The clips of a call with a number below ten."""
    clinic, number = display_number.split("-")
    letters = [DIGITS[int(sign)] if sign.isdigit() else sign for sign in clinic.lower()]
    said = ["nomor-antrean", *letters, DIGITS[int(number)], *where.split()]
    return " ".join(["chime", *(f"id/{word}" for word in said)])


def test_a_number_that_is_called_is_seen_and_heard_once(room: WaitingRoom, pages: WatchedPages) -> None:
    counter = room.new_counter()
    page, ear = listening(pages, room.address(counter))
    expect(page.locator("#nobody")).to_be_visible()
    number = counter.call(room=2)
    expect(page.locator(NOW)).to_have_text(number)
    expect(page.locator("#now .room")).to_have_text("Ruang 2")
    expect(page.locator("#now .clinic")).to_have_text(f"Poli Penyakit {counter.clinic}")
    expect(page.locator("#announced")).to_contain_text(f"{number}, silakan ke Ruang 2")
    expect(page.locator(".card .rooms .number")).to_have_text(number)
    assert ear.hears(page, 1) == [words(number, "silakan-ke ruang dua")]
    page.reload()
    page.locator("body").press("Shift")
    expect(page.locator("#sound[data-on=true]")).to_be_visible()
    expect(page.locator(NOW)).to_have_text(number)
    another = counter.call(room=2)
    expect(page.locator(NOW)).to_have_text(another)
    expect(page.locator("#last .number")).to_have_text([number])
    assert [called(clips) for clips in ear.hears(page, 2)] == ["satu", "dua"]


def test_calls_wait_for_one_another(room: WaitingRoom, pages: WatchedPages) -> None:
    one, other = room.new_counter(), room.new_counter()
    page, ear = listening(pages, room.address(one, other))
    numbers = [one.call(), other.call(), one.call(room=2)]
    expect(page.locator("#last .number")).to_have_count(2)
    rooms = ("satu", "satu", "dua")
    expected = [
        words(number, f"silakan-ke ruang {place}") for number, place in zip(numbers, rooms, strict=True)
    ]
    assert ear.hears(page, 3) == expected
    assert not ear.overlapped


def test_an_emergency_is_announced_before_those_who_wait(room: WaitingRoom, pages: WatchedPages) -> None:
    counter = room.new_counter()
    page, ear = listening(pages, room.address(counter))
    held: list[Route] = []
    page.route("**/voice/chime.mp3*", lambda route: held.append(route))
    for _ in range(2):
        counter.call()
    counter.ask("call_ticket", number=counter.register(), room=2, reason="emergency")
    expect(page.locator("#now [data-urgent=true]")).to_be_visible()
    for route in held:
        route.continue_()
    heard = ear.hears(page, 3)
    assert [called(clips) for clips in heard] == ["satu", "tiga", "dua"]
    expect(page.locator("[data-urgent=true] .number")).to_have_text(f"{counter.clinic}-003")


def test_every_new_call_is_seen_at_once_until_its_patient_has_come(
    room: WaitingRoom, pages: WatchedPages
) -> None:
    counter = room.new_counter()
    page, ear = listening(pages, room.address(counter))
    held: list[Route] = []
    page.route("**/voice/chime.mp3*", lambda route: held.append(route))
    first, second = counter.call(room=1), counter.call(room=2)
    expect(page.locator("#now .number")).to_have_text([first, second])
    expect(page.locator("#now .announced .number")).to_have_text(first)
    counter.ask("start", number=1)
    expect(page.locator("#now .number")).to_have_text([second])
    expect(page.locator("#last .number")).to_have_text([first])
    for route in held:
        route.continue_()
    assert [called(clips) for clips in ear.hears(page, 2)] == ["satu", "dua"]
    expect(page.locator("#now .number")).to_have_text([second])
    counter.ask("mark_no_show", number=2)
    expect(page.locator("#now .number")).to_have_text([first])


def test_a_number_that_is_called_again_is_heard_again(room: WaitingRoom, pages: WatchedPages) -> None:
    counter = room.new_counter()
    page, ear = listening(pages, room.address(counter))
    number = counter.call()
    ear.hears(page, 1)
    counter.ask("recall", number=1)
    assert ear.hears(page, 2) == [words(number, "silakan-ke ruang satu")] * 2
    assert len(set(ear.keys)) == 2


def test_a_call_that_is_taken_back_vanishes(room: WaitingRoom, pages: WatchedPages) -> None:
    counter = room.new_counter()
    page, ear = listening(pages, room.address(counter))
    number = counter.call()
    expect(page.locator(NOW)).to_have_text(number)
    ear.hears(page, 1)
    counter.ask("undo", room=1)
    expect(page.locator("#now")).to_be_hidden()
    expect(page.locator(".next .numbers")).to_have_text(number)


def test_a_room_is_called_by_its_name_or_patients_look_at_the_screen(
    room: WaitingRoom, pages: WatchedPages
) -> None:
    counter = room.counter(CHILD)
    page, ear = listening(pages, room.address(counter))
    first, second = counter.call(room=1), counter.call(room=2)
    expect(page.locator("#last .room")).to_have_text(["Ruang Anak 1"])
    assert ear.hears(page, 2) == [
        words(first, "silakan-ke ruang anak satu"),
        words(second, "silakan-lihat-layar"),
    ]


def test_english_follows_where_it_is_asked_for(room: WaitingRoom, pages: WatchedPages) -> None:
    counter = room.new_counter()
    page, ear = listening(pages, room.address(counter) + "?voice=id,en&lang=en")
    counter.call()
    [heard] = ear.hears(page, 1)
    assert heard.startswith("chime id/nomor-antrean id/p")
    assert heard.endswith("en/one en/please-go-to en/room en/one")
    expect(page.locator("#announced")).to_contain_text("please go to Room 1")


def test_without_sound_calls_are_shown_one_after_the_other(room: WaitingRoom, pages: WatchedPages) -> None:
    counter = room.new_counter()
    context = pages.context()
    ear = Ear(context)
    page = context.new_page()
    page.clock.install()
    page.goto(room.address(counter))
    number = counter.call()
    expect(page.locator(NOW)).to_have_text(number)
    page.clock.fast_forward(SILENT_ANNOUNCEMENT_MILLISECONDS)
    assert ear.hears(page, 1) == [""]


def test_the_sound_is_started_once_and_remembered(room: WaitingRoom, pages: WatchedPages) -> None:
    counter = room.new_counter()
    page, _ = listening(pages, room.address(counter))
    again = page.context.new_page()
    again.goto(room.address(counter))
    expect(again.locator("#sound")).to_have_text("Matikan suara")
    again.locator("body").press("Shift")
    expect(again.locator("#sound[data-on=true]")).to_be_visible()
    expect(again.locator("#sound-hint")).to_be_hidden()
    again.click("#sound")
    again.reload()
    expect(again.locator("#sound")).to_have_text("Mulai suara")


def test_clips_that_cannot_be_had_leave_the_rest_at_work(room: WaitingRoom, pages: WatchedPages) -> None:
    counter = room.new_counter()
    context = pages.context()
    context.route("**/voice/id/*", lambda route: route.abort())
    ear = Ear(context)
    page = context.new_page()
    page.goto(room.address(counter))
    page.click("#sound")
    counter.call()
    counter.call()
    assert len(ear.hears(page, 2)) == 2
