"""The staff of hospitals, and what they may do: who serves where, in which role."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

EVERY_HOSPITAL: Final = "*"
"""In the place of a hospital's code: all of them."""


class StaffRole(StrEnum):
    """What somebody does: moves queues, registers and corrects patients, or answers for the clinic."""

    CALLER = "caller"
    RECEPTION = "reception"
    MANAGER = "manager"


EVERY_ROLE: Final = frozenset(StaffRole)
MOVES_QUEUES: Final = frozenset({StaffRole.CALLER, StaffRole.MANAGER})
SEES_TO_PATIENTS: Final = frozenset({StaffRole.RECEPTION, StaffRole.MANAGER})
RUNS_CLINICS: Final = frozenset({StaffRole.MANAGER})


@dataclass(frozen=True, slots=True)
class Duty:
    """A role in some clinics of a hospital; `clinics` None: in all of them."""

    hospital: str
    clinics: frozenset[str] | None
    role: StaffRole

    def covers(self, hospital: str, clinic: str) -> bool:
        """Whether it holds in this clinic."""
        is_here = self.hospital in (EVERY_HOSPITAL, hospital)
        return is_here and (self.clinics is None or clinic in self.clinics)


@dataclass(frozen=True, slots=True)
class StaffMember:
    """An active member of staff: the name of the user at the broker, and at least one duty."""

    user: str
    duties: tuple[Duty, ...]

    def may(self, roles: Collection[StaffRole], hospital: str, clinic: str) -> bool:
        """Whether one of these roles is theirs in this clinic."""
        return any(duty.role in roles and duty.covers(hospital, clinic) for duty in self.duties)
