"""Who asks, and what they may do: `desk_user`."""

from typing import Any

import pytest
from sqlalchemy import Engine

from common.messages.desk_replies import DUTIES_SHOWN_MAX, DeskUser
from common.messages.message import encode_reply
from common.messages.problems import Problem
from common.messaging.topology import DESK_EXCHANGE
from tests.builders import clinic_table, delivery, hospital_table
from tests.staff import duty, let_serve
from tests.store.workers import Workers, workers_of


@pytest.fixture
def workers(engine: Engine) -> Workers:
    """The workers of two hospitals."""
    return workers_of(
        engine,
        hospital_table("RSHS", clinic_table("GIG"), clinic_table("INT")),
        hospital_table("RSJP", clinic_table("OBG")),
    )


def asked(workers: Workers, *users: str) -> list[Any]:
    """What each of these users is told, all in one batch."""
    requests = [delivery("desk_user", {}, exchange=DESK_EXCHANGE, user_id=user) for user in users]
    return [outcome.reply for outcome in workers.status.handle(requests)]


def test_everybody_is_told_their_own_duties(engine: Engine, workers: Workers) -> None:
    let_serve(engine, "siti", duty("caller", "RSHS", "INT", "GIG"))
    let_serve(engine, "budi", duty("reception", "RSJP"))
    let_serve(engine, "budi", duty("manager", "RSHS", "GIG"))
    let_serve(engine, "dewi", duty("manager", "*"))

    siti, budi, dewi, nobody = asked(workers, "siti", "budi", "dewi", "tono")

    assert isinstance(siti, DeskUser)
    assert (siti.user, siti.more) == ("siti", False)
    assert [(each.hospital, each.clinics, each.role) for each in siti.duties] == [
        ("RSHS", ["GIG", "INT"], "caller")
    ]
    assert siti.duties[0].hospital_name is not None
    assert [(each.hospital, each.clinics, each.role) for each in budi.duties] == [
        ("RSHS", ["GIG"], "manager"),
        ("RSJP", None, "reception"),
    ]
    assert [(each.hospital, each.hospital_name, each.clinics) for each in dewi.duties] == [("*", None, None)]
    assert isinstance(nobody, Problem)
    assert nobody.code == "not_permitted"
    assert encode_reply(siti).startswith(b'{"user":"siti"')


def test_as_many_duties_are_listed_as_fit(engine: Engine, workers: Workers) -> None:
    for number in range(DUTIES_SHOWN_MAX + 1):
        let_serve(engine, "siti", duty("caller", f"RS{number}"))

    (siti,) = asked(workers, "siti")

    assert len(siti.duties) == DUTIES_SHOWN_MAX
    assert siti.more


def test_patients_cannot_ask_it(workers: Workers) -> None:
    (outcome,) = workers.status.handle([delivery("desk_user", {})])
    assert isinstance(outcome.reply, Problem)
    assert outcome.reply.code == "unknown_request"
