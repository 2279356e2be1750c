"""Catalogs whose clinics are always open, so that a run at any hour meets nobody's closing time."""

from common.catalog_file import Catalog, CatalogClinic, CatalogHospital
from common.domain.opening_hours import WEEKDAYS

HOSPITAL = "RSUJI"
QUOTA_MAX = 10_000
"""What one clinic takes in a day at most: a run in one clinic ends before."""

Place = tuple[str, str]
"""Hospital code and clinic code."""


def open_clinics(count: int) -> Catalog:
    """One hospital with so many clinics, in which patients wait for a staff that calls nobody."""
    always = {day: ["00:00-24:00"] for day in WEEKDAYS}
    clinics = [
        CatalogClinic(
            code=f"K{number:03d}",
            name=f"Poli {number}",
            rooms=2,
            daily_quota=QUOTA_MAX,
            mean_service_minutes=10.0,
            mode="desk",
            hours=always,
        )
        for number in range(1, count + 1)
    ]
    hospital = CatalogHospital(
        code=HOSPITAL, name="RS Uji", city="Bandung", time_zone="Asia/Jakarta", clinics=clinics
    )
    return Catalog(hospitals=[hospital])


def places(catalog: Catalog) -> list[Place]:
    """Every clinic of a catalog."""
    return [(hospital.code, clinic.code) for hospital in catalog.hospitals for clinic in hospital.clinics]
