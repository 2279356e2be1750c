"""What a clinic's report says of a day, counted by hand, from real databases."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from common.domain.clinic_day import ClinicDay
from common.domain.partial_dates import PartialDate
from common.domain.queue import new_queue
from common.domain.ticket_states import TicketStatus
from common.messages.desk_replies import ClinicReport, ReportRow, Spread
from common.messages.message import encode_reply
from common.storage.engine import transaction
from common.storage.queues import create_queues
from common.storage.tables import tickets
from status_responder.report import clinic_report
from status_responder.store import read_courses
from tests.builders import MONDAY, clinic_table, hospital_table, in_bandung
from tests.store.catalogs import known
from tests.store.statements import noticed
from tests.store.workers import Workers, workers_of

TUESDAY = MONDAY + timedelta(days=1)
REPLY_BYTES_MAX = 10_000


@pytest.fixture
def workers(engine: Engine) -> Workers:
    """The workers of a clinic in Bandung and one in Jayapura, two hours to the east."""
    return workers_of(
        engine,
        hospital_table("RSHS", clinic_table("GIG", mode="desk"), clinic_table("INT")),
        hospital_table("RSJP", clinic_table("OBG"), time_zone="Asia/Jayapura"),
    )


def a_ticket(status: TicketStatus, registered: str, **moments: str) -> dict[str, Any]:
    """A ticket of that state; its moments as clocks in Bandung show them, the arrival as the registration's
    unless it is given."""
    shown = {"registered_at": registered, "arrived_at": registered, **moments}
    return {"status": status.value} | {name: in_bandung(shown[name]) for name in shown}


def served(registered: str, called: str, ended: str, **moments: str) -> dict[str, Any]:
    """A patient who was served."""
    return a_ticket(TicketStatus.SERVED, registered, called_at=called, ended_at=ended, **moments)


def add(
    engine: Engine, rows: Sequence[dict[str, Any]], of: tuple[str, str] = ("RSHS", "GIG"), on: date = MONDAY
) -> None:
    """A service day with these tickets, whose moments are Monday's."""
    person = {"patient_name": "Siti", "date_of_birth": PartialDate(1990, 1, 31)}
    later = timedelta(days=(on - MONDAY).days)
    values = []
    for number, row in enumerate(rows, start=1):
        moments = {name: value + later for name, value in row.items() if isinstance(value, datetime)}
        values.append(
            {
                "ticket_code": f"{of[1]}{on:%m%d}{number:05d}",
                "hospital": of[0],
                "clinic": of[1],
                "service_date": on,
                "number": number,
                "medical_record_number": f"{number:08d}",
                "status": row["status"],
                **dict.fromkeys(("waiting_since", "place_at"), moments["arrived_at"]),
                "place_number": number,
                **dict.fromkeys(("called_at", "started_at", "ended_at")),
                **person,
                **moments,
            }
        )
    with transaction(engine) as connection:
        midnight = in_bandung("00:00", on)
        create_queues(connection, [new_queue(ClinicDay(*of, on), midnight, midnight)])
        connection.execute(insert(tickets), values)


def report(engine: Engine, of: tuple[str, str] = ("RSHS", "GIG"), on: date = MONDAY) -> ClinicReport:
    """The report of a clinic's day."""
    with transaction(engine) as connection:
        courses = read_courses(connection, ClinicDay(*of, on))
    return clinic_report(known(engine, of[1], of[0]), on, courses, {})


def spread(count: int, median: int | None = None, p90: int | None = None) -> Spread:
    """The figures of so many durations, in seconds."""
    return Spread(count=count, median_seconds=median, p90_seconds=p90)


def row(hour: int | None, registered: int, waits: Spread, services: Spread, **ended: int) -> ReportRow:
    """One row; how many ended in each way, 0 where it is left out."""
    ways = dict.fromkeys(("served", "no_shows", "cancelled", "transferred", "expired"), 0)
    return ReportRow(hour=hour, registered=registered, waits=waits, services=services, **(ways | ended))


def test_a_day_by_the_hour_and_in_all(workers: Workers) -> None:
    add(
        workers.engine,
        [
            served("08:00", "08:01", "08:11"),
            served("08:10", "08:30:30", "08:45", started_at="08:35"),
            a_ticket(TicketStatus.NO_SHOW, "08:20", called_at="08:50", ended_at="08:53"),
            a_ticket(TicketStatus.CANCELLED, "08:59:59", ended_at="09:30"),
            served("10:00", "10:10", "10:30", arrived_at="09:00"),
            a_ticket(TicketStatus.TRANSFERRED, "10:05", ended_at="10:06"),
            a_ticket(TicketStatus.IN_SERVICE, "10:10", called_at="10:40", started_at="10:41"),
            a_ticket(TicketStatus.CALLED, "10:20", called_at="10:45"),
            a_ticket(TicketStatus.WAITING, "10:30"),
            a_ticket(TicketStatus.EXPIRED, "14:00", ended_at="23:59"),
        ],
    )
    add(workers.engine, [served("08:00", "09:00", "10:00")], of=("RSHS", "INT"))
    add(workers.engine, [served("08:00", "09:00", "10:00")], on=TUESDAY)
    found = report(workers.engine)
    assert (found.hospital, found.clinic, found.clinic_name) == ("RSHS", "GIG", "Poli GIG")
    assert found.service_date == MONDAY
    # Waits: 1, 20.5 and 30 minutes; 25, 30 and (since the arrival elsewhere) 70. Services: 10, 10 and 20.
    assert found.hours == [
        row(8, 4, spread(3, 1230, 1800), spread(2, 600, 600), served=2, no_shows=1, cancelled=1),
        row(10, 5, spread(3, 1800, 4200), spread(1, 1200, 1200), served=1, transferred=1),
        row(14, 1, spread(0), spread(0), expired=1),
    ]
    assert found.total == row(
        None,
        10,
        spread(6, (1500 + 1800) // 2, 4200),
        spread(3, 600, 1200),
        served=3,
        no_shows=1,
        cancelled=1,
        transferred=1,
        expired=1,
    )


def test_a_patient_who_was_called_before_and_waits_again_is_still_waiting(workers: Workers) -> None:
    add(workers.engine, [a_ticket(TicketStatus.WAITING, "08:00", called_at="08:10")])
    assert report(workers.engine).total == row(None, 1, spread(0), spread(0))


def test_the_hours_are_those_of_the_hospital_s_clock(workers: Workers) -> None:
    add(
        workers.engine,
        [served("08:59", "09:10", "09:20"), served("09:00", "09:20", "09:30")],
        ("RSJP", "OBG"),
    )
    assert [each.hour for each in report(workers.engine, ("RSJP", "OBG")).hours] == [10, 11]


def test_nine_in_ten_do_not_exceed_the_ninetieth_percentile(workers: Workers) -> None:
    """Of the waits 1 to n minutes, exactly: no value between two that were seen."""
    for days, (count, median, p90) in enumerate([(1, 60, 60), (9, 300, 540), (10, 330, 540), (11, 360, 600)]):
        on = MONDAY + timedelta(days=days)
        rows = [served("08:00", f"08:{minute:02d}", "09:00") for minute in range(1, count + 1)]
        add(workers.engine, rows, on=on)
        assert report(workers.engine, on=on).total.waits == spread(count, median, p90)


def test_a_day_on_which_nobody_came_is_all_zero(workers: Workers) -> None:
    found = report(workers.engine, on=date(2020, 1, 1))
    assert found.hours == []
    assert found.total == row(None, 0, spread(0), spread(0))


def test_a_day_of_thousands_is_one_statement_and_a_short_reply(workers: Workers) -> None:
    rows = []
    for number in range(5_000):
        registered = in_bandung("00:00") + timedelta(seconds=17 * number)
        wait = timedelta(minutes=1 + number % 100)
        rows.append(
            {
                "status": "served",
                "registered_at": registered,
                "arrived_at": registered,
                "called_at": registered + wait,
                "ended_at": registered + 2 * wait,
            }
        )
    add(workers.engine, rows)
    statements: list[str] = []
    with noticed(workers.engine, statements.append), transaction(workers.engine) as connection:
        courses = read_courses(connection, ClinicDay("RSHS", "GIG", MONDAY))
    found = clinic_report(known(workers.engine), MONDAY, courses, {})
    assert len(statements) == 1
    assert (found.total.registered, found.total.served, len(found.hours)) == (5_000, 5_000, 24)
    assert found.total.waits == found.total.services == spread(5_000, 50 * 60 + 30, 90 * 60)
    assert len(encode_reply(found)) < REPLY_BYTES_MAX
