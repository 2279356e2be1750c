"""No call is missed and none comes twice, whatever ends while clinics call: page, board process or broker."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from tests.broker import RunningBroker, private_node
from tests.deployment import Deployment, at_work
from tests.processes import eventually
from tests.web.board_client import BoardClient, board_client
from tests.web.board_hospital import CODE, board_catalog
from tests.web.desk_of import Desk, desk_of
from tests.web.web_process import IMPATIENT, await_ready, start_web

CLINICS = ("C01", "C02", "C03")


@pytest.fixture
def own_hospital(_migrated_sqlite: Path, tmp_path: Path) -> Iterator[tuple[Deployment, RunningBroker]]:
    """A hospital at work on a broker of its own, which the test may stop."""
    with private_node() as node:
        broker = RunningBroker(node.urls, has_roles=True, has_policies=True, node=node)
        with at_work(broker, _migrated_sqlite, tmp_path, board_catalog()) as deployment:
            yield deployment, broker


class Boards:
    """Two board processes; pages connect to the one whose turn it is."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self.processes = [start_web(deployment, "board") for _ in range(2)]
        for each in self.processes:
            await_ready(each)
        self._turn = 0

    def address(self) -> str:
        """Of the stream of the next process."""
        self._turn += 1
        return f"{self.processes[self._turn % 2].url}/{CODE}/{','.join(CLINICS)}/stream"

    def restart(self, which: int) -> None:
        """As after a power failure."""
        self.processes[which].program.kill()
        self.processes[which] = start_web(self._deployment, "board", self.processes[which].port)


@contextmanager
def pages(boards: Boards, count: int) -> Iterator[list[BoardClient]]:
    """So many pages, all open."""
    if count == 0:
        yield []
        return
    with board_client(boards.address) as page, pages(boards, count - 1) as others:
        yield [page, *others]


def call_somebody(desk: Desk, clinic: str) -> str:
    """The display number of who was called."""
    desk.register(clinic)
    return f"{clinic}-{desk.call(clinic):03d}"


@pytest.mark.parametrize("rounds", [4, pytest.param(12, marks=pytest.mark.long)])
def test_calls_while_everything_restarts(own_hospital: tuple[Deployment, RunningBroker], rounds: int) -> None:
    deployment, broker = own_hospital
    random, boards, called = Random(19), Boards(deployment), list[str]()
    with desk_of(deployment, CODE) as desk:
        for clinic in CLINICS:
            desk.by_desk(clinic)
    with pages(boards, 4) as open_pages:
        for round_ in range(rounds):
            fault = ("drop", "board", "drop", "broker")[round_ % 4]
            with desk_of(deployment, CODE) as desk:
                called += [call_somebody(desk, random.choice(CLINICS)) for _ in range(2)]
                if fault == "drop":
                    for page in open_pages[round_ // 2 % 2 :: 2]:
                        page.drop()
                elif fault == "board":
                    boards.restart(random.randrange(2))
                called.append(call_somebody(desk, random.choice(CLINICS)))
            if fault == "broker":
                restart(deployment, broker)
        for page in open_pages:
            page.awaits(lambda page: len(page.listed) >= len(called), f"{len(called)} calls are listed")
            for clinic in CLINICS:
                listed = [page.ever[key]["display_number"] for key in page.listed if f"/{clinic}/" in key]
                assert listed == [each for each in called if each.startswith(clinic)]
            page.awaits(lambda page: page.stale_since is None, "the page is up to date")
            assert page.connections > 1


def restart(deployment: Deployment, broker: RunningBroker) -> None:
    assert broker.node is not None
    broker.node.stop()
    broker.node.start()
    for queue in ("antrean.registrar", "antrean.ticker", "antrean.status"):
        deployment.await_consumers(queue, 1)


def test_what_is_away_is_said_and_the_last_state_stays(board_hospital: Deployment) -> None:
    process = start_web(board_hospital, "board", module=IMPATIENT)
    await_ready(process)
    with desk_of(board_hospital, CODE) as desk:
        desk.by_desk("C10")
        with board_client(f"{process.url}/{CODE}/C10/stream") as page:
            number = call_somebody(desk, "C10")
            page.lists(number)
            [responder] = [each for each in board_hospital.programs if each.name.startswith("status")]
            with responder.frozen():
                page.awaits(lambda page: page.stale_since is not None, "that nobody answers is said")
                assert page.clinics["C10"]["rooms"]
                # Calls come from the events: they are shown all the same.
                other = call_somebody(desk, "C10")
                page.lists(number, other)
                [room] = page.clinics["C10"]["rooms"]
                assert room["display_number"] == other
            page.awaits(lambda page: page.stale_since is None, "it is up to date again")
    assert process.program.stop() == 0


def test_a_page_that_is_opened_while_nobody_answers_is_filled_later(board_hospital: Deployment) -> None:
    process = start_web(board_hospital, "board", module=IMPATIENT)
    await_ready(process)
    with process.client() as client:
        eventually(lambda: client.get(f"/{CODE}").status_code == 200, "the hospital is known")
    [responder] = [each for each in board_hospital.programs if each.name.startswith("status")]
    responder.freeze()
    try:
        with board_client(f"{process.url}/{CODE}/stream") as page:
            page.awaits(lambda page: page.stale_since is not None, "that nobody answers is said")
            assert not page.clinics
            responder.thaw()
            page.awaits(lambda page: {*CLINICS} <= page.clinics.keys(), "all clinics come")
            page.awaits(lambda page: page.stale_since is None, "it is up to date")
    finally:
        responder.thaw()
    assert process.program.stop() == 0
