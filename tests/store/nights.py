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
from tests.store.staff import (
    Staff,
    staff_of,
    ticket_rows,
    told,
)

TUESDAY = MONDAY + timedelta(days=1)


WEDNESDAY = MONDAY + timedelta(days=2)


DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


ALWAYS = {day: ["00:00-24:00"] for day in DAYS}


def staff_by_night(engine: Engine, **clinic: Any) -> Staff:
    """The staff of GIG, which never closes unless told otherwise, a minute before Tuesday begins."""
    staff = staff_of(engine, hospital_table("RSHS", clinic_table("GIG", **{"hours": ALWAYS, **clinic})))
    staff.clock.set("23:50")
    staff.tick()
    return staff


def rows_of(engine: Engine, day: date) -> list[RowMapping]:
    """The tickets of one day."""
    return [row for row in ticket_rows(engine) if row["service_date"] == day]


def look(staff: Staff, ticket: Ticket) -> Ticket:
    """The ticket as it stands."""
    reply = staff.ask("ticket_status", ticket_codes=[ticket.ticket_code])
    assert isinstance(reply, Tickets)
    return reply.tickets[0]


def register_apart(staff: Staff, count: int) -> list[Ticket]:
    """Patients come one after the other, a second apart."""
    found = []
    for who in range(1, count + 1):
        found.append(staff.register(who))
        staff.clock.forward(seconds=1)
    return found


def pass_midnight(staff: Staff, clock_time: str = "00:00:05", day: date = TUESDAY) -> list[str]:
    """Ticks until nothing is due; what they told."""
    staff.clock.set(clock_time, day)
    found: list[str] = []
    while due := staff.emitter.emit():
        found += told(staff.apply(*due))
    return found
