"""A database as the workers leave it after a day, and what spoils it."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Table, select, update

from admin_cli.database.integrity import Finding, Integrity, check_integrity
from common.storage.engine import snapshot, transaction
from common.storage.tables import clinic_days, journal, tickets
from tests.builders import cancellation, clinic_table, hospital_table, registration
from tests.store.workers import Workers, workers_of

Plant = Callable[[Connection], object]


def a_day_of_work(engine: Engine) -> Workers:
    """Five patients: number 1 served, 2 called, 3 cancelled, 4 and 5 waiting; one was refused."""
    workers = workers_of(engine, hospital_table("RSHS", clinic_table(daily_quota=4), clinic_table("INT")))
    taken = workers.register_many(4)
    workers.tick()
    workers.cancel(taken[2])
    workers.clock.forward(minutes=11)
    workers.tick()
    workers.register(5)
    workers.refusal(registration(6))
    workers.refusal(cancellation(taken[0].ticket_code))
    return workers


def looked_through(engine: Engine) -> Integrity:
    with snapshot(engine) as connection:
        return check_integrity(connection)


def found_after(engine: Engine, *plants: Plant) -> Sequence[Finding]:
    """What is found after somebody has changed the database."""
    with transaction(engine) as connection:
        for plant in plants:
            plant(connection)
    return looked_through(engine).findings


def day(**values: Any) -> Plant:
    """The clinic's day is changed to these values."""
    statement = update(clinic_days).where(clinic_days.c.clinic == "GIG").values(**values)
    return lambda connection: connection.execute(statement)


def ticket(number: int, /, **values: Any) -> Plant:
    """A ticket is changed to these values."""
    statement = update(tickets).where(tickets.c.number == number).values(**values)
    return lambda connection: connection.execute(statement)


def event(sequence: int, /, **values: Any) -> Plant:
    """An event of the journal is changed to these values."""
    statement = update(journal).where(journal.c.sequence == sequence).values(**values)
    return lambda connection: connection.execute(statement)


def without(table: Table, **row: Any) -> Plant:
    """A row is deleted."""
    return lambda connection: connection.execute(
        table.delete().where(*(table.c[name] == value for name, value in row.items()))
    )


def the_event(connection: Connection, name: str, number: int) -> Any:
    return connection.execute(
        select(journal).where(journal.c.event_name == name, journal.c.number == number)
    ).one()
