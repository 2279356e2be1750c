"""The databases from which benchmarks start are such as workers would have left."""

from datetime import UTC, datetime

from sqlalchemy import Engine

from admin_cli.database.integrity import check_integrity
from benchmarks.seeding import Clinics, Patients, seeding
from common.storage.engine import snapshot


def test_what_is_seeded_is_whole(engine: Engine) -> None:
    with seeding(engine.url.render_as_string(hide_password=False), datetime.now(UTC)) as seed:
        seed.clinics(Clinics(hospitals=2, each=2))
        seed.past(days=2, served=3)
        seed.today(Patients(served=2, in_rooms=True, waiting=3))
    with snapshot(engine) as connection:
        found = check_integrity(connection)
    assert found.findings == ()
    assert found.checked["tickets"] == 4 * (2 * 3 + 2 + 2 + 3)
