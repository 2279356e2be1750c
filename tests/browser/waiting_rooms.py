"""A waiting room: a hospital at work whose clinics call from their desks, and its board."""

import json
import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

from playwright.sync_api import BrowserContext, Page, expect

from admin_cli.catalog_file import Catalog
from common.domain.opening_hours import WEEKDAYS
from common.messaging.topology import DESK_EXCHANGE
from local_stack.private_node import PrivateNode
from tests.broker import RunningBroker
from tests.browser.watched_pages import WatchedPages
from tests.builders import catalog, clinic_table, hospital_table
from tests.deployment import Deployment
from tests.processes import SECONDS_MAX
from tests.web.web_process import WebProcess, await_ready, start_web
from tests.workers.requester import Message, Requester, message, registration, requester
from waiting_room.voice.clips import find_clips

TOOTH, CHILD, CLOSED = "GIG", "ANA", "MAT"

NOW = "#now li:first-child .number"
"""Where the board shows the number that is called, first of several."""

_SILENT_FRAME = bytes.fromhex("fffb9064") + bytes(413)
"""Of MP3: layer III, 128 kbit/s, 44.1 kHz. No browser decodes less than two."""

_MANY = tuple(f"P{place:02d}" for place in range(1, 31))
"""Clinics of the large hospital: more than one screen shows, and enough for each test to have some."""


def new_code() -> str:
    """Of a hospital that no other test has: a board shows what the broker has kept of earlier ones."""
    return f"R{secrets.token_hex(3).upper()}"


def waiting_rooms_catalog(hospital: str, large_hospital: str) -> Catalog:
    """A hospital with a clinic of two rooms, one whose rooms have names, and one that is closed; and a large
    one."""
    always = {day: ["00:00-24:00"] for day in WEEKDAYS}
    served = {"rooms": 2, "hours": always, "mode": "desk"}
    names = ["Ruang Anak 1", "Ruang Cempaka"]
    return catalog(
        hospital_table(
            hospital,
            clinic_table(TOOTH, name="Poli Gigi", **served),
            clinic_table(CHILD, name="Poli Anak", room_names=names, **served),
            clinic_table(CLOSED, name="Poli Mata", hours={"sun": ["08:00-12:00"]}),
        ),
        hospital_table(
            large_hospital, *(clinic_table(code, name=f"Poli Penyakit {code}", **served) for code in _MANY)
        ),
    )


@dataclass(frozen=True)
class Counter:
    """Where the patients of a clinic register and are called."""

    hospital: str
    clinic: str
    _room: "WaitingRoom"

    def register(self) -> int:
        """The number that a new patient gets."""
        request = registration(self.clinic, hospital=self.hospital)
        reply = self._room.patients.call_until_answered(request)
        assert reply.name == "ticket", reply
        return int(reply.body["number"])

    def call(self, room: int = 1) -> str:
        """Registers a patient and calls the next one to a room, whom is returned: `GIG-001`."""
        self.register()
        called: str = self.ask("call_next", room=room)["ticket"]["display_number"]
        return called

    def ask(self, name: str, **body: Any) -> dict[str, Any]:
        """What the desk is answered, which is no refusal."""
        asked = message(name, {"hospital": self.hospital, "clinic": self.clinic, **body})
        reply = self._room.desk.call_until_answered(
            Message(asked.body, asked.properties, asked.routing_key, DESK_EXCHANGE)
        )
        assert reply.name != "problem", reply
        return reply.body


class WaitingRoom:
    """A hospital at work with its `board`, whose clips are recordings that take little time."""

    patients: Requester
    desk: Requester

    def __init__(
        self, broker: RunningBroker, deployment: Deployment, hospital: str, large_hospital: str = ""
    ) -> None:
        self.node = broker.node
        self.hospital, self.large_hospital = hospital, large_hospital
        self._deployment = deployment
        self._unused = iter(_MANY)
        self._connections = ExitStack()
        self._recordings = _short_recordings(deployment.directory / "recordings")

    def __enter__(self) -> Self:
        self._connect()
        self.board = self._start_board(0)
        return self

    def __exit__(self, *_: object) -> None:
        self._connections.close()

    def counter(self, clinic: str) -> Counter:
        """Of a clinic of the hospital."""
        return Counter(self.hospital, clinic, self)

    def new_counter(self) -> Counter:
        """Of a clinic of the large hospital where nobody has been called yet."""
        return Counter(self.large_hospital, next(self._unused), self)

    def address(self, *counters: Counter) -> str:
        """Of the board's page for these clinics."""
        codes = ",".join(each.clinic for each in counters)
        return f"{self.board.url}/{counters[0].hospital}/{codes}"

    def start_board_again(self) -> None:
        """Another process answers at the address of the one that has ended."""
        self.board = self._start_board(self.board.port)

    @contextmanager
    def broker_away(self, node: PrivateNode) -> Iterator[None]:
        """The broker is stopped while the block runs; nobody can call."""
        self._connections.close()
        node.stop()
        try:
            yield
        finally:
            node.start()
            self._connect()

    def _connect(self) -> None:
        deployment = self._deployment
        self.patients = self._connections.enter_context(requester(deployment))
        self.desk = self._connections.enter_context(requester(deployment, deployment.urls["desk"]))

    def _start_board(self, port: int) -> WebProcess:
        voice = {"ANTREAN_BOARD_VOICE_DIR": str(self._recordings)}
        board = start_web(self._deployment, "board", port, **voice)
        await_ready(board)
        return board


def _short_recordings(folder: Path) -> Path:
    """Of each clip one that is silent for 50 ms."""
    for name in find_clips(None):
        recording = folder / f"{name}.mp3"
        recording.parent.mkdir(parents=True, exist_ok=True)
        recording.write_bytes(2 * _SILENT_FRAME)
    return folder


class Ear:
    """What the pages of a browser announce, whichever page it is: the clips of each, in their order."""

    def __init__(self, context: BrowserContext) -> None:
        self._notices: list[tuple[str, dict[str, Any]]] = []
        context.expose_function(
            "heard", lambda name, detail: self._notices.append((name, json.loads(detail)))
        )
        context.add_init_script(
            """for (const name of ["antrean:announcement", "antrean:announced"]) {
              addEventListener(name, (event) => window.heard(name, JSON.stringify(event.detail)));
            }"""
        )

    @property
    def keys(self) -> list[str]:
        """The calls that were announced, in the order in which they began."""
        return [detail["key"] for name, detail in self._notices if name == "antrean:announcement"]

    @property
    def clips(self) -> list[str]:
        """The clips of each, as they follow one another."""
        return [" ".join(each["clips"]) for name, each in self._notices if name == "antrean:announcement"]

    @property
    def overlapped(self) -> bool:
        """Whether one began before the one before it had ended."""
        names = [name for name, _ in self._notices]
        return any(pair == ("antrean:announcement",) * 2 for pair in pairwise(names))

    def hears(self, page: Page, count: int) -> list[str]:
        """Waits until so many were announced to their end, and returns their clips."""
        end = time.monotonic() + SECONDS_MAX
        while self._ended < count and time.monotonic() < end:
            page.wait_for_timeout(100)  # meanwhile the page is heard
        return self.clips

    @property
    def _ended(self) -> int:
        return sum(name == "antrean:announced" for name, _ in self._notices)


def listening(pages: WatchedPages, address: str) -> tuple[Page, Ear]:
    """A board in a browser of its own, with its sound on; its clock can be put forward."""
    context = pages.context()
    ear = Ear(context)
    page = context.new_page()
    page.clock.install()
    page.goto(address)
    page.click("#sound")
    expect(page.locator("#sound[data-on=true]")).to_be_visible()
    return page, ear


def called(clips: str) -> str:
    """Which number is called, of a clinic that has a code of three signs."""
    return "".join(clips.split()[5:6]).removeprefix("id/")
