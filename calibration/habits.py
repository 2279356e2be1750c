"""Families of habits: how staff serve who are no queueing law, and what their desk says of it."""

from dataclasses import dataclass, field

RESULTS_SHARE = 0.5
"""Of a service: for how long results are looked at."""


@dataclass(frozen=True)
class Doctor:
    """Who serves in one room, in seconds from the opening: comes up to `late` after `comes`, leaves at
    `leaves` (None: when everybody was served); needs `slowness` times the usual time for a service."""

    room: int = 1
    comes: float = 0.0
    late: float = 0.0
    leaves: float | None = None
    slowness: float = 1.0


@dataclass(frozen=True)
class Habits:
    """How the staff of a clinic serve; times are in seconds, means of exponential distributions where they
    are called so.

    `mean_gap`: between the end of a service and the next call. `mean_notice`: until somebody who is free sees
    a newcomer. `batch`: so many are called at once. `lunch`: nobody is called within. `return_share`: of the
    patients, those who come back with results between others, and are not called. `desk_says`: the rooms that
    the desk sets, and when. `week`: the load of the days of a week, relative.
    """

    doctors: tuple[Doctor, ...] = (Doctor(),)
    mean_gap: float = 0.0
    mean_notice: float = 0.0
    batch: int = 1
    lunch: tuple[float, float] | None = None
    return_share: float = 0.0
    desk_says: tuple[tuple[float, int], ...] = field(default=())
    week: tuple[float, ...] = (1.0,)

    @property
    def rooms(self) -> int:
        """How many rooms there are."""
        return max(doctor.room for doctor in self.doctors)

    def load(self, day: int) -> float:
        """The load of the day with this number, relative to the others."""
        return self.week[day % len(self.week)]

    def seconds_at_work(self, doctor: Doctor, closes: float) -> float:
        """For how long a doctor serves, on average, before the clinic closes."""
        begins, ends = self.lunch or (0.0, 0.0)
        leaves = closes if doctor.leaves is None else doctor.leaves
        return leaves - doctor.comes - doctor.late / 2 - (ends - begins)

    def seconds_each(self, doctor: Doctor, mean_service: float) -> float:
        """How long a patient takes with a doctor, with all that follows."""
        return doctor.slowness * mean_service * (1 + self.return_share * RESULTS_SHARE) + self.mean_gap

    def lunch_left(self, second: float) -> float:
        """How long the lunch lasts that is held at this moment; 0 where none is."""
        begins, ends = self.lunch or (0.0, 0.0)
        return max(ends - second, 0.0) if begins <= second else 0.0
