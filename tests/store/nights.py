"""A clinic that never closes, around the end of its service day."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Engine, RowMapping

from common.messages.patients import Ticket, Tickets
from tests.builders import (
    MONDAY,
    clinic_table,
    hospital_table,
)
from tests.store.workers import (
    Workers,
    ticket_rows,
    told,
    workers_of,
)

TUESDAY = MONDAY + timedelta(days=1)


WEDNESDAY = MONDAY + timedelta(days=2)


DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


ALWAYS = {day: ["00:00-24:00"] for day in DAYS}


def workers_by_night(engine: Engine, **clinic: Any) -> Workers:
    """The workers of GIG, which never closes unless told otherwise, a minute before Tuesday begins."""
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG", **{"hours": ALWAYS, **clinic})))
    workers.clock.set("23:50")
    workers.tick()
    return workers


def rows_of(engine: Engine, day: date) -> list[RowMapping]:
    """The tickets of one day."""
    return [row for row in ticket_rows(engine) if row["service_date"] == day]


def look(workers: Workers, ticket: Ticket) -> Ticket:
    """The ticket as it stands."""
    reply = workers.ask("ticket_status", ticket_codes=[ticket.ticket_code])
    assert isinstance(reply, Tickets)
    return reply.tickets[0]


def register_apart(workers: Workers, count: int) -> list[Ticket]:
    """Patients come one after the other, a second apart."""
    found = []
    for who in range(1, count + 1):
        found.append(workers.register(who))
        workers.clock.forward(seconds=1)
    return found


def pass_midnight(workers: Workers, clock_time: str = "00:00:05", day: date = TUESDAY) -> list[str]:
    """Ticks until nothing is due; what they told."""
    workers.clock.set(clock_time, day)
    found: list[str] = []
    while due := workers.emitter.emit():
        found += told(workers.apply(*due))
    return found
