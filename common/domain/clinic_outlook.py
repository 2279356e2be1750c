"""What is to be expected of a clinic's queue, from its catalog entry and what was learned of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from common.domain.catalog import Clinic, QueueMode
from common.domain.day_parts import DayPart, day_parts
from common.domain.queue_advance import Occupant
from common.domain.service_times import PartRecord, ServiceTimes
from common.domain.waiting_time import Outlook, ServiceTime, Stretch


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
    parts = day_parts(clinic, day)
    open_hours: dict[int, float] = {}
    for each in parts:
        if each.is_open:
            open_hours[each.part] = open_hours.get(each.part, 0.0) + each.length.total_seconds() / 3600
    ahead = [each for each in parts if each.ends_at > now]
    stretches = []
    for each in ahead:
        is_pause = each.is_pause and not _calls_during(each, occupants)
        per_hour = times.priority_patients(each.part) / open_hours[each.part] if each.is_open else 0.0
        stretches.append(Stretch(each.ends_at, None if is_pause else times.service(each.part).mean, per_hour))
    next_part = next(each.part for each, stretch in zip(ahead, stretches, strict=True) if stretch.mean)
    return Outlook(clinic.rooms, occupants, times.service(next_part), now, stretches)


def _calls_during(pause: DayPart, occupants: Sequence[Occupant]) -> bool:
    """Whether the staff do not keep the pause."""
    return any(pause.begins_at <= each.called_at < pause.ends_at for each in occupants)
