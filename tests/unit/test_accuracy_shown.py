"""What a desk reads of the times that patients were told."""

from typing import Any

import pytest

from clinic_desk.accuracy import print_accuracy
from common.words.texts import Texts


def of_clinic(clinic: str, held: int, late: int, apart: int = 0) -> dict[str, Any]:
    """The accuracy of a clinic in which so many held, and came late."""
    times = {
        "told": held + late,
        "held": held,
        "missed": 0,
        "late": late,
        "uncalled": 0,
        "apart": apart,
        "median_width_minutes": 25,
        "mean_wait_seconds": 1800,
    }
    return {"clinic": clinic, "first_date": "2026-11-24", "last_date": "2026-11-30", "times": times}


@pytest.mark.parametrize(
    ("held", "late", "verdict"),
    [
        (80, 20, "80% of the times told are to hold: 80% did. The promise is kept."),
        (60, 40, "80% of the times told are to hold: 60% did, fewer than promised."),
        (95, 5, "80% of the times told are to hold: 95% did; they are wider than they need be."),
        (9, 1, "80% of the times told are to hold; fewer than 100 were told, too few to say."),
    ],
)
def test_a_sentence_says_whether_the_promise_was_kept(
    held: int, late: int, verdict: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print_accuracy(Texts("en"), [of_clinic("GIG", held, late)])

    assert verdict in capsys.readouterr().out


def test_clinics_are_judged_each_and_all_together(capsys: pytest.CaptureFixture[str]) -> None:
    print_accuracy(Texts("id"), [of_clinic("GIG", 80, 20), of_clinic("ANA", 40, 60, apart=3)])
    lines = capsys.readouterr().out.splitlines()

    rows = {line.split()[0]: line.split()[1:] for line in lines if line.startswith(" ")}
    assert rows["GIG"] == ["100", "80%", "0%", "20%", "0%", "ditepati", "25", "30"]
    assert rows["Semua"] == ["200", "60%", "0%", "40%", "0%", "kurang", "–", "–"]
    assert any("3 panggilan tidak dinilai" in line for line in lines)


def test_where_nothing_was_told_there_is_no_table(capsys: pytest.CaptureFixture[str]) -> None:
    print_accuracy(Texts("en"), [of_clinic("GIG", 0, 0)])

    assert capsys.readouterr().out.splitlines() == [
        "24 Nov 2026 – 30 Nov 2026",
        "No patient was told a time in these days that can be judged.",
    ]
