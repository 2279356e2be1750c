"""The search for personal data at the end of each file finds them where they must not be told."""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from common.messaging.topology import EVENTS_EXCHANGE, PATIENT_EXCHANGE
from tests.acceptance.personal_data import Disclosures
from tests.contract_check import REPLY_TO, Published

NAME, NUMBER, BORN, CODE = "Sri Rejeki", "00123456", "1990-01-31", "7K3F-9QXM-2T5R"
REGISTRATION = {"name": NAME, "medical_record_number": NUMBER, "date_of_birth": BORN}
TICKET = {"ticket_code": CODE, "number": 17}


def reply(name: str, body: Mapping[str, Any]) -> Published:
    return Published("", f"{REPLY_TO}.abc", {"type": name}, body)


def event(**data: Any) -> Published:
    return Published(
        EVENTS_EXCHANGE, "RSHS.GIG.ticket.registered", {"type": "ticket.registered"}, {"data": data}
    )


REQUESTS = (
    Published(PATIENT_EXCHANGE, "register", {"type": "register"}, REGISTRATION),
    reply("ticket", TICKET),
)


def leaks(*more: Published, logs: Iterable[str] = ()) -> list[str]:
    found = Disclosures()
    for text in logs:
        found.add("logs", lambda text=text: text)  # type: ignore[misc]
    return list(found.leaks([*REQUESTS, *more]))


@pytest.mark.parametrize("secret", [NAME, NUMBER, BORN, CODE, CODE.replace("-", "")])
def test_what_is_told_to_others_is_found(secret: str) -> None:
    assert len(leaks(event(number=17, more=secret))) == 1
    assert len(leaks(logs=[f"all is well\nhandled {secret}\nall is well"])) == 1
    assert len(leaks(reply("problem", {"code": "busy", "detail": f"No: {secret}."}))) == 1


def test_the_replies_to_those_who_may_know_are_not() -> None:
    holder = {"name": NAME, "date_of_birth": BORN}
    problem = {
        "code": "medical_record_mismatch",
        "detail": "Somebody else.",
        "holder": holder,
        "ticket": TICKET,
    }
    assert leaks(reply("problem", problem), reply("ticket", TICKET), event(number=17)) == []
