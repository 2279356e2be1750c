"""Catalogs whose clinics are always open, so that a run at any hour meets no closing time."""

from common.domain.opening_hours import WEEKDAYS

HOSPITAL = "RSUJI"
QUOTA_MAX = 10_000
"""What one clinic takes in a day at most: a run in one clinic ends before."""

Place = tuple[str, str]
"""Hospital code and clinic code."""


def places(count: int) -> list[Place]:
    """The clinics of the catalog that `open_clinics` makes."""
    return [(HOSPITAL, f"K{number:03d}") for number in range(1, count + 1)]


def open_clinics(count: int) -> str:
    """A catalog in TOML: one hospital with so many clinics, in which patients wait for staff that call
    nobody."""
    hours = ", ".join(f'{day} = ["00:00-24:00"]' for day in WEEKDAYS)
    hospital = f"""
[[hospitals]]
code = "{HOSPITAL}"
name = "RS Uji"
city = "Bandung"
time_zone = "Asia/Jakarta"
"""
    clinics = [
        f"""
[[hospitals.clinics]]
code = "{code}"
name = "Poli {number}"
rooms = 2
daily_quota = {QUOTA_MAX}
mean_service_minutes = 10
mode = "desk"
hours = {{ {hours} }}
"""
        for number, (_, code) in enumerate(places(count), 1)
    ]
    return hospital + "".join(clinics)
