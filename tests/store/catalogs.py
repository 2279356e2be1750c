"""Small catalogs and what the tests on them share."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert, select

from admin_cli.catalog_file import Catalog
from admin_cli.database.catalog_changes import apply_catalog
from admin_cli.database.catalog_plan import CatalogChanges
from common.domain.catalog import Clinic
from common.domain.partial_dates import PartialDate
from common.storage.catalog import CatalogCache
from common.storage.engine import snapshot, transaction
from common.storage.tables import clinic_days, tickets

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
"""Monday 10:00 in Jakarta, 11:00 in Makassar, 12:00 in Jayapura."""

LATER = NOW + timedelta(minutes=7)
TODAY = date(2026, 11, 23)
WIT = "Asia/Jayapura"


def clinic(code: str = "GIG", **changed: Any) -> dict[str, Any]:
    settings = {
        "code": code,
        "name": f"Poli {code}",
        "rooms": 2,
        "daily_quota": 60,
        "mean_service_minutes": 10,
        "hours": {"mon": ["08:00-12:00"]},
    }
    return settings | changed


def hospital(code: str, *clinics: dict[str, Any], **changed: Any) -> dict[str, Any]:
    settings = {"code": code, "name": f"RS {code}", "city": "Bandung", "time_zone": "Asia/Jakarta"}
    return settings | {"clinics": list(clinics)} | changed


def catalog(*hospitals: dict[str, Any]) -> Catalog:
    return Catalog.model_validate({"hospitals": list(hospitals)})


def apply(engine: Engine, *hospitals: dict[str, Any], now: datetime = NOW, **how: bool) -> CatalogChanges:
    return apply_catalog(engine, catalog(*hospitals), now, **how)


def refreshed(engine: Engine, cache: CatalogCache | None = None) -> CatalogCache:
    cache = cache or CatalogCache()
    with snapshot(engine) as connection:
        cache.refresh(connection)
    return cache


def known(engine: Engine, code: str = "GIG", of: str = "RSHS") -> Clinic:
    found = refreshed(engine).clinic(of, code)
    assert found is not None
    return found


def add_ticket(
    engine: Engine,
    number: int,
    status: str = "waiting",
    *,
    on: date = TODAY,
    clinic: tuple[str, str] = ("RSHS", "GIG"),
) -> None:
    where = {"hospital": clinic[0], "clinic": clinic[1], "service_date": on}
    counts = {"last_number": 0, "last_sequence": 0, "waiting": 0, "cancelled": 0, "announced_until": NOW}
    person = {
        "medical_record_number": f"{number:08d}",
        "patient_name": "Siti",
        "date_of_birth": PartialDate(1990, 1, 31),
    }
    with transaction(engine) as connection:
        days = select(clinic_days).filter_by(**where)
        if connection.execute(days).first() is None:
            connection.execute(insert(clinic_days).values(**where, **counts))
        connection.execute(
            insert(tickets).values(
                ticket_code=f"{number:012d}",
                number=number,
                status=status,
                registered_at=NOW,
                arrived_at=NOW,
                place_at=NOW,
                place_number=number,
                waiting_since=NOW,
                **where,
                **person,
            )
        )
