"""Whatever stands in the stream, and whoever wrote it: the pages go on."""

from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from antrean_client.events import read_event
from common.clock import SystemClock
from tests.json_values import like
from tests.unit.board_browsers import HOSPITAL, Process
from tests.unit.board_world import MORNING, World
from waiting_room.hub import Page
from waiting_room.messages import Scene

DATA: dict[str, Any] = {
    "number": 1,
    "display_number": "GIG-001",
    "status": "called",
    "lane": "urgent",
    "room": 2,
    "room_name": "Loket A",
    "waiting": 4,
    "out_of_turn": "emergency",
}


@given(st.data(), st.sampled_from(["called", "recalled", "call_undone", "served"]))
def test_a_page_goes_on_after_any_event(data: st.DataObject, verb: str) -> None:
    process = Process([World("GIG", Random(1))])
    page = Page(Scene(process.board, HOSPITAL, None), SystemClock())
    for sequence in range(1, 4):
        event = {
            "id": "x",
            "type": f"id.antrean.ticket.{verb}.v1",
            "source": "/hospitals/RSHS/clinics/GIG/2026-11-23",
            "sequence": f"{sequence:010d}",
            "time": data.draw(st.sampled_from(["2026-11-23T02:00:00Z", "9999-12-31T23:59:59Z"])),
        }
        body = data.draw(like(DATA))
        try:
            read = read_event(data.draw(like(event))[:-1] + b', "data": ' + body + b"}")
        except ValueError:
            continue
        process.boards.take([read])
        process.look_up(process.worlds[0])
        page.tell(process.board.change())
        page.scene.snapshot({}, MORNING + timedelta(minutes=sequence))
