"""What is left of a clinic of which somebody is away, and how its day goes on then."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from common.domain.absences import Absence
from common.domain.catalog import Clinic
from common.domain.queue_advance import Occupant
from common.domain.waiting_time import Stretch

_UNKNOWN_MIN = timedelta(minutes=10)
"""How long an absence lasts on at least of which nobody knows when it is over."""


class StaffedRooms(NamedTuple):
    """In which rooms patients are called, from when on, and when others come to these, in order."""

    rooms: Sequence[int]
    begins_at: datetime
    others_at: Sequence[datetime]

    def occupants(self, occupants: Sequence[Occupant]) -> list[Occupant]:
        """Who is in these rooms, counted from 1. Whoever is in another is followed by nobody for now."""
        places = {room: place for place, room in enumerate(self.rooms, start=1)}
        return [replace(each, room=places[each.room]) for each in occupants if each.room in places]

    def course(self, stretches: Sequence[Stretch]) -> list[Stretch]:
        """The stretches of the day from now on: a pause until patients are called, who are called the quicker
        the more rooms there are."""
        rest = [each for each in stretches if each.ends_at > self.begins_at] or stretches[-1:]
        found, rooms, others = [Stretch(self.begins_at, None)], len(self.rooms), [*self.others_at]
        for stretch in rest:
            while others and (stretch is rest[-1] or others[0] < stretch.ends_at):  # the last has no end
                found.append(self._paced(stretch, rooms)._replace(ends_at=others.pop(0)))
                rooms += 1
            found.append(self._paced(stretch, rooms))
        return found

    def _paced(self, stretch: Stretch, rooms: int) -> Stretch:
        mean = stretch.mean_seconds
        return stretch if mean is None else stretch._replace(mean_seconds=mean * len(self.rooms) / rooms)


def staffed_rooms(clinic: Clinic, absences: Sequence[Absence], now: datetime) -> StaffedRooms:
    """What is left of a clinic. Whoever is away is back when it was said; where nobody knows, after as long
    again as it lasts."""
    back_at = {each.room: each.until or now + max(now - each.since, _UNKNOWN_MIN) for each in absences}
    clinic_back_at = back_at.get(None, now)
    calls_at = {
        room: max(back_at.get(room, now), clinic_back_at) for room in range(1, max(clinic.rooms, 1) + 1)
    }
    begins_at = min(calls_at.values())
    rooms = [room for room, at in calls_at.items() if at == begins_at]
    return StaffedRooms(rooms, begins_at, sorted(at for at in calls_at.values() if at > begins_at))
