"""How the ids of requests are read, and what their shortest ways leave as it was."""

import unicodedata
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.messages.message import Request
from common.messages.patients import Register
from common.messages.problems import Problem
from common.messaging.received_requests import ReceivedRequest, read_request
from tests.builders import registration

AN_ID = "7f5b4f2e-0c7a-4a59-9d5e-3f2f1f0a9b11"
REQUEST_TYPES: dict[str, type[Request]] = {Register.name: Register}


def read(message_id: str) -> ReceivedRequest | Problem:
    return read_request(REQUEST_TYPES, registration(1)._replace(message_id=message_id))


@given(st.uuids(), st.sampled_from([str, lambda u: u.hex, lambda u: u.urn, lambda u: str(u).upper()]))
def test_an_id_is_one_in_every_notation(uuid: UUID, written: object) -> None:
    asked = read(written(uuid))  # type: ignore[operator]
    assert isinstance(asked, ReceivedRequest)
    assert asked.request_id == str(uuid)


@pytest.mark.parametrize("message_id", ["", "1", f"{AN_ID}\n", f"{AN_ID}0", f"{AN_ID[:-1]}x"])
def test_what_is_no_uuid_is_no_id(message_id: str) -> None:
    assert isinstance(read(message_id), Problem)


def test_of_ascii_only_what_is_printable_is_no_control_character() -> None:
    for character in map(chr, range(128)):
        assert character.isprintable() == (unicodedata.category(character)[0] != "C")
