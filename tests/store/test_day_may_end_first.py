"""An estimate that lies behind the end of the service day says so, unless the clinic hands over then."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from common.messages.patients import Clinics, Ticket
from tests.builders import MONDAY, clinic_table, hospital_table, in_bandung
from tests.store.desks import calls, does
from tests.store.nights import look
from tests.store.workers import Workers, workers_of

TUESDAY = MONDAY + timedelta(days=1)
UNTIL_MIDNIGHT: dict[str, list[str]] = {"mon": ["08:00-24:00"]}
PAST_MIDNIGHT = {"mon": ["08:00-24:00"], "tue": ["00:00-06:00"]}


def workers_late(engine: Engine, clock_time: str, **clinic: Any) -> Workers:
    """The workers of GIG, with one room and ten minutes for each patient, in the evening of Monday."""
    table = clinic_table("GIG", **{"hours": UNTIL_MIDNIGHT, **clinic})
    workers = workers_of(engine, hospital_table("RSHS", table))
    workers.clock.set(clock_time)
    return workers


def for_a_newcomer(workers: Workers) -> bool | None:
    """What `list_clinics` says of the clinic."""
    reply = workers.ask("list_clinics", hospital="RSHS")
    assert isinstance(reply, Clinics)
    return reply.clinics[0].day_may_end_first


def may_end_first(tickets: list[Ticket]) -> list[bool | None]:
    """What the tickets say."""
    return [ticket.day_may_end_first for ticket in tickets]


def test_by_the_clock_the_call_at_the_end_of_the_day_does_not_come(engine: Engine) -> None:
    """From 23:40 on calls are at 23:40, 23:50 and, too late, at 24:00."""
    workers = workers_late(engine, "23:40")
    tickets = workers.register_many(3)
    assert [ticket.latest_call_at for ticket in tickets] == [
        in_bandung("23:40"),
        in_bandung("23:50"),
        in_bandung("00:00", TUESDAY),
    ]
    assert may_end_first(tickets) == [False, False, True]
    assert for_a_newcomer(workers) is True
    workers.tick()
    shown = [look(workers, ticket) for ticket in tickets]
    assert may_end_first(shown) == [None, False, True]


def test_one_second_earlier_it_comes(engine: Engine) -> None:
    workers = workers_late(engine, "23:39:59")
    assert may_end_first(workers.register_many(3)) == [False, False, False]


def test_twenty_nine_people_at_two_minutes_to_midnight(engine: Engine) -> None:
    workers = workers_late(engine, "23:58", mean_service_minutes=14.0)
    tickets = workers.register_many(30)
    assert may_end_first(tickets) == [False, *[True] * 29]


@pytest.mark.parametrize("mode", ["clock", "desk"])
def test_a_clinic_that_is_open_at_the_end_of_its_day_goes_on(engine: Engine, mode: str) -> None:
    workers = workers_late(engine, "23:50", hours=PAST_MIDNIGHT, mode=mode)
    assert may_end_first(workers.register_many(12)) == [False] * 12
    assert for_a_newcomer(workers) is False


def test_by_the_desk_the_end_of_the_interval_counts(engine: Engine) -> None:
    workers = workers_late(engine, "23:00", mode="desk")
    tickets = workers.register_many(12)
    calls(workers)
    shown = [look(workers, ticket) for ticket in tickets[1:]]
    midnight = in_bandung("00:00", TUESDAY)
    assert may_end_first(shown) == [_after(ticket.latest_call_at, midnight) for ticket in shown]
    assert may_end_first(shown)[0] is False
    assert may_end_first(shown)[-1] is True
    # Some of them are expected before midnight, but not surely.
    assert any(each.day_may_end_first and not _after(each.estimated_call_at, midnight) for each in shown)


def _after(moment: datetime | None, limit: datetime) -> bool:
    assert moment is not None
    return moment >= limit


def test_what_the_staff_force_counts(engine: Engine) -> None:
    workers = workers_late(engine, "23:50", mode="desk")
    tickets = workers.register_many(5)
    assert look(workers, tickets[4]).day_may_end_first is True
    does(workers, "open_clinic", until="2026-11-24T01:00:00+07:00")
    assert look(workers, tickets[4]).day_may_end_first is False
    does(workers, "close_clinic")
    assert look(workers, tickets[4]).day_may_end_first is True


def test_where_the_day_ends_at_three_that_is_its_end(engine: Engine) -> None:
    hours = {"mon": ["20:00-03:00"]}
    workers = workers_late(engine, "23:50", hours=hours, day_ends_at="03:00")
    assert may_end_first(workers.register_many(20)) == [*[False] * 19, True]


def test_a_closed_clinic_says_nothing(engine: Engine) -> None:
    workers = workers_late(engine, "23:50", hours={"mon": ["08:00-12:00"]})
    assert for_a_newcomer(workers) is None
