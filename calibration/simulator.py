"""The truth: one clinic's day, simulated by ciw, which knows nothing of the system."""

from collections.abc import Sequence
from random import Random
from typing import Any

import ciw

from calibration.arrivals import draw_arrivals
from calibration.scenarios import RATIOS, Family, Nature, Patient
from common.domain.lanes import Lane

_NO_SHOW_SECONDS = (60.0, 240.0)
"""For how long a called patient is waited for, from and to."""

_DAY_SECONDS = 24 * 3600.0


def simulate_day(nature: Nature, day: int, seed: int) -> list[Patient]:
    """One day's patients in the order in which they registered."""
    rng = Random(seed)
    ciw.seed(seed)
    rooms = _Rooms(nature, rng)
    arrivals = [(at, _draw_lane(nature.family, rng)) for at in draw_arrivals(nature, day, rng)]
    kinds = sorted({lane.value for _, lane in arrivals})
    network = ciw.create_network(
        arrival_distributions={
            kind: [_Moments([at for at, lane in arrivals if lane == kind])] for kind in kinds
        },
        service_distributions={kind: [rooms] for kind in kinds},
        number_of_servers=[_servers(nature)],
        service_disciplines=[rooms.next_patient],
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(_DAY_SECONDS)
    records = simulation.get_all_records(only=["service"])
    patients = [
        Patient(
            registered=float(each.arrival_date),
            called=float(each.service_start_date),
            ended=float(each.service_end_date),
            lane=Lane(each.customer_class),
            came=each.id_number not in rooms.no_shows,
        )
        for each in records
    ]
    return sorted(patients, key=lambda each: each.registered)


def _servers(nature: Nature) -> Any:
    """All rooms serve within the sessions, and after the last one until everybody was served."""
    rooms = nature.family.rooms
    if len(nature.sessions) == 1:
        return rooms
    (_, pause_begins), (pause_ends, _) = nature.sessions
    return ciw.Schedule([rooms, 0, rooms], [pause_begins, pause_ends, _DAY_SECONDS], preemption=False)


def _draw_lane(family: Family, rng: Random) -> Lane:
    share = rng.random()
    if share < family.priority:
        return Lane.PRIORITY
    return Lane.EMERGENCY if share < family.priority + family.emergency else Lane.REGULAR


class _Moments(ciw.dists.Distribution):  # type: ignore[misc]
    """Arrivals at given moments."""

    def __init__(self, moments: Sequence[float]) -> None:
        super().__init__()
        gaps = [at - before for before, at in zip([0.0, *moments], moments, strict=False)]
        self._gaps = iter([*gaps, float("inf")])

    def sample(self, t: Any = None, ind: Any = None) -> float:  # noqa: ARG002
        return next(self._gaps)


class _Rooms(ciw.dists.Distribution):  # type: ignore[misc]
    """How long each patient occupies a room, and whose turn it is when one comes free."""

    def __init__(self, nature: Nature, rng: Random) -> None:
        super().__init__()
        self._nature = nature
        self._rng = rng
        self._pace = max(rng.gauss(1.0, nature.family.pace), 0.5)
        self._in_a_row = dict.fromkeys(RATIOS, 0)
        self.no_shows: set[int] = set()

    def __deepcopy__(self, memo: object) -> "_Rooms":
        """ciw copies distributions, one for each kind of patient; but the rooms are the same for all."""
        return self

    def sample(self, t: Any = None, ind: Any = None) -> float:
        """Asked once for each patient, at the moment of the call."""
        for lane in RATIOS:
            if ind.customer_class == lane:
                self._in_a_row[lane] += 1
                break
            self._in_a_row[lane] = 0
        if self._rng.random() < self._nature.no_shows:
            self.no_shows.add(ind.id_number)
            return self._rng.uniform(*_NO_SHOW_SECONDS)
        # ciw opens the rooms again when a pause ends, whoever is still in them: nobody is.
        longest = min((opens - t for opens, _ in self._nature.sessions if opens > t), default=_DAY_SECONDS)
        return min(self._nature.draw_service(self._rng, t, self._pace), longest)

    def next_patient(self, waiting: list[Any], t: float) -> Any:  # noqa: ARG002
        """The first of the lane whose turn it is."""
        left = waiting
        for lane, ratio in RATIOS.items():
            of_lane = [each for each in left if each.customer_class == lane]
            left = [each for each in left if each.customer_class != lane]
            if of_lane and (not left or self._in_a_row[lane] < ratio):
                return of_lane[0]
        return left[0]
