"""What is to be expected of a clinic's queue, from its catalog entry and what was learned of it.

What patients are told, and what the calibration holds against the truth, is made by these two functions.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from common.domain.catalog import Clinic, QueueMode
from common.domain.day_parts import day_parts
from common.domain.lanes import Lane, overtaking_max, people_ahead
from common.domain.queue_advance import Occupant
from common.domain.service_times import PartRecord, ServiceTimes
from common.domain.waiting_time import Estimate, Outlook, ServiceTime, Stretch


class Expected(NamedTuple):
    """How many of those who wait are called before a patient, and when the patient will be."""

    people_ahead: int
    call: Estimate


def clinic_outlook(
    clinic: Clinic, records: Mapping[int, PartRecord], occupants: Sequence[Occupant], now: datetime
) -> Outlook:
    """The outlook of today's queue; `records` are what was learned, by part of the day.

    A clinic that is moved by the clock serves exactly by the catalog, whatever was learned.
    """
    if clinic.mode is QueueMode.CLOCK:
        return Outlook(clinic.rooms, occupants, ServiceTime(clinic.mean_service, timedelta()), now)
    day = clinic.hospital.service_date(now)
    times = ServiceTimes(clinic, records, day)
    ahead = [part for part in day_parts(clinic, day) if part.ends_at > now]
    # A pause that the staff do not keep is none.
    is_pause = ahead[0].is_pause and not any(each.called_at >= ahead[0].begins_at for each in occupants)
    stretches = [
        Stretch(
            part.ends_at,
            None if (is_pause if part is ahead[0] else part.is_pause) else times.mean(part.part),
            times.priority_patients(part.part) / part.open_hours if part.open_hours else 0.0,
        )
        for part in ahead
    ]
    serving = next(part for part, stretch in zip(ahead, stretches, strict=True) if stretch.mean_seconds)
    return Outlook(clinic.rooms, occupants, times.service(serving.part), now, stretches)


def expected_call(
    outlook: Outlook, lane: Lane, ahead_in_lane: int, waiting_in_other_lane: int, streak: int, ratio: int
) -> Expected:
    """What somebody at this place in the lanes has to expect."""
    place = (lane, ahead_in_lane, waiting_in_other_lane, streak, ratio)
    ahead = people_ahead(*place)
    return Expected(ahead, outlook.estimate(ahead, overtaking_max(*place)))
