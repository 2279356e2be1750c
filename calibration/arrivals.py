"""When the patients of one day come, of whatever staff they find."""

from random import Random

from calibration.scenarios import Nature

_BURST_SECONDS = 20 * 60.0


def draw_arrivals(nature: Nature, day: int, rng: Random) -> list[float]:
    """The moments of the registrations on the day with this number, in order, in seconds from the opening."""
    family = nature.family
    expected = nature.load * nature.services_possible(day)
    open_seconds = sum(closes - opens for opens, closes in nature.sessions)
    moments: list[float] = []
    at = rng.expovariate(1.0)
    while at < expected * (1 - family.burst):
        second = at / (expected * (1 - family.burst)) * open_seconds
        for opens, closes in nature.sessions:
            if second < closes - opens:
                moments.append(opens + second)
                break
            second -= closes - opens
        at += rng.expovariate(1.0)
    moments += [rng.uniform(0, _BURST_SECONDS) for _ in range(round(expected * family.burst))]
    return sorted(moments)
