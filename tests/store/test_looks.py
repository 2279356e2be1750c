"""Who of the staff is shown names of patients is recorded, before the names go out."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Engine, event, select, text

from antrean_client.protocol import LOOK_UPS
from common.messages.desk_replies import DeskHistory, DeskQueue
from common.messages.message import Reply
from common.messages.problems import Problem, ProblemCode
from common.storage.engine import snapshot, transaction
from common.storage.tables import access_log
from tests.builders import desk_request, patient, registration
from tests.database import plain_url
from tests.desk_requests import BODIES
from tests.store.desks import desk_of, sees
from tests.store.workers import Workers

SHOW_NAMES = {"desk_queue", "desk_ticket", "find_tickets", "desk_register"}
"""What is answered with names of patients, where it is asked for them."""


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """The clinic GIG with two patients who wait."""
    workers = desk_of(engine)
    for number in (1, 2):
        workers.ticket(registration(number))
    return workers


def recorded(engine: Engine) -> list[dict[str, Any]]:
    with snapshot(engine) as connection:
        return [dict(row) for row in connection.execute(select(access_log)).mappings()]


def test_a_queue_without_names_is_no_look(desk: Workers) -> None:
    sees(desk)
    sees(desk, "MAT", with_names=True)  # where nobody stands
    assert recorded(desk.engine) == []


def test_looks_of_one_minute_are_one_row(desk: Workers) -> None:
    for _ in range(2):
        sees(desk, with_names=True)
    desk.clock.forward(minutes=1)
    sees(desk, with_names=True)
    rows = sorted(recorded(desk.engine), key=lambda row: row["minute"])
    assert [(row["username"], row["clinic"], row["request"]) for row in rows] == [
        ("desk", "GIG", "desk_queue")
    ] * 2
    assert [(row["looks"], row["names"]) for row in rows] == [(2, 2), (1, 2)]


def test_each_of_several_who_ask_at_once_is_recorded(desk: Workers) -> None:
    question = desk_request("desk_queue", "GIG", with_names=True)
    outcomes = desk.status.handle([question, question, question._replace(user_id="stranger")])
    assert [isinstance(each.reply, DeskQueue) for each in outcomes] == [True, True, False]
    assert [(row["username"], row["looks"]) for row in recorded(desk.engine)] == [("desk", 2)]


@pytest.mark.parametrize("name", BODIES)
def test_whoever_answers_what_is_shown_is_recorded(engine: Engine, name: str) -> None:
    """Of whatever a desk asks, with names where it can have them, and by whichever worker."""
    desk = desk_of(engine)
    someone = {**patient(1), "name": BODIES["find_tickets"]["text"]}
    desk.ticket(registration(someone))
    body = {**BODIES[name], **({"with_names": True} if name == "desk_queue" else {})}
    if name == "desk_register":
        body = {**someone, "name": "Somebody Else"}
    request = desk_request(name, "GIG", **body)
    worker = {**dict.fromkeys(LOOK_UPS, desk.status), "desk_register": desk.registrar}.get(name, desk.ticker)
    [outcome] = worker.handle([request])
    assert isinstance(outcome.reply, Reply)
    shown = outcome.reply.names_shown()
    assert [(row["request"], row["names"]) for row in recorded(engine)] == ([(name, shown)] if shown else [])
    assert bool(shown) == (name in SHOW_NAMES)


@contextmanager
def taking_no_changes(engine: Engine, *, lacks_right: bool) -> Iterator[None]:
    """The database answers and takes no changes: all of it, or (`lacks_right`) what this user writes."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _only_read)
        engine.dispose()
        try:
            yield
        finally:
            event.remove(engine, "connect", _only_read)
            engine.dispose()
        return
    role, name = f"status_{uuid4().hex}", engine.url.database
    setting = f"role TO {role}" if lacks_right else "default_transaction_read_only TO on"
    with transaction(engine) as connection:
        connection.execute(text(f"CREATE ROLE {role}"))
        connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"))
        connection.execute(text(f'ALTER DATABASE "{name}" SET {setting}'))
    engine.dispose()
    try:
        yield
    finally:
        engine.dispose()
        with psycopg.connect(plain_url(engine.url.render_as_string(hide_password=False))) as outside:
            outside.execute("SET role TO none")
            outside.execute("SET TRANSACTION READ WRITE")
            outside.execute(f'ALTER DATABASE "{name}" RESET ALL'.encode())
            outside.execute(f"DROP OWNED BY {role}".encode())
            outside.execute(f"DROP ROLE {role}".encode())


def _only_read(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA query_only = ON").close()


@pytest.mark.parametrize("lacks_right", [False, True])
def test_no_name_goes_out_where_looks_cannot_be_recorded(desk: Workers, lacks_right: bool) -> None:
    """All else that was asked with it is answered."""
    named = desk_request("desk_queue", "GIG", with_names=True)
    asked = [named, desk_request("desk_queue", "GIG"), desk_request("desk_history", "GIG"), named]
    with taking_no_changes(desk.engine, lacks_right=lacks_right):
        first, queue, history, last = [each.reply for each in desk.status.handle(asked)]
    for refused in (first, last):
        assert isinstance(refused, Problem)
        assert refused.code is ProblemCode.TEMPORARILY_UNAVAILABLE
        assert "recorded" in refused.detail
    assert isinstance(queue, DeskQueue)
    assert queue.waiting_count == 2
    assert isinstance(history, DeskHistory)
    assert sees(desk, with_names=True).names_shown() == 2
    assert [row["looks"] for row in recorded(desk.engine)] == [1]
