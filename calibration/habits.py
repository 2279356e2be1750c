"""Families of habits: how staff serve who are no queueing law, and what their desk says of it."""

from dataclasses import dataclass, field

DAYS_OF_WEEK = 6
_FRIDAY = 4

RESULTS_SHARE = 0.5
"""Of a service: for how long results are looked at."""


@dataclass(frozen=True)
class Doctor:
    """Who serves in one room, in seconds from the opening: comes up to `late` after `comes`, by so much on a
    `late_share` of the days, leaves at `leaves` (None: when everybody was served); needs `slowness` times the
    usual time for a service; does not come on the days of the week `off`."""

    room: int = 1
    comes: float = 0.0
    late: float = 0.0
    late_share: float = 1.0
    leaves: float | None = None
    slowness: float = 1.0
    off: tuple[int, ...] = ()


@dataclass(frozen=True)
class Habits:
    """How the staff of a clinic serve; times are in seconds, means of exponential distributions where they
    are called so.

    `breaks`: after which share of the services a doctor goes away, and for how long on average.
    `calls_ahead`: so long before the end of a service the next is called, if somebody waits. `back_share`: of
    those called, who come back in front of all others; they were served until then if they were `sent` on,
    else not there, and parked. `lunch_said`: the desk says until when the clinic is away. `fridays_end`: on
    the fifth day of the week everybody leaves then.

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
    breaks: tuple[float, float] = (0.0, 0.0)
    calls_ahead: float = 0.0
    back_share: float = 0.0
    sent: bool = False
    lunch_said: bool = False
    fridays_end: float | None = None

    @property
    def rooms(self) -> int:
        """How many rooms there are."""
        return max(doctor.room for doctor in self.doctors)

    def load(self, day: int) -> float:
        """The load of the day with this number, relative to the others."""
        return self.week[day % len(self.week)]

    def seconds_at_work(self, doctor: Doctor, day: int, closes: float) -> float:
        """For how long a doctor serves on a day, on average, before the clinic closes."""
        if day % DAYS_OF_WEEK in doctor.off:
            return 0.0
        begins, ends = self.lunch or (0.0, 0.0)
        leaves = self.leaves(doctor, day)
        return (closes if leaves is None else leaves) - doctor.comes - doctor.late / 2 - (ends - begins)

    def leaves(self, doctor: Doctor, day: int) -> float | None:
        """When a doctor leaves on a day."""
        if self.fridays_end is not None and day % DAYS_OF_WEEK == _FRIDAY:
            return self.fridays_end
        return doctor.leaves

    def seconds_each(self, doctor: Doctor, mean_service: float) -> float:
        """How long a patient takes with a doctor, with all that follows."""
        shares = (
            1 + self.return_share * RESULTS_SHARE + (self.back_share * RESULTS_SHARE if self.sent else 0.0)
        )
        share, away = self.breaks
        return doctor.slowness * mean_service * shares + self.mean_gap + share * away

    def lunch_left(self, second: float) -> float:
        """How long the lunch lasts that is held at this moment; 0 where none is."""
        begins, ends = self.lunch or (0.0, 0.0)
        return max(ends - second, 0.0) if begins <= second else 0.0
