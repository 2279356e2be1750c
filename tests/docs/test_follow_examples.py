"""docs/examples: who follows the stream in Node and in Java, on a real broker, killed and started again."""

import json
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from tests.acceptance.killed_replays import disordered
from tests.broker import RunningBroker
from tests.docs.conftest import NODE
from tests.journal_events import end_of_stream, event, publish, queues_of
from tests.processes import bare_environment, eventually

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
JARS = [
    Path("/usr/share/java") / f"{name}.jar"
    for name in ("amqp-client", "jackson-annotations", "jackson-core", "jackson-databind", "slf4j-api")
]
LINES_MAX = 30
EVENTS = 300


class Follower:
    """An example, which begins at the end of the stream."""

    def __init__(self, command: Sequence[str], state: str, broker: RunningBroker, folder: Path) -> None:
        self.url = broker.url("integrator")
        self.command = [*command, "state"]
        (folder / "state").write_text(state.replace("OFFSET", str(end_of_stream(self.url))))
        self.folder = folder

    def start(self) -> subprocess.Popen[bytes]:
        """Runs it; what it prints is added to what it has printed before."""
        environment = bare_environment(self.folder) | {"ANTREAN_AMQP_URL": self.url}
        with (self.folder / "printed").open("ab") as printed, (self.folder / "told").open("ab") as told:
            return subprocess.Popen(
                self.command, env=environment, cwd=self.folder, stdout=printed, stderr=told
            )

    def printed(self, clinics: Sequence[str]) -> list[tuple[str, int]]:
        """The events of these clinics, without the line that a kill has torn."""
        text = (self.folder / "printed").read_text()
        found = []
        for line in text[: text.rfind("\n") + 1].splitlines():
            each = json.loads(line[line.rfind('{"specversion"') if '}{"' in line else 0 :])
            clinic = each["source"].split("/")[4]
            if clinic in clinics:
                found.append((clinic, int(each["sequence"])))
        return found

    def told(self) -> str:
        """What it said on standard error."""
        return (self.folder / "told").read_text()


@pytest.fixture(params=["node", "java"])
def followed(
    request: pytest.FixtureRequest, broker: RunningBroker, tmp_path: Path
) -> Callable[[int], Follower]:
    """Each of the examples, made to wait so many seconds for what is missing instead of a minute."""
    if request.param == "node":
        example: Path = request.getfixturevalue("node_example")
        return lambda seconds: _node(example, seconds, broker, tmp_path)
    if not (shutil.which("javac") and all(jar.exists() for jar in JARS)):
        pytest.skip(
            "The Java example needs default-jdk-headless, librabbitmq-client-java and"
            " libjackson2-databind-java (Debian, Ubuntu); it was not run."
        )
    return lambda seconds: _java(seconds, broker, tmp_path)


def _node(example: Path, seconds: int, broker: RunningBroker, folder: Path) -> Follower:
    script = example / f"follow_{seconds}.js"
    script.write_text((example / "follow.js").read_text().replace("60_000", f"{1_000 * seconds}"))
    return Follower([NODE, str(script)], '{"next": OFFSET, "last": {}}', broker, folder)


def _java(seconds: int, broker: RunningBroker, folder: Path) -> Follower:
    source, classes = folder / "Follow.java", ":".join(map(str, JARS))
    text = (EXAMPLES / "java" / "Follow.java").read_text()
    source.write_text(text.replace("plusSeconds(60)", f"plusSeconds({seconds})"))
    subprocess.run(["javac", "-cp", classes, str(source)], check=True, cwd=folder)
    return Follower(["java", "-cp", f"{classes}:{folder}", "Follow"], "next=OFFSET\n", broker, folder)


def test_each_once_in_order_and_on_after_a_kill(
    broker: RunningBroker, followed: Callable[[int], Follower]
) -> None:
    follower = followed(60)
    clinics = ("FAA", "FAB", "FAC")
    events = disordered(queues_of(EVENTS, clinics), random.Random(7))
    again = [*events, *random.Random(8).sample(events, 50)]
    for part in range(3):
        until = len(again) * (part + 1) // 3
        publish(broker.url("deploy"), again[len(again) * part // 3 : until])
        so_far = {each.id for each in again[:until]}
        with follower.start() as program:
            eventually(lambda: len(set(follower.printed(clinics))) >= len(so_far) - 100, "it prints")  # noqa: B023
            time.sleep(0.2)
            program.send_signal(signal.SIGKILL)
    with follower.start() as program:
        eventually(lambda: len(set(follower.printed(clinics))) == EVENTS, "all are printed")
        program.kill()
    for clinic in clinics:
        sequences = [sequence for where, sequence in follower.printed([clinic]) if where == clinic]
        assert sorted(set(sequences)) == [*range(1, EVENTS // 3 + 1)]
        # What it had printed and not noted yet comes again after a kill, and nothing else does.
        assert all(after <= before + 1 for before, after in pairwise(sequences))
        assert sum(after <= before for before, after in pairwise(sequences)) <= 3
    assert "missing" not in follower.told()


def test_a_gap_is_noticed(broker: RunningBroker, followed: Callable[[int], Follower]) -> None:
    follower = followed(1)
    publish(broker.url("deploy"), [event("FGAP", at) for at in (1, 2, 5, 4)])
    with follower.start() as program:
        eventually(lambda: follower.printed(["FGAP"])[-1:] == [("FGAP", 2)], "it waits for the third")
        time.sleep(1.5)
        publish(broker.url("deploy"), [event("FGAP", 6)])
        eventually(lambda: len(follower.printed(["FGAP"])) == 5, "it goes on")
        program.kill()
    assert follower.printed(["FGAP"]) == [("FGAP", at) for at in (1, 2, 4, 5, 6)]
    assert re.search(r"missing: \S+/FGAP/\S+ from 3 to 3\b", follower.told())


@pytest.mark.parametrize("name", ["python/serving_board.py", "node/follow.js", "java/Follow.java"])
def test_it_is_as_short_as_the_page_says(name: str) -> None:
    """Imports, comments and lines of brackets are not counted."""
    lines = (EXAMPLES / name).read_text().splitlines()
    counted = [line for line in lines if not re.fullmatch(r"\s*(//.*|[\])}{;]*|(import|from)\b.*)", line)]
    assert len(counted) <= LINES_MAX
