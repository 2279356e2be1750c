"""The wait of who would register now: in words for patients, in one short figure on the terminal."""

import pytest

from common.words.clinics import expected_wait, expected_wait_between
from common.words.texts import Texts

INDONESIAN, ENGLISH = Texts("id"), Texts("en")


def clinic(wait: int, shortest: int, longest: int) -> dict[str, object]:
    return {
        "is_open": True,
        "estimated_wait_seconds": wait,
        "shortest_wait_seconds": shortest,
        "longest_wait_seconds": longest,
    }


@pytest.mark.parametrize(
    ("seconds", "indonesian", "english"),
    [
        ((0, 0, 0), "kurang dari 1 menit", "less than a minute"),
        ((10, 0, 180), "hingga 3 menit", "up to 3 min"),
        (
            (120, 10, 300),
            "sekitar 2 menit, antara kurang dari 1 menit dan 5 menit",
            "around 2 min, between less than a minute and 5 min",
        ),
        (
            (780, 600, 1020),
            "sekitar 13 menit, antara 10 menit dan 17 menit",
            "around 13 min, between 10 min and 17 min",
        ),
    ],
)
def test_patients_read_the_wait_in_words(
    seconds: tuple[int, int, int], indonesian: str, english: str
) -> None:
    assert expected_wait_between(clinic(*seconds), INDONESIAN) == indonesian
    assert expected_wait_between(clinic(*seconds), ENGLISH) == english


def test_the_terminal_has_its_short_figure() -> None:
    assert expected_wait(clinic(0, 0, 0), INDONESIAN) == "< 1 menit"
