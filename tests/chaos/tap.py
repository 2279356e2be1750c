"""`antrean-events tail --state` in a run: killed and started again, and held against journal and stream."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from common.storage.engine import snapshot
from common.storage.tables import journal
from tests.database import opened
from tests.processes import Program

if TYPE_CHECKING:
    from tests.chaos.system import System

_LATE: Final = timedelta(seconds=60)
"""Of the simulated clock: what was recorded so shortly before the end may have been published after it."""


_SHOWN_MAX: Final = 20


class Tap:
    """Follows every event into one file, from the first on. `keep_running` starts it where it is not running:
    it gives up where the broker is away just as it starts."""

    def __init__(self, system: "System") -> None:
        self._system = system
        self._output = system.directory / "tap.jsonl"
        self._words = ("--format", "cloudevents", "--state", str(system.directory / "tap.state"))
        self._program: Program | None = None
        self._runs = 0
        self._seen_bytes = 0

    def keep_running(self) -> None:
        """Starts it, or again, where it has ended."""
        if self._program is None or self._program.exit_code is not None:
            self._program = self._start("tail", "--from", "first")

    def grows(self) -> bool:
        """Whether the file has grown since this was last asked, or since it was killed."""
        size = self._size()
        grown = size > self._seen_bytes
        self._seen_bytes = size if grown else self._seen_bytes
        return grown

    def kill(self) -> int:
        """Kills it; how long the file is by then, in bytes."""
        if self._program is not None and self._program.exit_code is None:
            self._program.kill()
        self._seen_bytes = self._size()
        return self._seen_bytes

    def stop(self) -> None:
        """Kills it a last time: a replay goes on from its state, up to the end."""
        self.kill()
        self._program = self._start("replay")

    def is_at_end(self) -> bool:
        """Whether the replay has ended; starts it again where there was no broker."""
        assert self._program is not None
        if self._program.exit_code not in (None, 0):
            self._program = self._start("replay")
        return self._program.exit_code == 0

    def disagreements(self, stream: Path, until: datetime) -> list[str]:
        """What is wrong with the file, a sentence each: events that are not the journal's, are there twice or
        out of order, or are missing though the stream has them and they were recorded before `until`."""
        written = [json.loads(line) for line in self._output.read_bytes().splitlines()]
        with opened(self._system.database_url) as engine, snapshot(engine) as connection:
            rows = connection.execute(select(journal.c.body, journal.c.recorded_at)).all()
        recorded_at = {row.body: row.recorded_at for row in rows}
        known = {json.loads(body)["id"]: json.loads(body) for body in recorded_at}
        moments = {json.loads(body)["id"]: moment for body, moment in recorded_at.items()}
        found, last = [], dict[str, int]()
        for event in written:
            source, sequence = event["source"], int(event["sequence"])
            if event != known.get(event["id"]):
                found.append(f"antrean-events wrote {source} {sequence}, which is not the journal's")
            if sequence != last.get(source, 0) + 1:
                found.append(f"antrean-events wrote {source} {sequence} behind {last.get(source)}")
            last[source] = sequence
        ids = {event["id"] for event in written}
        found += [
            f"antrean-events has not written {event['source']} {event['sequence']}"
            for event in _events_in(stream)
            if event["id"] not in ids and moments[event["id"]] < until - _LATE
        ]
        return found[:_SHOWN_MAX]

    def _start(self, *words: str) -> Program:
        self._runs += 1
        words = (*words, *self._words, "-o", str(self._output))
        url = self._system.urls["integrator"]
        return self._system.program(f"tap-{self._runs}", "event_tap", *words, ANTREAN_AMQP_URL=url)

    def _size(self) -> int:
        return self._output.stat().st_size if self._output.exists() else 0


def _events_in(stream: Path) -> list[dict[str, Any]]:
    return [json.loads(line)["event"] for line in stream.read_text().splitlines()]
