"""Who of the staff is shown names of patients is recorded, before the names go out."""

from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import SQLAlchemyError

from admin_cli.database.schema import migrate
from common.messages.desk_replies import DeskQueue
from common.storage.engine import snapshot, transaction
from common.storage.tables import access_log
from tests.builders import desk_request, registration
from tests.staff import let_serve
from tests.store.desks import desk_of, sees
from tests.store.workers import Workers


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


def test_no_name_goes_out_where_it_cannot_be_recorded(empty_engine: Engine) -> None:
    migrate(empty_engine)
    let_serve(empty_engine)
    desk = desk_of(empty_engine)
    desk.ticket(registration(1))
    with transaction(empty_engine) as connection:
        connection.execute(text("DROP TABLE access_log"))
    with pytest.raises(SQLAlchemyError):
        sees(desk, with_names=True)
    assert sees(desk).waiting_count == 1
