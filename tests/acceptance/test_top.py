"""`antrean-admin top` while everything is up: its tables and keys on a screen, and once for a pipe."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pika
import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, Static

from admin_cli.session import AdminSession
from admin_cli.top.app import Top
from admin_cli.top.sources import Part
from common.messaging.delivery import CAME_THROUGH
from common.messaging.topology import DEAD_QUEUE, PATIENT_EXCHANGE
from common.settings import Settings
from common.words.texts import Texts
from tests.acceptance.command_line import Shell
from tests.acceptance.conftest import shell_of
from tests.acceptance.terminal import terminal
from tests.deployment import Deployment, Patient, connected, personal_data_in
from tests.processes import SECONDS_MAX, eventually

Play = Callable[[Pilot[None]], Awaitable[None]]
SMALL, LARGE = (80, 24), (120, 40)
REQUEST_ID = "0b54e0de-5b1c-4a30-8e6a-6b6c5f6f2a11"


def screen_of(deployment: Deployment, play: Play, size: tuple[int, int] = SMALL, **variables: str) -> None:
    """Shows the screen and lets `play` use it."""
    given = {
        **deployment.variables,
        "ANTREAN_AMQP_URL": deployment.urls["deploy"],
        "ANTREAN_DATABASE_URL": deployment.database_url,
        **variables,
    }
    settings = Settings.read({name: value for name, value in given.items() if value})
    session = AdminSession(settings, "en", language_given=True)
    app = Top(settings, Texts("en"), None, lambda error: str(session.failure_of(error).sentence))

    async def run() -> None:
        try:
            async with app.run_test(size=size) as pilot:
                await play(pilot)
        finally:
            if app.fault is not None:
                raise app.fault

    asyncio.run(run())
    for thread in threading.enumerate():
        if thread.name in {*Part}:  # it may hold dead letters, which go back when it ends
            thread.join(SECONDS_MAX)


async def shows(pilot: Pilot[None], *words: str) -> None:
    """Waits until the screen shows all of these words."""
    try:
        async with asyncio.timeout(SECONDS_MAX):
            while not all(each in seen(pilot) for each in words):
                assert pilot.app.is_running, "it has ended by a fault"
                await pilot.pause(0.02)
    except TimeoutError:
        pytest.fail(f"{words} not in\n{seen(pilot)}")


def seen(pilot: Pilot[None]) -> str:
    """What can be read on the screen, dialogs included, with the tables that are on it."""
    lines = []
    for each in pilot.app.screen_stack:
        lines += [str(part.content) for part in each.query(Static) if part.display]
        for table in each.query(DataTable):
            if table.region.height and table.display:
                rows = [table.get_row_at(place) for place in range(table.row_count)]
                lines += ["  ".join(cell.plain for cell in row) for row in rows]
    return "\n".join(lines)


def sets_aside(system: Deployment, body: bytes, properties: pika.BasicProperties) -> None:
    """As a registrar does, who alone of the roles may."""
    with connected(system.urls["registrar"]) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish("", DEAD_QUEUE, body, properties, mandatory=True)


@pytest.fixture
def dead_letter(system: Deployment) -> Iterator[bytes]:
    """A registration that a worker has set aside."""
    somebody = Patient()
    body = Patient().body("RSHS", "MAT") | {"name": somebody.name}
    encoded = json.dumps(body).encode()
    properties = pika.BasicProperties(
        type="register",
        message_id=REQUEST_ID,
        content_type="application/json",
        timestamp=int(Settings.read(system.variables).clock().now().timestamp()),
        headers={"x-antrean-reason": "KeyError in the handler", CAME_THROUGH: PATIENT_EXCHANGE},
    )
    sets_aside(system, encoded, properties)
    yield encoded
    with system.channel() as channel:
        channel.queue_purge(DEAD_QUEUE)


def more_wait_than_rooms(shell: Shell, clinic: str) -> None:
    """So many patients come that some of them wait, though the clock calls at once."""
    for _ in range(5):
        shell.register("RSHS", clinic)


def test_one_table_at_a_time_on_a_small_screen(system: Deployment, shell: Shell) -> None:
    more_wait_than_rooms(shell, "MAT")

    async def play(pilot: Pilot[None]) -> None:
        await shows(
            pilot, "● registrar", "1 Queues", "Rates and workers are not shown: set ANTREAN_MANAGEMENT_URL"
        )
        assert "RSHS MAT" not in seen(pilot)
        await pilot.press("3")
        await shows(pilot, "RSHS MAT", "Poli Mata")
        assert "● registrar" not in seen(pilot)
        await pilot.press("tab")
        await shows(pilot, "There are no dead letters.")
        await pilot.press("question_mark")
        await shows(pilot, "somebody waits in vain")
        await pilot.press("enter", "q")

    screen_of(system, play)


def test_all_tables_on_a_large_screen_sorted_as_asked(system: Deployment, shell: Shell) -> None:
    for clinic in ("GIG", "ANA"):
        more_wait_than_rooms(shell, clinic)

    async def play(pilot: Pilot[None]) -> None:
        await shows(pilot, "● registrar", "RSHS ANA", "RSHS GIG", "There are no dead letters.")
        await pilot.press("3", "s")
        table = pilot.app.query_one("#clinics DataTable", DataTable)
        await shows(pilot, "RSHS GIG")
        places = [table.get_row_at(place)[0].plain for place in range(table.row_count)]
        assert places == sorted(places)
        assert len(places) > 1
        assert "▲" in str(table.ordered_columns[0].label)
        # Textual measures rows after it has been told of them, and may keep a height found before.
        heights = [each.styles.height for each in pilot.app.query("Table, DataTable")]
        assert not any(height is None or height.is_auto for height in heights)

    screen_of(system, play, LARGE)


def test_clinics_of_one_hospital(system: Deployment, shell: Shell) -> None:
    more_wait_than_rooms(shell, "MAT")

    async def play(pilot: Pilot[None]) -> None:
        await pilot.press("3")
        await shows(pilot, "RSHS MAT")
        await pilot.press("h", *"x!", "enter")
        await shows(pilot, "A code has 2 to 10 letters and digits")
        await pilot.press("backspace", "backspace", *"rsua", "enter")
        await shows(pilot, "RSUA", "Nobody waits anywhere.")

    screen_of(system, play)


def test_a_dead_letter_is_sent_again_after_a_question(
    system: Deployment, shell: Shell, dead_letter: bytes
) -> None:
    async def play(pilot: Pilot[None]) -> None:
        await pilot.press("4")
        await shows(pilot, "register", "KeyError in the handler", "possible")
        assert not personal_data_in(seen(pilot))
        await pilot.press("r")
        await shows(pilot, "nothing is done twice")
        await pilot.press("n")
        await pilot.pause()
        # A reading that is under way holds it for a moment.
        eventually(lambda: system.ready(DEAD_QUEUE) == 1, "it is still there")
        await pilot.press("r")
        await shows(pilot, "nothing is done twice")
        await pilot.press("y")
        await shows(pilot, "Sent again: 1.", "There are no dead letters.")

    assert dead_letter
    screen_of(system, play)
    eventually(lambda: REQUEST_ID in system.logs() or system.ready(DEAD_QUEUE) == 0, "it was taken")


def test_what_cannot_be_sent_again_says_why(system: Deployment) -> None:
    sets_aside(system, b"{}", pika.BasicProperties(type="call_next"))

    async def play(pilot: Pilot[None]) -> None:
        await pilot.press("4")
        await shows(pilot, "call_next", "drop it")
        await pilot.press("r")
        await shows(pilot, "Not sent again")
        assert len(pilot.app.screen_stack) == 1

    try:
        screen_of(system, play)
    finally:
        with system.channel() as channel:
            channel.queue_purge(DEAD_QUEUE)


def test_what_is_gone_is_said_and_since_when(system: Deployment) -> None:
    async def play(pilot: Pilot[None]) -> None:
        await pilot.press("4", "r")
        await shows(pilot, "✖ broker not to be had since", "cannot be reached", "● database")
        await shows(pilot, "Choose a dead letter")
        assert "Nothing needs attention" not in seen(pilot)

    screen_of(system, play, ANTREAN_AMQP_URL="amqp://deploy:x@127.0.0.1:1/")


def test_without_a_database_it_says_how_to_have_clinics(system: Deployment) -> None:
    async def play(pilot: Pilot[None]) -> None:
        await shows(pilot, "Clinics are not shown: set ANTREAN_DATABASE_URL.", "● registrar")

    screen_of(system, play, ANTREAN_DATABASE_URL="")


@pytest.fixture
def operator(system: Deployment, tmp_path: Path) -> Shell:
    """A shell as the compose file's `admin` has it."""
    found = shell_of(system, tmp_path)
    return Shell(tmp_path, {**found.variables, **system.environment("deploy")}, system.ticket_codes)


def test_into_a_pipe_it_is_printed_once(operator: Shell, shell: Shell) -> None:
    more_wait_than_rooms(shell, "MAT")
    done = operator.run("antrean-admin", "top", "--lang", "en")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "● registrar" in done.stdout
    assert "RSHS MAT" in done.stdout
    assert not personal_data_in(done.stdout)
    found = operator.run("antrean-admin", "top", "--json", "--hospital", "rsua").json
    assert found["clinics"] == []
    assert found["dead_letters"] == []


def test_on_a_terminal_it_is_live_until_it_is_left(operator: Shell) -> None:
    with terminal(operator, "antrean-admin", "top", "--lang", "id", columns=100) as screen:
        screen.reads("registrar").types("q")
        assert screen.ends() == 0
