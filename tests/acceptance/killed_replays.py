"""`antrean-events replay --state`, killed at random and started again, until it ends by itself.

`python -m tests.acceptance.killed_replays` kills it twenty times over 5,000 events, and says what it found.
"""

import random
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from antrean_client.events import Event as ReadEvent
from antrean_client.events import read_event
from common.messages.events import Event
from tests.broker import running_broker
from tests.forked import BIN
from tests.journal_events import end_of_stream, publish, queues_of
from tests.processes import bare_environment

EVENTS = 5_000
KILLS = 20
CLINICS = ("GIG", "INT", "ANA", "THT", "MAT", "JAN", "SAR")

_ALIVE_SECONDS_MIN, _ALIVE_SECONDS_MAX = 0.05, 1.5
_RUNS_MAX = 200
_DISORDER = 30


def killed_replay(
    environment: Mapping[str, str], directory: Path, begin: int, kills: int, chance: random.Random
) -> tuple[list[ReadEvent], int]:
    """The events in the output of a replay from the offset `begin` on that was killed so often, and how often
    that was."""
    output, state = directory / "events.jsonl", directory / "state.json"
    words = [str(BIN / "antrean-events"), "replay", "--from", str(begin), "--format", "cloudevents"]
    words += ["--state", str(state), "-o", str(output)]
    killed = 0
    for _ in range(_RUNS_MAX):
        length = output.stat().st_size if output.exists() else 0
        run = subprocess.Popen(words, env=dict(environment), cwd=directory)
        if killed < kills:
            _kill_amid(run, output, length, chance)
            killed += 1
        elif (code := run.wait(timeout=60)) != 0:
            raise AssertionError(f"replay ended with {code}")
        else:
            break
    return [read_event(line) for line in output.read_bytes().splitlines()], killed


def _kill_amid(run: subprocess.Popen[bytes], output: Path, length: int, chance: random.Random) -> None:
    """Kills a run some time after it began, or after its output began to grow."""
    if chance.random() < 0.7:
        until = time.monotonic() + 20
        while run.poll() is None and time.monotonic() < until:
            if output.exists() and output.stat().st_size != length:
                break
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.05))
    else:
        time.sleep(chance.uniform(_ALIVE_SECONDS_MIN, _ALIVE_SECONDS_MAX))
    run.send_signal(signal.SIGKILL)
    run.wait()


def disordered(events: Sequence[Event], chance: random.Random) -> list[Event]:
    """The events as several workers publish them: each at most some places away from its own."""
    places = [at + chance.uniform(0, _DISORDER) for at in range(len(events))]
    return [event for _, event in sorted(zip(places, events, strict=True), key=lambda each: each[0])]


def check(found: list[ReadEvent], count: int) -> None:
    """Each event is there once, in the order of its source."""
    assert len(found) == len({event.id for event in found}) == count, (len(found), count)
    last: dict[str, int] = {}
    for event in found:
        assert event.sequence == last.get(event.source, 0) + 1, event
        last[event.source] = event.sequence


def main() -> None:
    """Twenty kills."""
    seed = random.SystemRandom().randrange(10_000)
    with running_broker() as broker, tempfile.TemporaryDirectory() as name:
        url = broker.url("integrator")
        begin = end_of_stream(url)
        publish(broker.url("deploy"), disordered(queues_of(EVENTS, CLINICS), random.Random(seed)))
        environment = bare_environment(Path(name)) | {"ANTREAN_AMQP_URL": url}
        found, killed = killed_replay(environment, Path(name), begin, KILLS, random.Random(seed))
        check(found, EVENTS)
        print(f"seed {seed}: {killed} kills, {len(found)} events, each once, in order of its source")


if __name__ == "__main__":
    main()
