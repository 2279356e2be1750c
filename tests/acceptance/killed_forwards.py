"""`antrean-events forward --state`, killed at random and started again, until its receiver has every event.

`python -m tests.acceptance.killed_forwards` kills it twenty times over 5,000 events, restarts broker and
receiver in between, and says what it found.
"""

import random
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from antrean_client.events import Event as ReadEvent
from antrean_client.events import read_event
from common.messages.events import Event
from local_stack.child import wait_until
from tests.acceptance.killed_replays import CLINICS, EVENTS, KILLS, disordered
from tests.broker import running_broker
from tests.forked import BIN
from tests.journal_events import end_of_stream, publish, queues_of
from tests.processes import bare_environment

_ALIVE_SECONDS_MIN, _ALIVE_SECONDS_MAX = 0.1, 3.0
_SECONDS_MAX = 120.0


class Receiver:
    """`antrean-events receive`, which can be killed and started again at the same port."""

    def __init__(self, environment: Mapping[str, str], directory: Path) -> None:
        self._environment, self._directory = dict(environment), directory
        self._secret = directory / "webhook.secret"
        self._outputs: list[Path] = []
        self.port = 0
        making = [str(BIN / "antrean-events"), "new-secret", str(self._secret)]
        subprocess.run(making, env=environment, check=True, stdout=subprocess.DEVNULL)
        self.start()

    def start(self) -> None:
        """Starts it; its output goes to a file of its own."""
        output = self._directory / f"received-{len(self._outputs)}.jsonl"
        self._outputs.append(output)
        words = ["receive", "--port", str(self.port), "--format", "cloudevents", "--lang", "en"]
        log = self._directory / "receiver.log"
        with output.open("wb") as out, log.open("wb") as err:
            self._process = subprocess.Popen(
                [BIN / "antrean-events", *words, "--secret-file", self._secret],
                env=self._environment,
                stdout=out,
                stderr=err,
            )
        wait_until(lambda: "Listening" in log.read_text() or self._process.poll() is not None, _SECONDS_MAX)
        assert self._process.poll() is None, log.read_text()
        self.port = int(log.read_text().partition("127.0.0.1:")[2].partition("/")[0])

    def restart(self) -> None:
        """Kills it and starts it again."""
        self.kill()
        self.start()

    def kill(self) -> None:
        """Ends it at once."""
        self._process.kill()
        self._process.wait()

    @property
    def forwarding(self) -> list[str]:
        """The words of `antrean-events forward` that name it."""
        url = f"http://127.0.0.1:{self.port}/hooks"
        return ["--url", url, "--secret-file", str(self._secret), "--allow-host", "127.0.0.1"]

    @property
    def size(self) -> int:
        """How much it has printed."""
        return sum(each.stat().st_size for each in self._outputs)

    @property
    def events(self) -> list[ReadEvent]:
        """What it has printed: every whole line."""
        texts = [each.read_bytes() for each in self._outputs]
        return [read_event(line) for text in texts for line in text.splitlines(True) if line.endswith(b"\n")]


def killed_forward(
    environment: Mapping[str, str],
    directory: Path,
    receiver: Receiver,
    deploy_url: str,
    published: list[Event],
    chance: random.Random,
    disturbances: list[Callable[[], None]],
) -> None:
    """Forwards `published`, of which each run finds another part; is killed once for each disturbance, which
    comes before the next run; and returns when the receiver has every event."""
    begin = end_of_stream(environment["ANTREAN_AMQP_URL"])
    words = [str(BIN / "antrean-events"), "forward", *receiver.forwarding, "--from", str(begin)]
    words += ["--state", str(directory / "state.json"), "--lang", "en"]
    size = len(published) // (len(disturbances) + 1)
    for at, disturb in enumerate(disturbances):
        publish(deploy_url, published[at * size : (at + 1) * size])
        run = _started(words, environment, directory)
        _kill_amid(run, receiver, chance)
        disturb()
    publish(deploy_url, published[len(disturbances) * size :])
    run = _started(words, environment, directory)
    ids = {event.id for event in published}
    try:
        is_there = wait_until(lambda: {event.id for event in receiver.events} >= ids, _SECONDS_MAX)
        assert is_there, (len(receiver.events), (directory / "forward.log").read_text()[-2000:])
    finally:
        run.send_signal(signal.SIGINT)
    assert run.wait(timeout=60) == 130
    assert not (directory / "dead-letters.jsonl").exists()


def check(found: list[ReadEvent], published: list[Event]) -> int:
    """Each event came, no other, and of each source none before those before it; how many came again."""
    assert {event.id for event in found} == {event.id for event in published}
    last: dict[str, int] = {}
    for event in found:
        assert event.sequence <= last.get(event.source, 0) + 1, event
        last[event.source] = max(event.sequence, last.get(event.source, 0))
    return len(found) - len(published)


def _started(words: list[str], environment: Mapping[str, str], directory: Path) -> subprocess.Popen[bytes]:
    with (directory / "forward.log").open("ab") as log:
        return subprocess.Popen(words, env=dict(environment), cwd=directory, stderr=log)


def _kill_amid(run: subprocess.Popen[bytes], receiver: Receiver, chance: random.Random) -> None:
    """Kills a run some time after it began, or after the receiver began to print."""
    if chance.random() < 0.7:
        size = receiver.size
        wait_until(lambda: receiver.size != size, _ALIVE_SECONDS_MAX)
        time.sleep(chance.uniform(0, 1.0))
    else:
        time.sleep(chance.uniform(_ALIVE_SECONDS_MIN, _ALIVE_SECONDS_MAX))
    run.send_signal(signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL


def main() -> None:
    """Twenty kills; broker and receiver are restarted three times each, the receiver also amid a run."""
    seed = random.SystemRandom().randrange(10_000)
    chance = random.Random(seed)
    with running_broker() as broker, tempfile.TemporaryDirectory() as name:
        assert broker.node is not None, "the broker is restarted: without ANTREAN_TEST_AMQP_URL and Docker"
        node, directory, url = broker.node, Path(name), broker.url("integrator")
        environment = bare_environment(directory) | {"ANTREAN_AMQP_URL": url}
        published = disordered(queues_of(EVENTS, CLINICS), chance)
        receiver = Receiver(environment, directory)

        def restart_broker() -> None:
            node.stop()
            node.start()

        def nothing() -> None:
            pass

        disturbances = [*[nothing] * (KILLS - 6), *[restart_broker, receiver.restart] * 3]
        chance.shuffle(disturbances)
        try:
            killed_forward(
                environment, directory, receiver, broker.url("deploy"), published, chance, disturbances
            )
        finally:
            receiver.kill()
        again = check(receiver.events, published)
        print(
            f"seed {seed}: {KILLS} kills, broker and receiver restarted 3 times each;"
            f" {len(published)} events, each at least once ({again} came again), in order of its source"
        )


if __name__ == "__main__":
    main()
