"""Where attacks take place: the hospitals, and what an attacker knows of them."""

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Self

from admin_cli.catalog_file import Catalog
from common.domain.opening_hours import WEEKDAYS
from tests.builders import catalog as catalog_of
from tests.builders import clinic_table, hospital_table
from tests.deployment import Patient

HOSPITAL = "RSUJI"
"""Takes whoever comes."""

REGISTRY_HOSPITAL = "RSKENAL"
"""Takes whom its registry knows. It has the same clinics."""

LARGE_HOSPITAL = "RSBESAR"
"""Has so many clinics that a page of them is as large as a reply gets."""

HONEST_CLINICS = tuple(f"C{number:02d}" for number in range(1, 9))
DESK_CLINIC = "LOKET"
"""Moved by its desk."""

NUMBERS_CLINIC = "NOMOR"
"""Has a quota that an attacker wants to use up."""

FULL_CLINIC = "PENUH"
CLOSING_CLINIC = "SORE"
"""Closed by the desk while patients wait there."""

VICTIMS_CLINICS = ("V04", "V06", "V07", "V10", "V12")
"""One for the victims of each attack on patients."""

CLOSED_CLINIC = "TUTUP"

NUMBERS_QUOTA = 1500
FULL_QUOTA = 20
_LARGE_CLINICS = 200
_QUOTA = 10_000
_NAME = "Poli Spesialis Penyakit Dalam dan Rehabilitasi Medik Terpadu, Gedung Utama, Lantai"


@dataclass(frozen=True)
class Scene:
    """What an attack is given: addresses of the broker by role, an integrator's, and its hospitals."""

    urls: dict[str, str]
    integrator_url: str
    integrator: str
    registered: list[tuple[str, str, str]]

    def known_patients(self) -> list[Patient]:
        """Those in the registry of `REGISTRY_HOSPITAL`."""
        return [Patient(number, name, date.fromisoformat(born)) for number, name, born in self.registered]

    def write(self, path: Path) -> None:
        """Keeps it for the attacks' processes."""
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> Self:
        """What `write` has kept."""
        return cls(**json.loads(path.read_text()))


def catalog() -> Catalog:
    """The hospitals."""
    always = {day: ["00:00-24:00"] for day in WEEKDAYS}

    def clinic(code: str, **changes: object) -> dict[str, object]:
        usual = {"hours": always, "rooms": 4, "mean_service_minutes": 1.0, "daily_quota": _QUOTA}
        return clinic_table(code, **(usual | changes))

    clinics = [
        *(clinic(code) for code in (*HONEST_CLINICS, *VICTIMS_CLINICS, CLOSING_CLINIC)),
        clinic(DESK_CLINIC, mode="desk"),
        clinic(NUMBERS_CLINIC, daily_quota=NUMBERS_QUOTA),
        clinic(FULL_CLINIC, daily_quota=FULL_QUOTA),
        clinic(CLOSED_CLINIC, hours={"sun": ["08:00-12:00"]}),
    ]
    known = hospital_table(REGISTRY_HOSPITAL, *clinics) | {"identity": "registry"}
    large = [clinic(f"K{number:03d}", name=f"{_NAME} {number}") for number in range(_LARGE_CLINICS)]
    return catalog_of(hospital_table(HOSPITAL, *clinics), known, hospital_table(LARGE_HOSPITAL, *large))
