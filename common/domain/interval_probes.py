"""What would have been told of the call between the moments in which patients were told something.

Those who register do not see all moments of a queue: while the doctors are at lunch, or with one ahead, many
look again, and few come. So it is asked every ten minutes what somebody would be told who had so many before
them. It is worked out by the next call: until then, nothing has happened that was not known at that moment.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from math import ceil

from common.domain.catalog import Clinic
from common.domain.clinic_outlook import ClinicOutlook, clinic_outlook
from common.domain.clinic_records import ClinicRecords
from common.domain.interval_correction import Probe
from common.domain.queue_advance import Occupant
from common.domain.staff_habits import Call, Habits, waited_since
from common.domain.ticket_states import TicketStatus

_EVERY_SECONDS = 600
_MOMENTS_MAX = 6
"""Before one call; where more time has passed, the last ones."""

_AHEAD = (0, 1, 5)
"""So many are supposed to be called before, in turn and from among those who wait."""


def probes_before(clinic: Clinic, records: ClinicRecords, day: date, call: Call) -> Iterator[Probe]:
    """What would have been told since the call before on the service day `day`, as far as somebody waited
    then; `records` are what was known."""
    habits = records.habits.on(day)
    # What was said since then was not known.
    said_at = max([clinic.serving_since, *[each.since for each in clinic.absences]])
    begins = max(waited_since(clinic, habits, day, call)[1], said_at.timestamp())
    after_last = ceil(call.called_at.timestamp() / _EVERY_SECONDS)
    first = max(ceil(begins / _EVERY_SECONDS), after_last - _MOMENTS_MAX)
    for seconds in range(first * _EVERY_SECONDS, after_last * _EVERY_SECONDS, _EVERY_SECONDS):
        at = datetime.fromtimestamp(seconds, UTC)
        if clinic.service_date(at) != day:
            continue
        outlook = clinic_outlook(clinic, records, _in_rooms(habits, seconds), at)
        if isinstance(outlook, ClinicOutlook):
            yield from _probes(outlook, call, at)


def _probes(outlook: ClinicOutlook, call: Call, at: datetime) -> Iterator[Probe]:
    since = call.waiting_since if call.waiting_since <= at else None
    for ahead in _AHEAD:
        if ahead <= call.waiting:
            _, earliest, latest, moment = outlook.estimate(ahead, since=since)
            yield Probe(ahead, int(earliest.timestamp()), int(latest.timestamp()), moment)


def _in_rooms(habits: Habits, seconds: float) -> list[Occupant]:
    """Who was in the rooms then, whoever it was."""
    return [
        Occupant(0, room, TicketStatus.CALLED, datetime.fromtimestamp(use.called, UTC))
        for room, use in sorted(habits.rooms.items())
        if use.called <= seconds and (use.ended is None or use.ended > seconds)
    ]
