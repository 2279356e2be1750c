"""The gamma distribution with a given mean and variance: as much of it as waiting times need, in closed form.

Sources: E. B. Wilson and M. M. Hilferty, The Distribution of Chi-Square, PNAS 17(12), 1931; for the hazard's
continued fraction, NIST Digital Library of Mathematical Functions, 8.9.2.
"""

from collections.abc import Callable, Iterable
from math import erfc, exp, inf, lgamma, log, sqrt
from typing import NamedTuple, Self

_SHAPE_MAX = 100.0
"""What ages by a larger shape is taken for this one: its standard deviation is a tenth of its mean."""

_SECONDS_MIN = 1e-6
"""A shorter mean is none: a moment is no finer, and its square would soon be nothing at all."""

_FRACTION_TERMS = 12
"""Terms of the continued fraction: beyond the mean, and up to that shape, it is right to a thousandth."""


class Gamma(NamedTuple):
    """A span of time that is not known for certain, in seconds. Without variance it is certain."""

    mean: float
    variance: float

    def quantiles(self, levels: Iterable[float]) -> list[float]:
        """What it stays below with the probabilities with which a standard normal variable stays below each
        of the `levels`; its median for 0."""
        mean = self.mean
        if self.variance <= 0 or mean < _SECONDS_MIN:
            return [mean for _ in levels]
        ninth = self.variance / (9 * mean**2)
        middle, deviation = 1 - ninth, sqrt(ninth)
        return [
            mean * root**3 if (root := middle + level * deviation) > 0 else 0.0  # in half the time of `max`
            for level in levels
        ]

    def levels(self) -> Callable[[float], float]:
        """Tells the level for which so many seconds are the quantile; infinite on both sides of what is
        certain."""
        mean = self.mean
        if self.variance <= 0 or mean < _SECONDS_MIN:
            return lambda seconds: inf if seconds >= mean else -inf
        ninth = self.variance / (9 * mean**2)
        least, deviation = ninth - 1, sqrt(ninth)
        return lambda seconds: ((seconds / mean) ** (1 / 3) + least if seconds > 0 else least) / deviation

    def plus(self, other: Self) -> Self:
        """Both, one after the other."""
        return type(self)(self.mean + other.mean, self.variance + other.variance)

    def times(self, factor: float) -> Self:
        """So many times as long."""
        return type(self)(self.mean * factor, self.variance * factor**2)

    def left_after(self, age: float) -> Self:
        """What is left of it when it has lasted for `age` and is not over."""
        if self.variance <= 0:
            return type(self)(max(self.mean - age, 0.0), 0.0)
        scale = max(self.variance / self.mean, self.mean / _SHAPE_MAX)
        shape, x = self.mean / scale, age / scale
        rising = x * _hazard(shape, x) if x > 0 else 0.0
        mean = shape + rising
        second_moment = (shape + 1) * mean + x * rising
        return type(self)(max(scale * (mean - x), 0.0), scale**2 * max(second_moment - mean**2, 0.0))


NONE = Gamma(0.0, 0.0)
"""No time at all."""


def _hazard(shape: float, x: float) -> float:
    """The density at `x` of a gamma distribution of scale 1, given that it is not less."""
    if x < shape:
        ninth = 1 / (9 * shape)
        beyond = erfc(((x / shape) ** (1 / 3) - 1 + ninth) / sqrt(2 * ninth)) / 2
        return exp((shape - 1) * log(x) - x - lgamma(shape)) / beyond
    fraction = x + 2 * _FRACTION_TERMS + 1 - shape
    for term in range(_FRACTION_TERMS, 0, -1):
        fraction = x + 2 * term - 1 - shape - term * (term - shape) / fraction
    return fraction / x
