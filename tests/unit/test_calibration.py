"""The calibration of a hand-written day: the predictions that patients get, and the figures."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from calibration import report
from calibration.findings import summarise
from calibration.habit_families import HABIT_FAMILIES
from calibration.habits import Doctor, Habits
from calibration.observer import Moment, ObservedClinic, Prediction
from calibration.scenarios import FAMILIES, Family, Law, Nature, Patient, draw_nature
from common.domain.lanes import Lane

FAMILY = Family("by hand", rooms=1)
NATURE = Nature(FAMILY, mean_service=600, configured_mean=300, drift=0.0, no_shows=0.0, load=1.0)


def patient(registered: float, called: float, ended: float, *, lane: Lane = Lane.REGULAR) -> Patient:
    """One who came, with moments in minutes from the opening."""
    return Patient(60 * registered, 60 * called, 60 * ended, lane, came=True)


DAY = [
    patient(0, 0, 10),
    patient(1, 20, 30),
    patient(2, 30, 40),
    patient(5, 10, 20, lane=Lane.PRIORITY),
]


@pytest.fixture(scope="module")
def predictions() -> list[Prediction]:
    """The predictions for the patients of `DAY` on a clinic's first day."""
    return list(ObservedClinic(NATURE).observe(DAY, Random(1)))


@pytest.fixture(scope="module")
def predictions_of_a_week() -> list[Prediction]:
    """The predictions on seven such days."""
    clinic, rng = ObservedClinic(NATURE), Random(1)
    return [each for _ in range(7) for each in clinic.observe(DAY, rng)]


def test_waiting_patients_get_a_prediction_at_registration(predictions: list[Prediction]) -> None:
    registered = [
        (each.at - predictions[0].at) / timedelta(minutes=1) for each in predictions if each.at_registration
    ]
    assert registered == [0, 1, 4]


def test_the_rivals_are_what_they_are_said_to_be(predictions: list[Prediction]) -> None:
    opens_at = predictions[0].at - timedelta(minutes=1)
    second, third, last = (each for each in predictions if each.at_registration)
    assert [each.configured - each.at for each in (second, third, last)] == [
        timedelta(minutes=minutes) for minutes in (0, 5, 0)
    ]
    assert [each.fixed - opens_at for each in (second, third, last)] == [
        timedelta(minutes=minutes) for minutes in (20, 30, 40)
    ]
    assert third.last_wait == third.at
    assert last.called_at == opens_at + timedelta(minutes=10)


def test_predictions_do_not_depend_on_the_future() -> None:
    other_end = [*DAY[:1], patient(1, 20, 90), patient(2, 90, 95), DAY[3]]
    one, other = (
        [each for each in ObservedClinic(NATURE).observe(day, Random(1)) if each.at_registration]
        for day in (DAY, other_end)
    )
    assert [each.estimate for each in one] == [each.estimate for each in other]


def test_figures(predictions_of_a_week: list[Prediction]) -> None:
    found = summarise(FAMILY, predictions_of_a_week)
    held = [
        each.estimate.earliest_call_at <= each.called_at <= each.estimate.latest_call_at
        for each in predictions_of_a_week
    ]
    assert found.coverage == pytest.approx(sum(held) / len(held))
    assert found.coverage + found.early + found.late == pytest.approx(1)
    assert found.predictions == len(held) > 21
    assert min(found.error, *found.rivals.values()) > 0


def test_the_table_stands_between_its_markers(predictions_of_a_week: list[Prediction]) -> None:
    found = summarise(FAMILY, predictions_of_a_week)
    text = "before\n<!-- measured: calibration -->\nold\n<!-- end: calibration -->\nafter"
    written = report.put(
        text, "calibration", report.table("What was run.", report.HEADINGS, [report.row(found)])
    )
    assert written.startswith("before\n<!-- measured: calibration -->\n\nWhat was run.\n\n| family |")
    assert written.endswith("|\n\n<!-- end: calibration -->\nafter")
    assert "| by hand | 1 |" in written
    assert "old" not in written


@pytest.mark.parametrize("law", Law)
def test_services_have_the_mean_and_the_spread_of_their_family(law: Law) -> None:
    rng = Random(1)
    nature = draw_nature(Family("", 1, law, irregularity=0.5), rng)
    drawn = [nature.draw_service(rng, 0, pace=1.0) / nature.mean_service for _ in range(20_000)]
    mean = sum(drawn) / len(drawn)
    assert mean == pytest.approx(1, abs=0.02)
    assert sum((each - mean) ** 2 for each in drawn) / len(drawn) == pytest.approx(0.25, abs=0.02)


def test_no_family_is_twice_there() -> None:
    families = [*FAMILIES, *HABIT_FAMILIES]
    assert len({(each.name, each.rooms) for each in families}) == len(families)


def test_the_moments_of_an_estimate(predictions: list[Prediction]) -> None:
    """The first is called when the room opens; all others wait while it is taken."""
    assert not any(Moment.ROOM_FREE in each.moments for each in predictions)
    assert not any(Moment.BEFORE_FIRST_CALL in each.moments for each in predictions)
    registered = [each for each in predictions if each.at_registration]
    assert [Moment.ONE_AHEAD in each.moments for each in registered] == [False, True, False]


def test_rooms_that_the_desk_sets_serve_from_then_on() -> None:
    habits = Habits((Doctor(), Doctor(room=2, comes=1200)), desk_says=((0.0, 1), (1200.0, 2)))
    nature = replace(NATURE, family=Family("by hand", 2, habits=habits))
    assert (nature.rooms_at_opening, nature.rooms_said) == (1, ((0.0, 1), (1200.0, 2)))
    later = replace(patient(2, 20, 40), room=2)
    found = list(ObservedClinic(nature).observe([patient(0, 0, 30), later], Random(1)))
    assert [each.per_room - each.at for each in found] == [timedelta()] * len(found)
