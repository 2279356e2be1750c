"""A ticker that purges, as a process: patients' data go, and its ticks come."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine, func, select

from common.storage.engine import snapshot
from common.storage.tables import clinic_days, tickets
from tests.broker import RunningBroker
from tests.builders import MONDAY, catalog, clinic_table, hospital_table, in_bandung
from tests.deployment import deployed
from tests.processes import eventually
from tests.store.spoiled import a_day_of_work, looked_through


def test_a_ticker_purges_what_is_over_for_long(
    broker: RunningBroker, database_url: str, engine: Engine, tmp_path: Path
) -> None:
    workers = a_day_of_work(engine)
    workers.clock.set("00:00:30", MONDAY + timedelta(days=1))
    workers.tick()

    def count_named() -> int:
        named = select(func.count()).select_from(tickets).where(tickets.c.patient_name.is_not(None))
        with snapshot(engine) as connection:
            return connection.scalar(named) or 0

    assert count_named() == 5
    same = catalog(hospital_table("RSHS", clinic_table(daily_quota=4), clinic_table("INT")))
    starts_at = in_bandung("02:00", MONDAY + timedelta(days=100))
    with deployed(broker, database_url, tmp_path, catalog=same, starts_at=starts_at) as system:
        settings = {"ANTREAN_TICK_SECONDS": "0.5", "ANTREAN_PURGE_AFTER_DAYS": "90"}
        system.start_together({"ticker": 2}, **settings)
        eventually(lambda: count_named() == 0, f"all tickets purged\n{system.logs()[-3000:]}")
    assert looked_through(engine).findings == ()
    with snapshot(engine) as connection:
        marked = connection.execute(
            select(clinic_days.c.purged_at).where(clinic_days.c.service_date == MONDAY)
        ).scalars()
        assert all(marked)
