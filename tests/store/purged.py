"""Tickets of some days that are long over, as a purge finds and leaves them."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Engine

from tests.builders import MONDAY, clinic_table, hospital_table, in_bandung
from tests.store.desks import calls, does, is_whole
from tests.store.nights import ALWAYS, pass_midnight
from tests.store.workers import Workers, workers_of

PERSONAL = ("medical_record_number", "patient_name", "date_of_birth", "priority_reason")
LINKS = ("transferred_to", "sent_from", "return_to")
LONG_AFTER = MONDAY + timedelta(days=100)
NOW = in_bandung("02:00", LONG_AFTER)
"""When all is to be purged."""


def after_a_night(engine: Engine) -> Workers:
    """Three clinics that never close, on the morning after a day of transfers, visits and a handover."""
    tables = [clinic_table(code, mode="desk", rooms=3, hours=ALWAYS) for code in ("GIG", "LAB", "MAT")]
    workers = workers_of(engine, hospital_table("RSHS", *tables))
    workers.register_many(5)
    workers.register(9, clinic="MAT")
    workers.clock.forward(minutes=1)
    does(workers, "transfer", "MAT", number=1, to_clinic="GIG")
    does(workers, "transfer", number=2, to_clinic="MAT")
    does(workers, "set_priority", number=3, reason="pregnancy")
    does(workers, "start", number=calls(workers))
    does(workers, "send", number=3, to_clinic="LAB", returns=True)
    does(workers, "correct", number=4, name="Nama Baru")
    does(workers, "desk_cancel", number=5, reason="duplicate")
    for clinic in ("MAT", "LAB"):
        does(workers, "complete", clinic, number=calls(workers, clinic=clinic))
    pass_midnight(workers)
    for room in (1, 2, 3, 1):
        does(workers, "complete", number=calls(workers, room))
    is_whole(workers)
    return workers


def kept(row: Any) -> dict[str, Any]:
    """What stays of a ticket."""
    gone = {*PERSONAL, *LINKS, "ticket_code", "birth_order", "date_of_birth_confirmed"}
    return {name: value for name, value in row.items() if name not in gone}


def linked(rows: Any) -> list[Any]:
    """The tickets with those that they name, by place instead of code."""
    places = {row["ticket_code"]: (row["clinic"], row["service_date"], row["number"]) for row in rows}
    return [(places[row["ticket_code"]], *(places.get(row[link]) for link in LINKS)) for row in rows]
