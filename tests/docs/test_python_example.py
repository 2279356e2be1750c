"""docs/examples/python, on a real broker: what it keeps is right after every kill."""

import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from common.domain.event_names import EventName
from tests.broker import RunningBroker
from tests.journal_events import event, publish
from tests.processes import bare_environment, eventually

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "python" / "serving_board.py"
LINES_MAX = 30


def rows(path: Path) -> dict[str, str]:
    """What the board shows by now."""
    if not path.exists():
        return {}
    with closing(sqlite3.connect(path)) as database:
        try:
            return dict(database.execute("SELECT place, number FROM serving").fetchall())
        except sqlite3.OperationalError:
            return {}


def test_the_board_goes_on_where_it_was_killed(broker: RunningBroker, tmp_path: Path) -> None:
    board, clinic = tmp_path / "board.db", "PAPAN"
    environment = bare_environment(tmp_path) | {
        "ANTREAN_AMQP_URL": broker.url("integrator"),
        "PYTHONPATH": str(ROOT),
    }
    for last in (3, 6, 9):
        called = [event(clinic, at, EventName.TICKET_CALLED) for at in range(last - 2, last + 1)]
        publish(broker.url("deploy"), called)
        with subprocess.Popen([sys.executable, str(EXAMPLE), str(board)], env=environment) as program:
            wanted = f"{clinic}-{last:03d}"
            eventually(lambda: rows(board).get(f"RSHS/{clinic}") == wanted, wanted)  # noqa: B023 - at once
            program.send_signal(signal.SIGKILL)


def test_it_is_as_short_as_the_page_says() -> None:
    lines = len(EXAMPLE.read_text().splitlines())
    [said] = re.findall(r"A board in (\d+)\s+lines", (ROOT / "docs" / "integrators.md").read_text())
    assert lines == int(said)
    assert lines <= LINES_MAX
