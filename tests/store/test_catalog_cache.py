"""The catalog as a process knows it."""

from typing import Any

import pytest
from sqlalchemy import Engine, text, update

from common.storage.catalog import take_version
from common.storage.engine import transaction
from common.storage.tables import clinic_days, clinics
from tests.store.catalogs import apply, clinic, hospital, refreshed


def test_a_cache_re_reads_only_what_changed(engine: Engine) -> None:
    apply(engine, hospital("RSHS", clinic(), clinic("INT")))
    cache = refreshed(engine)
    before = {code: cache.clinic("RSHS", code) for code in ("GIG", "INT")}
    refreshed(engine, cache)
    assert cache.clinic("RSHS", "GIG") is before["GIG"]
    apply(engine, hospital("RSHS", clinic(rooms=3), clinic("INT")))
    refreshed(engine, cache)
    changed = cache.clinic("RSHS", "GIG")
    assert changed is not None
    assert changed.rooms == 3
    assert cache.clinic("RSHS", "INT") is before["INT"]
    assert [found.rooms for found in cache.clinics_of("RSHS")] == [3, 2]


def test_a_cache_takes_over_a_hospitals_new_name_in_all_its_clinics(engine: Engine) -> None:
    apply(engine, hospital("RSHS", clinic(), clinic("INT")))
    cache = refreshed(engine)
    apply(engine, hospital("RSHS", clinic(), clinic("INT", rooms=3), name="RS Baru"))
    refreshed(engine, cache)
    assert [found.name for found in cache.hospitals()] == ["RS Baru"]
    assert {found.hospital.name for found in cache.clinics_of("RSHS")} == {"RS Baru"}


def test_a_cache_that_could_not_be_refreshed_is_as_it_was(engine: Engine) -> None:
    apply(engine, hospital("RSHS", clinic(), clinic("INT")))
    cache = refreshed(engine)
    broken: dict[str, Any] = {"opening_hours": {"someday": []}}
    with transaction(engine) as connection:
        taken = take_version(connection)
        connection.execute(update(clinics).where(clinics.c.code == "GIG").values(rooms=9, version=taken))
        connection.execute(update(clinics).where(clinics.c.code == "INT").values(version=taken, **broken))
    with pytest.raises(ValueError, match="someday"):
        refreshed(engine, cache)
    assert [found.rooms for found in cache.clinics_of("RSHS")] == [2, 2]
    with transaction(engine) as connection:
        connection.execute(update(clinics).where(clinics.c.code == "INT").values(opening_hours={}))
    assert [found.rooms for found in refreshed(engine, cache).clinics_of("RSHS")] == [9, 2]


def test_a_cache_follows_a_database_that_was_restored_from_a_copy(engine: Engine) -> None:
    apply(engine, hospital("RSHS", clinic()))
    apply(engine, hospital("RSHS", clinic()), hospital("RSCM", clinic()))
    cache = refreshed(engine)
    with transaction(engine) as connection:
        for table in (clinic_days, clinics):
            connection.execute(table.delete().where(table.c.hospital == "RSCM"))
        connection.execute(text("UPDATE catalog_version SET version = 1"))
    assert [found.code for found in refreshed(engine, cache).hospitals()] == ["RSHS"]
    assert cache.clinic("RSCM", "GIG") is None
