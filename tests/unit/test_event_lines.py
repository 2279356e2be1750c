"""Each event is one line, in every format, whoever has written it."""

import csv
import json

import pytest

from antrean_client.events import read_event
from event_tap.formats import LINES
from tests.journal_events import event

EVENT = event("GIG", 7)
HOSTILE = json.loads(EVENT.body)
HOSTILE["data"]["room_name"] = "Poli\u2028\x1b[2J\x9b2J\r\nGigi Ž"
"""A room's name as no worker writes it."""


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("name", LINES)
def test_an_event_is_a_line(name: str, indent: int | None) -> None:
    line = LINES[name](read_event(json.dumps(HOSTILE, indent=indent).encode()))

    assert line.endswith(b"\n")
    if name != "csv":
        assert line.count(b"\n") == 1
        assert json.loads(line)["id"] == EVENT.id
    else:
        assert len([*csv.reader([line.decode()])]) == 1


def test_a_flat_line_holds_nothing_that_a_terminal_obeys() -> None:
    line = LINES["json"](read_event(json.dumps(HOSTILE).encode()))

    assert line[:-1].isascii()
    assert line[:-1].decode().isprintable()
    assert json.loads(line)["room_name"] == HOSTILE["data"]["room_name"]
    assert {name: json.loads(line)[name] for name in ("hospital", "clinic", "service_date", "sequence")} == {
        "hospital": "RSHS",
        "clinic": "GIG",
        "service_date": "2026-11-23",
        "sequence": 7,
    }


def test_a_cloud_event_is_as_it_was_published() -> None:
    assert LINES["cloudevents"](read_event(EVENT.body)) == EVENT.body + b"\n"
