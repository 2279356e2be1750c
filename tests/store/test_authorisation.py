"""Who of the staff may do what: by the user whom the broker vouches for, in all three workers."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, select, update

from antrean_client.protocol import LOOK_UPS
from common.messages.desk_replies import DeskDone
from common.messages.patients import Hospitals, Ticket
from common.messages.problems import Problem, ProblemCode
from common.messaging.delivery import Delivery, Outcome
from common.messaging.topology import DESK_EXCHANGE
from common.storage.catalog import take_version
from common.storage.engine import snapshot, transaction
from common.storage.staff import STAFF_CHANGES_MAX, write_duty
from common.storage.tables import metadata, staff
from tests.builders import (
    clinic_table,
    delivery,
    desk_request,
    hospital_table,
    patient,
    registration,
)
from tests.desk_requests import BODIES, KINDS
from tests.staff import duty, let_serve
from tests.store.desks import TWO_CLINICS, is_whole, outcome_of
from tests.store.workers import Workers, journal_rows, told, workers_of

ELSEWHERE = hospital_table("RSUD", clinic_table("GIG", mode="desk"))
STAFF = {
    "siti": duty("caller", "RSHS", "GIG"),
    "budi": duty("reception", "RSHS"),
    "dewi": duty("manager", "RSHS", "GIG"),
    "agus": duty("manager", "*"),
}
CHANGES = [name for name in BODIES if name not in LOOK_UPS]


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """The workers of two hospitals, with the STAFF."""
    workers = workers_of(engine, TWO_CLINICS, ELSEWHERE)
    for user, each in STAFF.items():
        let_serve(engine, user, each)
    workers.register(1)
    return workers


def ask(workers: Workers, user: str | None, name: str, clinic: str = "GIG", /, **body: Any) -> Outcome:
    """What becomes of a request of this user; None: of nobody for whom the broker vouches."""
    return _taken(workers, _request(user, name, clinic, **body))


def _request(user: str | None, name: str, clinic: str = "GIG", /, **body: Any) -> Delivery:
    request = desk_request(name, clinic, **{**BODIES.get(name, {}), **body})
    return request._replace(user_id=user)


def _taken(workers: Workers, request: Delivery) -> Outcome:
    if request.name == "desk_register":
        return workers.outcome(request)
    return outcome_of(workers, request)


def somebody(name: str, who: int) -> dict[str, Any]:
    """Another patient, where the request is about one."""
    return patient(who) if name == "desk_register" else {}


def code_of(outcome: Outcome) -> str:
    """The code of a problem, or the name of another reply."""
    reply = outcome.reply
    assert reply is not None
    return reply.code if isinstance(reply, Problem) else reply.name


def everything(engine: Engine) -> dict[str, list[Any]]:
    """All rows of all tables."""
    with snapshot(engine) as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in metadata.sorted_tables
        }


def disable(engine: Engine, user: str) -> None:
    """Ends all duties of a user."""
    with transaction(engine) as connection:
        values = {"active": False, "version": take_version(connection)}
        connection.execute(update(staff).where(staff.c.username == user).values(**values))


def test_every_request_is_tried_here() -> None:
    assert BODIES.keys() == KINDS.keys()


@pytest.mark.parametrize("name", BODIES)
def test_each_role_may_do_what_is_its_own(desk: Workers, name: str) -> None:
    may = {
        each.role
        for user, each in STAFF.items()
        if code_of(ask(desk, user, name)) != ProblemCode.NOT_PERMITTED
    }
    assert may == KINDS[name].roles
    is_whole(desk)


@pytest.mark.parametrize("name", BODIES)
def test_what_is_not_permitted_leaves_nothing_behind(desk: Workers, name: str) -> None:
    """In another hospital, in whose queue nobody stood yet today; and time does not pass for it either."""
    desk.clock.set("13:05")
    before = everything(desk.engine)
    for user in ("siti", "budi", "dewi", "stranger", "deploy", "", None):
        outcome = ask(desk, user, name, hospital="RSUD")
        assert code_of(outcome) == ProblemCode.NOT_PERMITTED, user
        assert not outcome.events, user
    assert everything(desk.engine) == before


@pytest.mark.parametrize("name", BODIES)
def test_a_member_of_one_clinic_does_nothing_in_another(desk: Workers, name: str) -> None:
    before = everything(desk.engine)
    for user in ("siti", "dewi"):
        outcome = ask(desk, user, name, "MAT")
        assert code_of(outcome) == ProblemCode.NOT_PERMITTED
    assert everything(desk.engine) == before


@pytest.mark.parametrize(
    ("user", "name", "clinic", "detail", "roles"),
    [
        ("siti", "close_clinic", "GIG", "Only a manager of Poli GIG may do this; ask there.", ["manager"]),
        (
            "budi",
            "call_next",
            "MAT",
            "Only a caller or a manager of Poli MAT may do this; ask there.",
            ["caller", "manager"],
        ),
        (
            "siti",
            "desk_register",
            "GIG",
            "Only reception or a manager of Poli GIG may do this; ask there.",
            ["reception", "manager"],
        ),
        (
            "dewi",
            "desk_queue",
            "MAT",
            "Only the staff of Poli MAT may do this; ask there.",
            ["caller", "reception", "manager"],
        ),
    ],
)
def test_the_refusal_says_who_may(
    desk: Workers, user: str, name: str, clinic: str, detail: str, roles: list[str]
) -> None:
    problem = ask(desk, user, name, clinic).reply
    assert isinstance(problem, Problem)
    assert (problem.detail, problem.roles, problem.clinic_name) == (detail, roles, f"Poli {clinic}")


def test_whoever_is_on_the_staff_may_list_hospitals(desk: Workers) -> None:
    asked = delivery("list_hospitals", {}, exchange=DESK_EXCHANGE)
    by_users = [asked._replace(user_id=user) for user in (*STAFF, "stranger", None)]
    *allowed, stranger, nobody, patients = desk.status.handle([*by_users, delivery("list_hospitals", {})])
    assert all(isinstance(each.reply, Hospitals) for each in (*allowed, patients))
    assert [code_of(each) for each in (stranger, nobody)] == [ProblemCode.NOT_PERMITTED] * 2


def test_several_roles_are_one_person(desk: Workers) -> None:
    let_serve(desk.engine, "siti", duty("manager", "RSUD", "GIG"))
    assert isinstance(ask(desk, "siti", "close_clinic", hospital="RSUD").reply, DeskDone)
    assert isinstance(ask(desk, "siti", "call_next").reply, DeskDone)
    assert code_of(ask(desk, "siti", "close_clinic")) == ProblemCode.NOT_PERMITTED
    assert code_of(ask(desk, "siti", "call_next", "MAT")) == ProblemCode.NOT_PERMITTED


@pytest.mark.parametrize("name", ["call_next", "desk_register", "desk_queue"])
def test_a_change_of_the_staff_counts_at_once(desk: Workers, name: str) -> None:
    assert code_of(ask(desk, "agus", name)) != ProblemCode.NOT_PERMITTED
    disable(desk.engine, "agus")
    assert code_of(ask(desk, "agus", name)) == ProblemCode.NOT_PERMITTED
    refused = _request("agus", name, message_id=str(uuid4()), **somebody(name, 3))
    assert code_of(_taken(desk, refused)) == ProblemCode.NOT_PERMITTED
    let_serve(desk.engine, "agus")
    assert code_of(_taken(desk, refused)) != ProblemCode.NOT_PERMITTED, "it was not remembered"
    is_whole(desk)


def test_more_changes_than_are_taken_over_beside_other_work(desk: Workers) -> None:
    with transaction(desk.engine) as connection:
        version = take_version(connection)
        for number in range(STAFF_CHANGES_MAX + 1):
            write_duty(connection, f"perawat{number}", STAFF["budi"], version)
    assert isinstance(ask(desk, "perawat150", "desk_register").reply, Ticket)


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_done_keeps_its_answer(desk: Workers, name: str) -> None:
    """And its events, for their first publication may have failed."""
    if name in ("recall", "start", "complete", "mark_no_show"):
        ask(desk, "agus", "call_next")
    desk.clock.forward(minutes=1)
    request = _request("agus", name, message_id=str(uuid4()))
    first = _taken(desk, request)
    disable(desk.engine, "agus")
    for workers in (desk, Workers.on(desk.engine, desk.clock)):
        again = _taken(workers, request)
        assert again.reply == first.reply
        assert told(again.events) == told(first.events)


@pytest.mark.parametrize("name", ["call_next", "desk_register"])
def test_the_id_of_a_request_is_its_users(desk: Workers, name: str) -> None:
    request = _request("agus", name, message_id=str(uuid4()))
    assert code_of(_taken(desk, request._replace(user_id="stranger"))) == ProblemCode.NOT_PERMITTED
    assert isinstance(_taken(desk, request).reply, DeskDone | Ticket), "a stranger has not used it up"
    assert code_of(_taken(desk, request._replace(user_id="dewi"))) == ProblemCode.REQUEST_ID_REUSED
    assert code_of(_taken(desk, request._replace(user_id="stranger"))) == ProblemCode.NOT_PERMITTED
    worker = desk.registrar if name == "desk_register" else desk.ticker
    other = _request("agus", name, message_id=str(uuid4()), **somebody(name, 4))
    refused, done = worker.handle([other._replace(user_id="stranger"), other])
    assert code_of(refused) == ProblemCode.NOT_PERMITTED
    assert isinstance(done.reply, DeskDone | Ticket)


def test_neighbours_of_what_is_not_permitted_are_done(desk: Workers) -> None:
    requests = [registration(2), _request("siti", "desk_register"), registration(3)]
    first, refused, last = desk.registrar.handle(requests)
    assert isinstance(first.reply, Ticket)
    assert isinstance(last.reply, Ticket)
    assert code_of(refused) == ProblemCode.NOT_PERMITTED
    called, refused = desk.ticker.handle([_request("siti", "call_next"), _request("budi", "call_next")])
    assert isinstance(called.reply, DeskDone)
    assert code_of(refused) == ProblemCode.NOT_PERMITTED
    is_whole(desk)


def test_the_journal_says_who(desk: Workers) -> None:
    ask(desk, "siti", "call_next")
    ask(desk, "budi", "desk_register")
    ask(desk, "dewi", "set_rooms")
    by = [(row["event_name"], row["operator"]) for row in journal_rows(desk.engine) if row["operator"]]
    assert by == [
        ("ticket.called", "siti"),
        ("ticket.registered", "budi"),
        ("clinic.rooms_changed", "dewi"),
    ]
