"""The gamma distribution's approximations, held against distributions of which everything is known."""

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.gamma import Gamma

Z_90 = 1.2816

means = st.floats(1, 10_000)
irregularities = st.floats(0.1, 1.5)
"""Standard deviation as a part of the mean."""


@given(means, st.floats(-3, 3))
def test_what_is_certain_has_one_quantile(mean: float, z: float) -> None:
    assert Gamma(mean, 0).quantiles([-z, z]) == [mean, mean]


@given(means)
def test_the_quantiles_of_an_exponential_distribution(mean: float) -> None:
    exponential = Gamma(mean, mean**2)
    least, median, most = exponential.quantiles([-Z_90, 0, Z_90])
    assert median == pytest.approx(mean * log(2), rel=0.02)
    assert most == pytest.approx(mean * log(10), rel=0.02)
    assert least == pytest.approx(mean * -log(0.9), rel=0.08)


@given(means, st.floats(0, 20))
def test_an_exponential_service_does_not_age(mean: float, age: float) -> None:
    left = Gamma(mean, mean**2).left_after(age * mean)
    assert left.mean == pytest.approx(mean, rel=0.06)
    assert left.variance == pytest.approx(mean**2, rel=0.3)


@given(means, st.floats(0, 5))
def test_what_is_certain_is_over_when_its_time_has_passed(mean: float, age: float) -> None:
    assert Gamma(mean, 0).left_after(age * mean) == Gamma(max(mean - age * mean, 0), 0)


@given(means, irregularities)
def test_a_service_that_has_just_begun_is_a_whole_one(mean: float, irregularity: float) -> None:
    service = Gamma(mean, (irregularity * mean) ** 2)
    left = service.left_after(0)
    assert left.mean == pytest.approx(mean)
    assert left.variance == pytest.approx(service.variance)


@given(means, irregularities, st.floats(0, 30))
def test_something_is_left_of_a_service_that_is_not_over(
    mean: float, irregularity: float, age: float
) -> None:
    left = Gamma(mean, (irregularity * mean) ** 2).left_after(age * mean)
    assert left.mean >= 0
    assert left.variance >= 0
    assert left.mean + age * mean >= mean * 0.999


def test_what_is_left_of_an_erlang_service() -> None:
    """Of two exponential phases of 5 minutes, after 10 minutes: 5 · (1 + 1/3) minutes, by hand."""
    left = Gamma(600, 2 * 300**2).left_after(600)
    assert left.mean == pytest.approx(400, rel=0.02)
    assert left.variance == pytest.approx(300**2 * (4 / 3 + 2 / 9), rel=0.05)


@given(st.floats(0, 1e-6, exclude_max=True), st.floats(0, 1e-6), st.floats(-2, 2))
def test_a_span_shorter_than_any_moment_is_none(mean: float, variance: float, z: float) -> None:
    assert all(0 <= each <= 1e-6 for each in Gamma(mean, variance).quantiles([-z, 0, z]))
