"""Registrations of patients with unique data, which logs are searched for."""

from dataclasses import dataclass, replace
from random import Random
from typing import Any
from uuid import UUID

from common.clock import Clock
from tests.chaos.history import Request
from tests.deployment import MONDAY_MORNING, Patient

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_KNOWN_IN_PART = 0.2
"""Of the patients, of how many only the year, or year and month, of birth is known."""


@dataclass(frozen=True)
class Person(Patient):
    """A patient whose date of birth may be known in part, or a newborn who goes by its mother's number: the
    `newborn`th of hers; 0 is who goes by a number of their own."""

    born: str = "1953-07-19"
    newborn: int = 0

    def body(self, hospital: str, clinic: str) -> dict[str, Any]:
        """The body of this patient's registration."""
        body: dict[str, Any] = {**super().body(hospital, clinic), "date_of_birth": self.born}
        return body | ({"newborn": self.newborn} if self.newborn else {})


def new_person(random: Random) -> Person:
    """A new patient with unique data."""
    number, name = f"RM{random.getrandbits(48):012X}", f"Wulandari {''.join(random.choices(_LETTERS, k=12))}"
    born = random.choice(("1953", "1953-07")) if random.random() < _KNOWN_IN_PART else "1953-07-19"
    return Person(number, name, born=born)


def new_baby(mother: Person, random: Random) -> Person:
    """The first or second newborn of a patient."""
    return replace(mother, born=MONDAY_MORNING.date().isoformat(), newborn=random.choice((1, 1, 2)))


def new_request_id(random: Random) -> str:
    """A UUID."""
    return str(UUID(int=random.getrandbits(128), version=4))


def registration(hospital: str, clinic: str, clock: Clock, random: Random) -> Request:
    """A registration of a new patient, timestamped now."""
    return Request.new("register", new_person(random).body(hospital, clinic), clock, new_request_id(random))
