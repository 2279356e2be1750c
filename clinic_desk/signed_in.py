"""Who is signed in at the desk, and what they may do there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clinic_desk.problem_words import CONSOLE_WORDS
from common.domain.staff import EVERY_HOSPITAL, Duty, StaffMember, StaffRole
from common.words.texts import Texts


@dataclass(frozen=True)
class SignedInUser:
    """A user, from the reply to `desk_user`. `is_whole`: all duties are known; else more may be allowed than
    is known here. The workers decide in any case."""

    member: StaffMember
    is_whole: bool

    @property
    def name(self) -> str:
        """The name of the user at the broker."""
        return self.member.user

    def may(self, roles: frozenset[StaffRole], hospital: str, clinic: str) -> bool:
        """Whether they may do there what these roles may."""
        return not self.is_whole or self.member.may(roles, hospital, clinic)

    def serves_in(self, hospital: str, clinic: str | None = None) -> bool:
        """Whether they do anything in a hospital, or in one of its clinics."""
        if not self.is_whole:
            return True
        duties = [each for each in self.member.duties if each.hospital in (EVERY_HOSPITAL, hospital)]
        return any(clinic is None or each.covers(hospital, clinic) for each in duties)


def signed_in(reply: Mapping[str, Any]) -> SignedInUser:
    """Who it is, from the reply to `desk_user`; with a role that only a newer server knows, not whole."""
    known = set(StaffRole)
    rows = [each for each in reply["duties"] if each["role"] in known]
    duties = [
        Duty(
            each["hospital"],
            None if each["clinics"] is None else frozenset(each["clinics"]),
            StaffRole(each["role"]),
        )
        for each in rows
    ]
    is_whole = not reply["more"] and len(rows) == len(reply["duties"])
    return SignedInUser(StaffMember(reply["user"], tuple(duties)), is_whole)


def who_may(roles: frozenset[StaffRole], clinic_name: str, texts: Texts) -> str:
    """The sentence that says who may do something that these roles may."""
    named = " ".join(role for role in StaffRole if role in roles)
    return texts(CONSOLE_WORDS.by_roles[named], clinic=clinic_name)
