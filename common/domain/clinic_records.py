"""What is kept of a clinic, of which its waiting times are told."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from common.domain.interval_correction import NO_CORRECTION, Correction
from common.domain.service_times import PartRecord
from common.domain.staff_habits import NO_HABITS, Habits


@dataclass(frozen=True, slots=True)
class ClinicRecords:
    """What was learned of its services, by part of the day, and of its staff's habits; and what the intervals
    told missed lately."""

    parts: Mapping[int, PartRecord] = field(default_factory=dict)
    habits: Habits = NO_HABITS
    correction: Correction = NO_CORRECTION


NO_RECORDS = ClinicRecords()
"""Where nothing was learned."""
