"""A refusal that another version of Antrean remembered is given again as it was, and harms no neighbour."""

import json

import pytest
from sqlalchemy import Engine, select, update

from common.messages.message import EncodedReply, encode_reply
from common.messaging.delivery import Delivery
from common.storage.tables import refusals
from tests.builders import cancellation, desk_request, registration
from tests.store.desks import calls, desk_of, does
from tests.store.workers import ReadByClients, Workers

KINDS = ["already_registered", "not_cancellable", "not_permitted_now"]


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """A clinic in desk mode in which nobody waits any more: its one patient has given up."""
    workers = desk_of(engine)
    workers.cancel(workers.register(1))
    return workers


def _refused(desk: Workers, kind: str) -> tuple[ReadByClients, Delivery]:
    """A request that is refused with this code, and who has refused it."""
    if kind == "already_registered":
        desk.register(2)
        return desk.registrar, registration(2)
    if kind == "not_cancellable":
        ticket = desk.register(2)
        calls(desk)
        does(desk, "start", number=ticket.number)
        return desk.registrar, cancellation(ticket.ticket_code)
    return desk.ticker, desk_request("call_next", room=1)


@pytest.mark.parametrize("kind", KINDS)
def test_what_another_version_remembered_is_given_again(desk: Workers, engine: Engine, kind: str) -> None:
    handler, request = _refused(desk, kind)
    handler.handle([request])
    with engine.begin() as connection:
        problem = json.loads(connection.scalars(select(refusals.c.problem)).one())
        assert problem["code"] == kind
        problem.pop("title")
        problem["of_another_version"] = True
        body = json.dumps(problem).encode()
        connection.execute(update(refusals).values(problem=body))

    neighbour = registration(3) if handler is desk.registrar else desk_request("set_rooms", rooms=3)
    again, other = handler.handler.handle([request, neighbour])

    assert isinstance(again.reply, EncodedReply)
    assert encode_reply(again.reply) == body
    assert other.dead_letter is None
    assert other.events
