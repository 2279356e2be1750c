"""docs/asyncapi.yaml, docs/schemas and docs/contract.html are what the code does, all of it, nothing else."""

import json
import re
from fnmatch import fnmatchcase
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from common.messages.event_data import DATA_OF
from common.messages.events import data_schema
from common.messaging.topology import POISON_EXCHANGE, PUSH_EXCHANGE, REQUEST_EXCHANGES, bindings
from contract.answers import OF_EVERY_REQUEST, problems_of
from contract.descriptions import PROTOCOL
from contract.documents import DOCS
from contract.files import stale
from contract.messages import REQUESTS
from contract.schemas import schema_files, uri
from tests.contract_check import ContractCheck, Published

CHECK = ContractCheck()
CONTRACT: dict[str, Any] = CHECK.document
MESSAGES: dict[str, Any] = CONTRACT["components"]["messages"]


def test_the_files_are_as_the_code_would_write_them() -> None:
    found = [str(path.relative_to(DOCS.parent)) for path in stale()]
    assert not found, "\n".join(["stale: run `make contract`, look at its changes, and commit them", *found])


@pytest.mark.parametrize("name", MESSAGES)
def test_the_examples_of_a_message_keep_to_it(name: str) -> None:
    assert MESSAGES[name]["examples"]
    for each in MESSAGES[name]["examples"]:
        assert CHECK.faults(name, each["headers"], each["payload"]) == []


def test_every_binding_of_the_broker_has_a_channel() -> None:
    for exchange, pattern, queue in bindings():
        # The broker's own way for what no program can process, and that of web processes to one another.
        if exchange not in (POISON_EXCHANGE, PUSH_EXCHANGE):
            found = [
                name
                for name, channel in CONTRACT["channels"].items()
                if _exchange(channel) == exchange and fnmatchcase(_routing_key(channel), pattern)
            ]
            assert found, (exchange, pattern)
            if exchange in REQUEST_EXCHANGES.values():
                assert [CONTRACT["channels"][name]["x-queue"] for name in found] == [queue]


def test_every_channel_has_a_binding_of_the_broker() -> None:
    for name, channel in CONTRACT["channels"].items():
        amqp = channel["bindings"]["amqp"]
        if amqp["is"] == "queue":
            assert amqp["queue"]["name"] in {queue for _, _, queue in bindings()}
        elif name != "replies":  # these take the default exchange, to which every queue is bound
            assert any(
                _exchange(channel) == exchange and fnmatchcase(_routing_key(channel), pattern)
                for exchange, pattern, _ in bindings()
            ), name


@pytest.mark.parametrize("name", [name for name in REQUESTS if f"patient.{name}" in MESSAGES])
def test_the_protocol_tells_of_the_same_problems(name: str) -> None:
    section = PROTOCOL.section(f"### `{name}`", PROTOCOL.section("## Requests"))
    sentence = re.search(r"Problems:\s(.*?)(?:\.\s|, where|\n\n)", section, re.DOTALL)
    told = set(re.findall(r"`(\w+)`", sentence[1])) if sentence else set()
    exchange = REQUEST_EXCHANGES["patient"]
    assert told == {*problems_of(exchange, REQUESTS[name])} - {*OF_EVERY_REQUEST}


def test_every_schema_can_be_read_by_itself() -> None:
    for name, schema in schema_files().items():
        Draft202012Validator.check_schema(schema)
        assert schema["$id"] == uri(name)
        assert json.loads((DOCS / uri(name).removeprefix("urn:antrean:")).read_text()) == schema


def test_what_an_event_names_is_the_schema_of_its_data() -> None:
    for name in DATA_OF:
        schema = json.loads((DOCS / data_schema(name).removeprefix("urn:antrean:")).read_text())
        Draft202012Validator(schema).validate(MESSAGES[name]["examples"][0]["payload"]["data"])


def test_the_page_loads_nothing() -> None:
    page = (DOCS / "contract.html").read_text()
    assert not re.search(r"<(?:script|link|img|iframe|object|embed)\b|@import|url\(|https?://", page)
    named, linked = set(re.findall(r'id="([^"]+)"', page)), set(re.findall(r'href="#([^"]+)"', page))
    assert linked <= named


CALLED: dict[str, Any] = MESSAGES["ticket.called"]["examples"][0]
DATA: dict[str, Any] = CALLED["payload"]["data"]


@pytest.mark.parametrize(
    ("spoiled", "named"),
    [
        ({"name": "Siti Aminah"}, "('name' was unexpected)"),
        ({"status": "elsewhere"}, "status: 'elsewhere' is not one of"),
        ({"number": "17"}, "number: '17' is not of type 'integer'"),
        ({"waiting": None}, "waiting: None is not of type 'integer'"),
    ],
)
def test_an_event_that_the_contract_does_not_know_is_named(spoiled: dict[str, Any], named: str) -> None:
    body = {**CALLED["payload"], "data": {**DATA, **spoiled}}
    [fault] = CHECK.faults("ticket.called", CALLED["headers"], body)
    assert fault.startswith("ticket.called: member data")
    assert named in fault


def test_an_attribute_and_a_property_that_the_contract_does_not_know_are_named() -> None:
    body = {**CALLED["payload"], "partitionkey": "GIG"}
    [of_property, of_member] = CHECK.faults("ticket.called", {**CALLED["headers"], "userId": "siti"}, body)
    assert "userId" in of_property
    assert "partitionkey" in of_member


def published(message: str, reply_to: str = "amq.rabbitmq.reply-to.one", **changes: Any) -> Published:
    """The example of a message on its way."""
    found = MESSAGES[message]["examples"][0]
    exchange = "" if "." not in message else REQUEST_EXCHANGES.get(message.split(".")[0], "")
    key = found["headers"]["type"] if exchange else reply_to
    address = {"replyTo": reply_to} if exchange else {}
    return Published(exchange, key, {**found["headers"], **address}, {**found["payload"], **changes})


CALL_NEXT = published("desk.call_next")


@pytest.mark.parametrize(
    ("messages", "faults"),
    [
        ([CALL_NEXT, published("reply.desk_done"), published("reply.desk_done")], []),
        ([CALL_NEXT, published("problem.patient_elsewhere")], []),
        (
            [CALL_NEXT, published("problem.ask_at_desk")],
            ["desk.call_next: problem.ask_at_desk is no answer to it in the contract"],
        ),
        ([published("desk.call_next", room=0), published("problem.invalid_request")], []),
        (
            [published("desk.call_next", room=0), published("reply.desk_done")],
            ["desk.call_next: member room: 0 is less than the minimum of 1"],
        ),
        (
            [CALL_NEXT._replace(routing_key="call_everybody")],
            ["desk.call_everybody: the contract has no such request"],
        ),
    ],
)
def test_an_answer_that_the_contract_does_not_know_is_named(
    messages: list[Published], faults: list[str]
) -> None:
    assert list(CHECK.faults_of_all(messages)) == faults


def _exchange(channel: dict[str, Any]) -> str | None:
    exchange = channel["bindings"]["amqp"].get("exchange", {})
    name: str | None = exchange.get("name")
    return name


def _routing_key(channel: dict[str, Any]) -> str:
    address: str = channel["address"] or ""
    return address.format(hospital="RSHS", clinic="GIG")
