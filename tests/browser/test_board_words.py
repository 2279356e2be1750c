"""What the board says, as names of clips: the functions of its script, in a browser."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from waiting_room.voice.clips import CLIPS, find_clips

_STATIC = Path(__file__).parents[2] / "waiting_room" / "static"

GIG_11 = {"display_number": "GIG-011", "number": 11, "room": 2, "room_name": None}
CALL = "nomor-antrean g i g sebelas"


@pytest.fixture(scope="module")
def scripts(chromium: Browser) -> Page:
    page = chromium.new_page()
    page.add_script_tag(path=_STATIC / "words.js")
    return page


@pytest.fixture
def page(scripts: Page) -> Page:
    """With all clips that we have."""
    scripts.evaluate("names => { window.clips = new Set(names); }", list(find_clips(None)))
    return scripts


def said(page: Page, number: int, language: str) -> str:
    words: list[str] = page.evaluate("given => antrean.words.numberWords(...given)", [number, language])
    return " ".join(words)


def clips(page: Page, call: dict[str, Any], language: str = "id") -> str | None:
    """The clips of a call without their language, which they all have."""
    found: list[str] | None = page.evaluate(
        "given => antrean.words.callClips(...given, name => window.clips.has(name))", [call, language]
    )
    return None if found is None else " ".join(name.removeprefix(f"{language}/") for name in found)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "satu"),
        (10, "sepuluh"),
        (11, "sebelas"),
        (12, "dua belas"),
        (19, "sembilan belas"),
        (20, "dua puluh"),
        (21, "dua puluh satu"),
        (100, "seratus"),
        (111, "seratus sebelas"),
        (205, "dua ratus lima"),
        (999, "sembilan ratus sembilan puluh sembilan"),
        (1000, "seribu"),
        (1111, "seribu seratus sebelas"),
        (2010, "dua ribu sepuluh"),
        (9999, "sembilan ribu sembilan ratus sembilan puluh sembilan"),
        (10250, "satu nol dua lima nol"),
    ],
)
def test_a_number_is_said_as_indonesians_say_it(page: Page, number: int, words: str) -> None:
    assert said(page, number, "id") == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (7, "seven"),
        (12, "twelve"),
        (40, "forty"),
        (99, "ninety nine"),
        (101, "one hundred one"),
        (3020, "three thousand twenty"),
    ],
)
def test_a_number_is_said_in_english(page: Page, number: int, words: str) -> None:
    assert said(page, number, "en") == words


@pytest.mark.parametrize("language", ["id", "en"])
def test_there_is_a_clip_of_every_word_of_every_number_and_letter(page: Page, language: str) -> None:
    missing = page.evaluate(
        """language => {
          const words = new Set("abcdefghijklmnopqrstuvwxyz".split(""));
          for (let number = 0; number <= 9999; number += 1) {
            antrean.words.numberWords(number, language).forEach((word) => words.add(word));
          }
          return [...words].filter((word) => !window.clips.has(language + "/" + word));
        }""",
        language,
    )
    assert missing == []


def test_a_call_is_the_number_and_then_the_room(page: Page) -> None:
    assert clips(page, GIG_11) == f"{CALL} silakan-ke ruang dua"
    assert clips(page, GIG_11, "en") == "queue-number g i g eleven please-go-to room two"


def test_digits_of_a_clinics_code_are_said_as_digits(page: Page) -> None:
    call = GIG_11 | {"display_number": "K2B-1203", "number": 1203}
    assert clips(page, call) == "nomor-antrean k dua b seribu dua ratus tiga silakan-ke ruang dua"


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("Ruang Anak 2", "silakan-ke ruang anak dua"),
        ("Poli Penyakit Dalam 12", "silakan-ke poli penyakit dalam dua belas"),
        ("Ruang Cempaka", "silakan-lihat-layar"),
        ("***", "silakan-lihat-layar"),
    ],
)
def test_a_room_is_called_by_its_name_where_every_word_has_a_clip(page: Page, name: str, where: str) -> None:
    assert clips(page, GIG_11 | {"room_name": name}) == f"{CALL} {where}"


def test_a_recording_of_a_whole_name_is_preferred(page: Page) -> None:
    page.evaluate("window.clips.add('id/ruang-cempaka')")
    assert clips(page, GIG_11 | {"room_name": "Ruang Cempaka"}) == f"{CALL} silakan-ke ruang-cempaka"


def test_the_name_of_a_room_is_said_in_indonesian_also_after_english(page: Page) -> None:
    said_in_english = clips(page, GIG_11 | {"room_name": "Ruang Anak 2"}, "en")
    assert said_in_english == "queue-number g i g eleven please-go-to id/ruang id/anak id/dua"


def test_a_call_without_a_room_is_its_number(page: Page) -> None:
    assert clips(page, GIG_11 | {"room": None}) == CALL


def test_where_a_clip_of_the_number_is_missing_none_is_played(page: Page) -> None:
    page.evaluate("window.clips.delete('id/sebelas')")
    assert clips(page, GIG_11) is None


def test_the_browsers_own_voice_says_a_sentence(page: Page) -> None:
    sentence = "call => antrean.words.callSentence(call, 'id')"
    assert page.evaluate(sentence, GIG_11) == "Nomor antrean G I G, 11, silakan ke ruang 2."
    named = GIG_11 | {"room_name": "Ruang Melati"}
    assert page.evaluate(sentence, named) == "Nomor antrean G I G, 11, silakan ke Ruang Melati."
    assert page.evaluate(sentence, GIG_11 | {"room": None}) == "Nomor antrean G I G, 11."


@pytest.mark.parametrize(
    ("wanted", "languages"),
    [(None, ["id"]), ("id,en", ["id", "en"]), ("en", ["en"]), ("en,en,xx,toString", ["en"]), ("xx", ["id"])],
)
def test_the_languages_of_the_voice_are_those_that_it_has(
    page: Page, wanted: str | None, languages: list[str]
) -> None:
    assert page.evaluate("wanted => antrean.words.voiceLanguages(wanted)", wanted) == languages


def test_all_clips_together_are_small() -> None:
    assert sum(path.stat().st_size for path in CLIPS.rglob("*.mp3")) < 600_000
