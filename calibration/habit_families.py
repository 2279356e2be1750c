"""Clinics whose staff have habits: what the waiting times are held against besides the laws of queues."""

from dataclasses import replace
from typing import Any

from calibration.habits import Doctor, Habits
from calibration.scenarios import Family

_MINUTE, _HOUR = 60.0, 3600.0
_CLOSES = 7 * _HOUR
_FIRST, _SECOND, _THIRD = (Doctor(room) for room in (1, 2, 3))
_TWO, _THREE = (_FIRST, _SECOND), (_FIRST, _SECOND, _THIRD)
_FROM_TEN = (_FIRST, replace(_SECOND, comes=2 * _HOUR), replace(_THIRD, comes=2 * _HOUR))
_UNTIL_TWELVE = (_FIRST, replace(_SECOND, leaves=4 * _HOUR), replace(_THIRD, leaves=4 * _HOUR))
_TWO_SHIFTS = (Doctor(leaves=4 * _HOUR), Doctor(comes=4.25 * _HOUR, slowness=0.7))
_STAGGERED = (_FIRST, replace(_SECOND, comes=_HOUR), replace(_THIRD, comes=2.5 * _HOUR))
_FORTY_MINUTES = (3 * _HOUR, 3 * _HOUR + 40 * _MINUTE)
_NONE_MEANWHILE = ((0.0, 2), (_FORTY_MINUTES[0], 0), (_FORTY_MINUTES[1], 2))


def _late(minutes: float, *doctors: Doctor) -> tuple[Doctor, ...]:
    return tuple(replace(doctor, late=minutes * _MINUTE) for doctor in doctors)


def _rarely_late(minutes: float, *doctors: Doctor) -> tuple[Doctor, ...]:
    return tuple(replace(doctor, late_share=0.2) for doctor in _late(minutes, *doctors))


def _family(name: str, habits: Habits, **others: Any) -> Family:
    return replace(Family(name, habits.rooms, habits=habits), **others)


HABIT_FAMILIES = (
    _family("called in fives", Habits(batch=5)),
    _family("rooms 1 to 3 at 10:00, said", Habits(_FROM_TEN, desk_says=((0.0, 1), (2 * _HOUR, 3)))),
    _family("rooms 1 to 3 at 10:00, unsaid", Habits(_FROM_TEN)),
    _family("catalog half the truth, first day", Habits(), catalog_factor=0.5, learning_days=0),
    _family("catalog twice the truth, first day", Habits(), catalog_factor=2.0, learning_days=0),
    _family("1.5 minutes until the next call", Habits(mean_gap=1.5 * _MINUTE)),
    _family("1.5 minutes until the next call", Habits(_TWO, mean_gap=1.5 * _MINUTE)),
    _family("one leaves an hour early", Habits((_FIRST, replace(_SECOND, leaves=_CLOSES - _HOUR)))),
    _family("the only one leaves an hour early", Habits((Doctor(leaves=_CLOSES - _HOUR),))),
    _family("lunch at 12 unsaid", Habits(lunch=(4 * _HOUR, 4.75 * _HOUR))),
    _family("lunch at 12 unsaid", Habits(_THREE, lunch=(4 * _HOUR, 4.75 * _HOUR))),
    _family("up to 75 minutes late", Habits(_late(75, _FIRST))),
    _family("up to 75 minutes late", Habits(_late(75, *_TWO))),
    _family("a newcomer is noticed after a minute", Habits(_TWO, mean_notice=_MINUTE)),
    _family("one is three times as slow", Habits((_FIRST, replace(_SECOND, slowness=3.0)))),
    _family("called in twos", Habits(_TWO, batch=2)),
    _family("20 % come back with results", Habits(_TWO, return_share=0.2)),
    _family("Mondays are full", Habits(_TWO, week=(1.3, 1.0, 0.9, 0.9, 1.0, 0.6))),
    _family("two shifts", Habits(_TWO_SHIFTS)),
    _family("rooms 3 to 1 at 12:00, unsaid", Habits(_UNTIL_TWELVE)),
    _family("a helper in the first hour", Habits((_FIRST, replace(_SECOND, leaves=_HOUR)))),
    _family("a nurse calls five minutes ahead", Habits(calls_ahead=5 * _MINUTE)),
    _family("15 % are sent on and come back", Habits(_TWO, back_share=0.15, sent=True)),
    _family("15 % are parked and come back", Habits(_TWO, back_share=0.15)),
    _family("an hour late on a fifth of the days", Habits(_rarely_late(60, *_TWO))),
    _family("the only one late on a fifth of the days", Habits(_rarely_late(60, _FIRST))),
    _family("one is off on Wednesdays", Habits((_FIRST, replace(_SECOND, off=(2,))))),
    _family("many short breaks", Habits(_TWO, breaks=(0.15, 8 * _MINUTE))),
    _family("many short breaks", Habits(breaks=(0.15, 8 * _MINUTE))),
    _family("they come one after the other", Habits(_STAGGERED)),
    _family("Fridays end at noon", Habits(_TWO, fridays_end=4 * _HOUR)),
    _family("rooms 0 said for 40 minutes", Habits(_TWO, lunch=_FORTY_MINUTES, desk_says=_NONE_MEANWHILE)),
    _family("lunch at 12 said", Habits(_TWO, lunch=(4 * _HOUR, 4.75 * _HOUR), lunch_said=True)),
    _family(
        "everything by habit",
        Habits(
            _late(30, _FIRST, replace(_SECOND, slowness=1.5)),
            mean_gap=_MINUTE,
            mean_notice=_MINUTE,
            lunch=(4 * _HOUR, 4.5 * _HOUR),
            return_share=0.1,
        ),
        burst=0.35,
    ),
)
"""What the waiting times are held against."""
