"""Whatever was done before: what is taken back leaves the queue as if it had not been done."""

from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from common.domain.service_times import PartRecord
from common.messages.desk_replies import DeskDone
from common.storage.catalog import CatalogCache
from common.storage.engine import snapshot
from common.storage.service_times import read_service_times
from tests.builders import clinic_table, desk_request, hospital_table, registration
from tests.store.desks import does, is_whole, outcome_of, sees
from tests.store.workers import Workers, day_rows, ticket_rows, workers_of

_NOT_AS_BEFORE = {"last_sequence", "next_change_at", "announced_until", "announced_state"}
_WITH_TICKETS = {
    "start": {"called"},
    "complete": {"called", "in_service"},
    "mark_no_show": {"called"},
    "reinstate": {"no_show"},
    "desk_cancel": {"waiting", "called"},
}
_UNDOABLE = {"call_next", *_WITH_TICKETS} - {"reinstate"}

_ALWAYS_OPEN = hospital_table(
    "RSHS",
    clinic_table("GIG", mode="desk", rooms=2, hours={"mon": ["00:00-24:00"]}),
)
_patients = count(1)
_minutes = count(step=4)

steps = st.lists(
    st.tuples(
        st.sampled_from(["register", "call_next", "call_next", *_WITH_TICKETS, "undo", "undo", "undo_room"]),
        st.integers(0, 20),
    ),
    max_size=16,
)


def state(workers: Workers) -> Any:
    """All of the queue but its events; of what was learned, what it comes to today."""
    days = [
        {name: value for name, value in row.items() if name not in _NOT_AS_BEFORE}
        for row in day_rows(workers.engine)
    ]
    return days, ticket_rows(workers.engine), learned_today(workers)


def learned_today(workers: Workers) -> dict[int, Any]:
    catalog = CatalogCache()
    with snapshot(workers.engine) as connection:
        catalog.refresh(connection)
    clinic = catalog.clinic("RSHS", "GIG")
    assert clinic is not None
    today = clinic.service_date(workers.clock.now())
    with snapshot(workers.engine) as connection:
        records: dict[int, PartRecord] = read_service_times(connection, [clinic])().get(clinic.key, {})
    # A difference of large floats is not exactly what was there before.
    told = {
        part: tuple(round(each, 6) for each in record.on(today).today) for part, record in records.items()
    }
    return {part: sums for part, sums in told.items() if any(sums)}


def act(workers: Workers, name: str, pick: int) -> int | None:
    """Does something that is allowed now: the number of a ticket that it changed; None where nothing is."""
    if name == "register":
        return workers.ticket(registration(next(_patients))).number
    if name == "call_next":
        queue, room = sees(workers), 1 + pick % 2
        if not queue.waiting and all(ticket.room != room for ticket in queue.in_rooms):
            return None
        done = does(workers, "call_next", room=room)
        return done.changes[-1].number
    queue = sees(workers)
    shown = [*queue.in_rooms, *queue.waiting, *queue.no_shows]
    found = [ticket.number for ticket in shown if ticket.status in _WITH_TICKETS[name]]
    if not found:
        return None
    number = found[pick % len(found)]
    body: dict[str, Any] = {"number": number} | ({"reason": "duplicate"} if name == "desk_cancel" else {})
    reply = outcome_of(workers, desk_request(name, "GIG", **body)).reply
    return number if isinstance(reply, DeskDone) else None


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_what_is_taken_back_was_never_done(engine: Engine, asked: list[tuple[str, int]]) -> None:
    workers = workers_of(engine, _ALWAYS_OPEN)
    workers.clock.set("00:10")
    workers.clock.forward(minutes=next(_minutes))
    before: list[tuple[str, int, Any]] = []
    for name, pick in asked:
        workers.clock.forward(seconds=15)
        if name == "undo":
            if before and before[-1][0] in _UNDOABLE:
                _, undone, as_it_was = before.pop()
                does(workers, "undo", number=undone)
                assert state(workers) == as_it_was
        elif name == "undo_room":
            reply = outcome_of(workers, desk_request("undo", "GIG", room=1 + pick % 2)).reply
            if isinstance(reply, DeskDone):
                before = []  # it may not have been the last thing in the queue
        else:
            as_it_was = state(workers)
            if (number := act(workers, name, pick)) is not None:
                before.append((name, number, as_it_was))
    is_whole(workers)
