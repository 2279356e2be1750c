"""Registrations of patients with unique data, which logs are searched for."""

from random import Random
from uuid import UUID

from common.clock import Clock
from tests.chaos.history import Request
from tests.deployment import Patient

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def new_person(random: Random) -> Patient:
    """A new patient with unique data."""
    return Patient(f"RM{random.getrandbits(48):012X}", f"Wulandari {''.join(random.choices(_LETTERS, k=12))}")


def new_request_id(random: Random) -> str:
    """A UUID."""
    return str(UUID(int=random.getrandbits(128), version=4))


def registration(hospital: str, clinic: str, clock: Clock, random: Random) -> Request:
    """A registration of a new patient, timestamped now."""
    return Request.new("register", new_person(random).body(hospital, clinic), clock, new_request_id(random))
