"""`antrean-admin check-integrity`: a database as the workers leave it has no findings; each thing that
somebody, or a damaged restore, can spoil is found, with what to do about it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, insert, select, text, update

from admin_cli.database.integrity import Finding, Integrity
from admin_cli.database.integrity_checks import CHECKS
from admin_cli.database.long_statements import long_statements
from admin_cli.database.schema import migrate
from admin_cli.screens.integrity import SENTENCES
from common.domain.event_names import EventName
from common.domain.opening_hours import WEEKDAYS
from common.domain.partial_dates import PartialDate
from common.domain.ticket_states import STATUSES_AFTER
from common.storage.bounded_connection import BoundedConnection
from common.storage.engine import snapshot, transaction
from common.storage.tables import accuracy, clinic_days, journal, refusals, tickets
from tests.builders import MONDAY, clinic_table, hospital_table
from tests.database import opened
from tests.store.desks import desk_of, does
from tests.store.spoiled import (
    Plant,
    a_day_of_work,
    day,
    event,
    found_after,
    looked_through,
    the_event,
    ticket,
    without,
)
from tests.store.workers import workers_of


def test_nothing_is_found_in_what_the_workers_wrote(engine: Engine) -> None:
    workers = a_day_of_work(engine)
    first = looked_through(engine)
    assert first.findings == ()
    with snapshot(engine) as connection:
        counted = {
            table.name: connection.scalar(select(func.count()).select_from(table))
            for table in (clinic_days, tickets, journal, refusals)
        }
    assert dict(first.checked) == counted
    assert all(counted.values())
    workers.clock.set("00:00:30", MONDAY + timedelta(days=1))
    workers.tick()
    assert looked_through(engine).findings == ()
    assert looked_through(engine).checked["clinic_days"] > first.checked["clinic_days"]


def test_nothing_is_found_in_an_empty_database(engine: Engine) -> None:
    assert looked_through(engine) == Integrity(
        {"clinic_days": 0, "tickets": 0, "journal": 0, "refusals": 0}, (), ()
    )


@pytest.mark.parametrize(
    ("plant", "check", "values"),
    [
        pytest.param(
            ticket(5, number=7),
            "numbers",
            {"last_number": 5, "tickets": 5, "numbers": 5, "smallest": 1, "largest": 7},
            id="gap",
        ),
        pytest.param(
            ticket(1, number=0),
            "numbers",
            {"last_number": 5, "tickets": 5, "numbers": 5, "smallest": 0, "largest": 5},
            id="number zero",
        ),
        pytest.param(
            without(tickets, number=5),
            "numbers",
            {"last_number": 5, "tickets": 4, "numbers": 4, "smallest": 1, "largest": 4},
            id="ticket gone",
        ),
        pytest.param(without(tickets, number=5), "no_ticket", {"number": 5}, id="event without a ticket"),
        pytest.param(
            day(waiting=3), "counter", {"counter": "waiting", "stored": 3, "found": 2}, id="waiting"
        ),
        pytest.param(
            day(cancelled=0), "counter", {"counter": "cancelled", "stored": 0, "found": 1}, id="cancelled"
        ),
        pytest.param(
            day(now_serving=None),
            "counter",
            {"counter": "now_serving", "stored": None, "found": 2},
            id="now serving",
        ),
        pytest.param(day(next_change_at=None), "stuck", {"patients": 3}, id="never due"),
        pytest.param(ticket(2, called_at=None), "moments", {"tickets": 1}, id="called at no time"),
        pytest.param(ticket(3, ended_at=None), "moments", {"tickets": 1}, id="ended at no time"),
        pytest.param(
            day(last_sequence=20),
            "sequences",
            {"last_sequence": 20, "events": 10, "sequences": 10, "smallest": 1, "largest": 10},
            id="last sequence",
        ),
        pytest.param(
            without(journal, sequence=4),
            "sequences",
            {"last_sequence": 10, "events": 9, "sequences": 9, "smallest": 1, "largest": 10},
            id="event gone",
        ),
        pytest.param(
            ticket(4, transferred_to="0" * 12),
            "transferred",
            {"number": 4, "status": "waiting"},
            id="new ticket of one that waits",
        ),
        pytest.param(
            ticket(4, visit="v", station=2, sent_from="0" * 12),
            "visit",
            {"number": 4, "station": 2},
            id="station after none",
        ),
        pytest.param(
            ticket(4, status="called"),
            "status",
            {"number": 4, "status": "called", "event": "ticket.registered"},
            id="status without an event",
        ),
    ],
)
def test_what_is_wrong_with_a_day_is_found(
    plant: Plant, check: str, values: dict[str, Any], engine: Engine
) -> None:
    a_day_of_work(engine)
    found = found_after(engine, plant)
    assert Finding(check, "RSHS", "GIG", MONDAY, values) in found


def test_a_ticket_without_any_event_is_found(engine: Engine) -> None:
    a_day_of_work(engine)
    found = found_after(engine, without(journal, number=5))
    assert (
        Finding("status", "RSHS", "GIG", MONDAY, {"number": 5, "status": "waiting", "event": None}) in found
    )


def test_events_in_an_order_that_cannot_be_are_found(engine: Engine) -> None:
    a_day_of_work(engine)
    with snapshot(engine) as connection:
        cancelled = the_event(connection, "ticket.cancelled", 3).sequence
    found = found_after(engine, event(cancelled, event_name="ticket.served"))
    values = {
        "number": 3,
        "sequence": cancelled,
        "event": "ticket.served",
        "before": "ticket.registered",
    }
    assert Finding("transition", "RSHS", "GIG", MONDAY, values) in found


def test_a_number_called_after_a_larger_one_is_found(engine: Engine) -> None:
    a_day_of_work(engine)
    with snapshot(engine) as connection:
        first, second = (the_event(connection, "ticket.called", number).sequence for number in (1, 2))
    found = found_after(engine, event(first, number=2), event(second, number=1))
    assert Finding("called_back", "RSHS", "GIG", MONDAY, {"number": 1, "before": 2}) in found


def test_sums_of_the_times_told_that_no_call_has_judged_are_found(engine: Engine) -> None:
    """A call that was taken back is in neither."""
    workers = desk_of(engine)
    workers.register_many(3)
    does(workers, "call_next", room=1)
    does(workers, "call_next", room=2)
    does(workers, "undo", room=2)
    assert looked_through(engine).findings == ()
    values = {"held": 1, "missed": 1, "late": 0, "held_found": 1, "missed_found": 0, "late_found": 0}
    changed = update(accuracy).where(accuracy.c.held > 0).values(missed=accuracy.c.missed + 1)
    found = found_after(engine, lambda connection: connection.execute(changed))
    assert found == (Finding("accuracy", "RSHS", "GIG", MONDAY, values),)


def test_two_patients_in_one_room_are_found(engine: Engine) -> None:
    a_day_of_work(engine)
    found = found_after(engine, ticket(4, status="called", room=1))
    values = {"room": 1, "tickets": 2, "smallest": 2, "largest": 4}
    assert Finding("one_room", "RSHS", "GIG", MONDAY, values) in found


def test_a_request_with_two_tickets_is_found(engine: Engine) -> None:
    a_day_of_work(engine)
    with snapshot(engine) as connection:
        cause = the_event(connection, "ticket.registered", 4).cause_id
        other = the_event(connection, "ticket.registered", 5).sequence
    found = found_after(engine, event(other, cause_id=cause, ordinal=1))
    for number in (4, 5):
        values = {"number": number, "cause_id": cause}
        assert Finding("two_tickets", "RSHS", "GIG", MONDAY, values) in found


def test_a_request_that_was_refused_and_done_is_found(engine: Engine) -> None:
    a_day_of_work(engine)
    with snapshot(engine) as connection:
        done = the_event(connection, "ticket.registered", 4)
    row = {"request_id": done.cause_id, "digest": done.cause_digest, "code": "clinic_closed"}
    row |= {"problem": b"{}", "refused_at": done.recorded_at}
    found = found_after(engine, lambda connection: connection.execute(insert(refusals), row))
    values = {"number": 4, "code": "clinic_closed", "cause_id": done.cause_id}
    assert found == (Finding("refused", "RSHS", "GIG", MONDAY, values),)


# --- what the constraints of the tables keep out, until they are lost -----------------------------------


@pytest.fixture
def unconstrained(empty_engine: Engine) -> Engine:
    """A database of its own whose tables have lost their constraints, after a day of work."""
    migrate(empty_engine)
    a_day_of_work(empty_engine)
    with transaction(empty_engine) as connection:
        for table in ("tickets", "journal"):
            connection.execute(text(f"CREATE TABLE bare AS SELECT * FROM {table}"))
            connection.execute(text(f"DROP TABLE {table}"))
            connection.execute(text(f"ALTER TABLE bare RENAME TO {table}"))
    return empty_engine


def test_a_number_given_out_twice_is_found(unconstrained: Engine) -> None:
    values = {"last_number": 5, "tickets": 5, "numbers": 4, "smallest": 1, "largest": 5}
    found = found_after(unconstrained, ticket(4, number=5))
    assert Finding("numbers", "RSHS", "GIG", MONDAY, values) in found


def test_a_patient_with_two_active_tickets_is_found(unconstrained: Engine) -> None:
    with snapshot(unconstrained) as connection:
        patient = connection.scalar(select(tickets.c.medical_record_number).where(tickets.c.number == 5))
    found = found_after(unconstrained, ticket(2, medical_record_number=patient))
    values = {"tickets": 2, "smallest": 2, "largest": 5}
    assert found == (Finding("two_active", "RSHS", "GIG", MONDAY, values),)


def test_a_change_recorded_twice_is_found(unconstrained: Engine) -> None:
    with snapshot(unconstrained) as connection:
        one, other = (the_event(connection, "ticket.registered", number) for number in (4, 5))
    found = found_after(unconstrained, event(other.sequence, cause_id=one.cause_id))
    for sequence in (one.sequence, other.sequence):
        values = {"sequence": sequence, "cause_id": one.cause_id, "ordinal": 0}
        assert Finding("two_events", "RSHS", "GIG", MONDAY, values) in found


def test_a_sequence_used_twice_is_found(unconstrained: Engine) -> None:
    found = found_after(unconstrained, event(9, sequence=10))
    values = {"last_sequence": 10, "events": 10, "sequences": 9, "smallest": 1, "largest": 10}
    assert Finding("sequences", "RSHS", "GIG", MONDAY, values) in found


def test_every_check_has_its_sentence_and_every_event_of_a_ticket_its_state() -> None:
    said = set(SENTENCES)
    assert said >= (set(CHECKS) - {"days", "journals"}) | {
        "numbers",
        "counter",
        "stuck",
        "moments",
        "sequences",
    }
    of_tickets = {name for name in EventName if name.startswith("ticket.")}
    assert set(STATUSES_AFTER) == of_tickets - {EventName.TICKET_CORRECTED, EventName.TICKET_SENT}


def test_only_this_transaction_may_take_minutes(postgres: str) -> None:
    def limits(connection: Connection) -> tuple[str | None, float]:
        driver = connection.connection.driver_connection
        assert isinstance(driver, BoundedConnection)
        return connection.scalar(text("SHOW statement_timeout")), driver.answer_seconds_max

    with opened(postgres) as engine:
        with snapshot(engine) as connection:
            usual = limits(connection)
            with long_statements(connection, 600):
                assert limits(connection) == ("10min", 605)
        with snapshot(engine) as connection:
            assert limits(connection) == usual


@pytest.mark.parametrize(
    "changed",
    [{"ticket_code": "0" * 12}, {"medical_record_number": "X"}, {"date_of_birth": PartialDate(1971, 5, 6)}],
    ids=["missing", "another number", "another patient with the number"],
)
def test_a_ticket_handed_over_to_nothing_is_found(engine: Engine, changed: dict[str, Any]) -> None:
    always = {day: ["00:00-24:00"] for day in WEEKDAYS}
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG", mode="desk", hours=always)))
    workers.register_many(2)
    workers.clock.set("00:00:05", MONDAY + timedelta(days=1))
    workers.tick()
    assert looked_through(engine).findings == ()
    of_tuesday = tickets.c.service_date > MONDAY
    with transaction(engine) as connection:
        connection.execute(update(tickets).where(of_tuesday, tickets.c.number == 2).values(**changed))
    found = looked_through(engine).findings
    assert found == (Finding("transferred", "RSHS", "GIG", MONDAY, {"number": 2, "status": "transferred"}),)
