"""`antrean-events forward` as an integrator has it, at receivers that are processes of their own."""

import json
import random
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from antrean_client.events import read_event
from common.messages.events import Event
from tests.acceptance.command_line import Done, Shell
from tests.acceptance.killed_forwards import Receiver, check, killed_forward
from tests.acceptance.killed_replays import CLINICS, disordered
from tests.acceptance.terminal import terminal
from tests.broker import RunningBroker
from tests.journal_events import end_of_stream, publish, queues_of
from tests.processes import Program, eventually
from tests.raw_receiver import RawReceiver, raw_receiver, status


class Hook:
    """An integrator's shell with a secret, and the place in the stream from which its test's events come."""

    def __init__(self, broker: RunningBroker, directory: Path) -> None:
        self.directory = directory
        self.deploy = broker.url("deploy")
        self._started = 0
        url = broker.url("integrator")
        self.shell = Shell(directory, {"ANTREAN_AMQP_URL": url, "ANTREAN_LANGUAGE": "en"})
        self.begin = end_of_stream(url)
        assert self.shell.run("antrean-events", "new-secret", "hook.secret").exit_code == 0

    def publish(self, *events: Event) -> None:
        publish(self.deploy, events)

    def words(self, port: int, *words: str) -> list[str]:
        begin = [] if {"--from", "--from-dead-letters"} & {*words} else ["--from", str(self.begin)]
        where = ["--url", f"http://localhost:{port}/hooks?token=verysecret", "--allow-host", "localhost"]
        return ["forward", *where, "--secret-file", "hook.secret", *begin, *words]

    def forward(self, port: int, *words: str) -> Done:
        """A run that ends by itself."""
        return self.shell.run("antrean-events", *self.words(port, *words))

    @contextmanager
    def forwarding(self, port: int, *words: str) -> Iterator[Program]:
        """A run while the block runs, which Ctrl-C ends."""
        program = self.start(*self.words(port, *words))
        try:
            yield program
            program.send(signal.SIGINT)
            assert program.ends() == 130, program.output
        finally:
            program.kill()
        assert "verysecret" not in program.output
        assert "whsec_" not in program.output

    @contextmanager
    def receiving(self, *words: str, port: int = 0, secret: str = "hook.secret") -> Iterator["Received"]:
        program = self.start("receive", "--port", str(port), "--secret-file", secret, *words)
        try:
            program.prints("Listening on http://127.0.0.1:")
            yield Received(program)
            program.send(signal.SIGINT)
            assert program.ends() == 130, program.output
        finally:
            program.kill()

    def start(self, *words: str) -> Program:
        self._started += 1
        return self.shell.start(f"{words[0]}-{self._started}", "antrean-events", *words)

    @property
    def dead_letters(self) -> list[dict[str, Any]]:
        path = self.directory / "dead-letters.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


class Received:
    """What a receiver has printed."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.port = int(program.output.partition("127.0.0.1:")[2].partition("/")[0])

    @property
    def places(self) -> list[tuple[str, int]]:
        lines = [each for each in self._program.output.splitlines() if each.startswith("{")]
        return [(each["clinic"], each["sequence"]) for each in map(json.loads, lines)]

    def awaits(self, count: int, program: Program) -> None:
        eventually(
            lambda: len(self.places) >= count or program.exit_code is not None,
            f"{count} events are received\n{program.output[-1500:]}",
        )
        assert program.exit_code is None, program.output


@pytest.fixture
def hook(broker: RunningBroker, tmp_path: Path) -> Hook:
    return Hook(broker, tmp_path)


def in_order(count: int, *clinics: str) -> dict[str, list[int]]:
    return {clinic: [*range(1, count + 1)] for clinic in clinics}


def by_clinic(places: list[tuple[str, int]]) -> dict[str, list[int]]:
    return {each: [number for clinic, number in places if clinic == each] for each, _ in places}


def test_killed_and_started_again_each_event_comes_and_in_order(hook: Hook) -> None:
    chance = random.Random(7)
    published = disordered(queues_of(2_000, CLINICS), chance)
    receiver = Receiver(hook.shell.environment, hook.directory)

    def nothing() -> None:
        pass

    disturbances: list[Callable[[], None]] = [nothing, receiver.restart, nothing]
    try:
        killed_forward(
            hook.shell.environment, hook.directory, receiver, hook.deploy, published, chance, disturbances
        )
    finally:
        receiver.kill()
    check(receiver.events, published)


def test_only_what_is_wanted_is_sent_and_a_state_goes_on(hook: Hook) -> None:
    events = queues_of(30, ["GIG", "INT", "ANA"])
    hook.publish(*events[:15])
    words = ("--clinic", "RSHS/GIG", "--clinic", "RSHS/INT", "--state", "hook.state")
    with hook.receiving() as received:
        for count in (10, 20):
            with hook.forwarding(received.port, *words) as program:
                received.awaits(count, program)
            if count == 10:
                hook.publish(*events[15:])
        assert by_clinic(received.places) == in_order(10, "GIG", "INT"), "after Ctrl-C nothing comes again"
        assert "10 delivered; 0 to go, 0 s behind; 0 given up" in program.output
    other = hook.forward(1, "--state", "hook.state", "--clinic", "RSHS/GIG")
    assert "other filters" in other.sentence()


def test_what_is_refused_is_tried_again_until_it_is_taken(hook: Hook) -> None:
    hook.publish(*queues_of(12, ["GIG", "INT"]))
    with hook.receiving("--fail", "40", "--fail-status", "500") as received:
        with hook.forwarding(received.port) as program:
            received.awaits(12, program)
        assert by_clinic(received.places) == in_order(6, "GIG", "INT")
    assert program.output.count("Not delivered: HTTP 500. Trying again.") >= 1
    assert not hook.dead_letters


def test_a_receiver_that_is_down_at_first(hook: Hook) -> None:
    hook.publish(*queues_of(6, ["GIG", "INT"]))
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with hook.forwarding(port, "--lang", "id") as program:
        program.prints("Tidak terkirim: localhost tidak dapat dihubungi. Mencoba lagi.")
        with hook.receiving(port=port) as received:
            received.awaits(6, program)
            program.prints("Kini terkirim lagi.")
            assert by_clinic(received.places) == in_order(3, "GIG", "INT")
    assert program.output.count("Tidak terkirim") == 1


def test_a_receiver_that_asks_for_a_pause_gets_it(hook: Hook) -> None:
    hook.publish(*queues_of(1, ["GIG"]))
    moments: list[float] = []

    def answer(connection: socket.socket) -> None:
        moments.append(time.monotonic())
        (status(503, "Retry-After: 4") if len(moments) == 1 else status(200))(connection)

    with raw_receiver(answer) as receiver, hook.forwarding(receiver.port):
        eventually(lambda: len(moments) >= 2, "it comes again")
    assert moments[1] - moments[0] >= 4


@contextmanager
def refusing(text: str) -> Iterator[RawReceiver]:
    """A receiver that answers 500 to whatever holds this text."""
    seen: list[RawReceiver] = []

    def answer(connection: socket.socket) -> None:
        body = seen[0].requests[-1]
        (status(500) if text.encode() in body else status(200))(connection)

    with raw_receiver(answer) as receiver:
        seen.append(receiver)
        yield receiver


def places_of(receiver: RawReceiver) -> list[tuple[str, int]]:
    events = [read_event(each.partition(b"\r\n\r\n")[2]) for each in receiver.requests]
    return [(each.queue.clinic, each.sequence) for each in events]


def test_what_is_never_taken_is_a_dead_letter_and_its_queue_goes_on(hook: Hook) -> None:
    events = queues_of(6, ["GIG", "INT"])
    hook.publish(*events)
    words = ("--give-up-after", "2s", "--parallel", "1")
    with refusing(events[2].id) as receiver, hook.forwarding(receiver.port, *words) as program:
        program.prints("Given up: /hospitals/RSHS/clinics/GIG/2026-11-23, 2 (HTTP 500).")
        eventually(lambda: ("GIG", 3) in places_of(receiver), "its queue goes on")
        places = places_of(receiver)
        assert places.count(("GIG", 2)) >= 2
        assert places.index(("INT", 3)) < places.index(("GIG", 3)), "the others were not kept back"
    (dead_letter,) = hook.dead_letters
    assert dead_letter["reason"] == "HTTP 500"
    assert dead_letter["event"] == json.loads(events[2].body)

    (hook.directory / "dead-letters.jsonl").rename(hook.directory / "again.jsonl")
    with (hook.directory / "again.jsonl").open("a") as file:
        file.write('{"event": {"torn')
    with refusing(events[2].id) as receiver:
        done = hook.forward(receiver.port, "--from-dead-letters", "again.jsonl", "--give-up-after", "1s")
    assert "1 event was not taken; it is in dead-letters.jsonl." in done.sentence().replace("\n", " ")
    assert "Line 2 of again.jsonl is no dead letter." in done.stderr
    assert [each["event"]["id"] for each in hook.dead_letters] == [events[2].id]

    (hook.directory / "dead-letters.jsonl").rename(hook.directory / "again.jsonl")
    with hook.receiving() as received:
        done = hook.forward(received.port, "--from-dead-letters", "again.jsonl")
        assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")
        assert received.places == [("GIG", 2)]
    assert not hook.dead_letters


def test_a_dead_letter_that_cannot_be_written_ends_the_run_and_is_not_lost(hook: Hook) -> None:
    hook.publish(*queues_of(2, ["GIG"]))
    words = ("--state", "hook.state", "--give-up-after", "0s", "--dead-letters", "missing/dead.jsonl")
    with raw_receiver(status(500)) as receiver:
        done = hook.forward(receiver.port, *words)
    assert "missing/dead.jsonl cannot be read or written" in done.sentence(74)
    with hook.receiving() as received, hook.forwarding(received.port, "--state", "hook.state") as program:
        received.awaits(2, program)


def test_a_receiver_that_is_gone_ends_the_run(hook: Hook) -> None:
    hook.publish(*queues_of(4, ["GIG", "INT"]))
    with raw_receiver(status(410)) as receiver:
        done = hook.forward(receiver.port, "--state", "hook.state")
    assert "410 Gone" in done.sentence()
    with hook.receiving() as received, hook.forwarding(received.port, "--state", "hook.state") as program:
        received.awaits(4, program)
        assert by_clinic(received.places) == in_order(2, "GIG", "INT")


def test_on_a_terminal_it_shows_how_far_behind_it_is(hook: Hook) -> None:
    hook.publish(*queues_of(3, ["GIG"]))
    with hook.receiving() as received:
        words = ["antrean-events", *hook.words(received.port)]
        with terminal(hook.shell, *words) as at:
            at.reads("\r3 delivered; 0 to go, 0 s behind; 0 given up")
            assert at.is_interrupted() == 130


def test_a_secret_is_exchanged_without_a_pause(hook: Hook) -> None:
    hook.publish(*queues_of(2, ["GIG"]))
    old, new = (hook.directory / name for name in ("old.secret", "new.secret"))
    old.write_text((hook.directory / "hook.secret").read_text())
    assert hook.shell.run("antrean-events", "new-secret", "hook.secret", "--rotate").exit_code == 0
    new.write_text((hook.directory / "hook.secret").read_text().splitlines()[0])
    for path in (old, new):
        path.chmod(0o600)
        with hook.receiving(secret=path.name) as received, hook.forwarding(received.port) as program:
            received.awaits(2, program)
    other = hook.directory / "other.secret"
    assert hook.shell.run("antrean-events", "new-secret", "other.secret").exit_code == 0
    with hook.receiving(secret=other.name) as received, hook.forwarding(received.port) as program:
        program.prints("Not delivered: HTTP 401.")
        assert not received.places


def test_the_receiver_prints_only_what_is_signed(hook: Hook) -> None:
    body = queues_of(1, ["GIG"])[0].body
    with hook.receiving() as received:
        for headers in ({}, {"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": "v1,xxxx"}):
            connection = HTTPConnection("127.0.0.1", received.port)
            connection.request("POST", "/", body, headers)
            assert connection.getresponse().status == 401
            connection.close()
        assert not received.places


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--url", "http://localhost:1/"), "localhost is to be reached by https, or allowed by name"),
        (("--url", "https://localhost:1/"), "localhost points into the private network"),
        (("--url", "https://169.254.169.254/"), "169.254.169.254 points into the private network"),
        (("--url", "https://2130706433/"), "points into the private network (127.0.0.1)"),
        (("--url", "https://u:verysecret@localhost/"), "--url cannot be used"),
        (("--secret-file", "none.secret"), "The secret in none.secret cannot be read"),
        (("--secret-file", "readable.secret"), "chmod go= readable.secret"),
        (("--secret-file", "wrong.secret"), "wrong.secret holds no secret of webhooks"),
        (("--give-up-after", "soon"), "soon is no duration"),
        (("--from-dead-letters", "x.jsonl", "--from", "now"), "leave out --from"),
        (("--from-dead-letters", "dead-letters.jsonl"), "rename this file first"),
        (("--type", "ticket.caled"), "Did you mean: ticket.called"),
    ],
)
def test_what_is_refused_before_anything_is_sent(hook: Hook, words: tuple[str, ...], said: str) -> None:
    for name, mode in (("readable", 0o644), ("wrong", 0o600)):
        path = hook.directory / f"{name}.secret"
        path.write_text("verysecret")
        path.chmod(mode)
    given = {"--url": "https://8.8.8.8/", "--secret-file": "hook.secret"}
    given |= dict(zip(words[::2], words[1::2], strict=True))
    line = [each for pair in given.items() for each in pair]
    for language in ("en", "id"):
        done = hook.shell.run("antrean-events", "forward", *line, "--lang", language)
        sentence = " ".join(done.sentence(2).split())
        assert "verysecret" not in sentence
        if language == "en":
            assert said in sentence


@pytest.mark.parametrize("command", ["tail", "replay", "forward"])
def test_one_run_at_a_time_for_each_state(hook: Hook, command: str) -> None:
    words = [command] if command != "forward" else hook.words(1)
    with hook.forwarding(1, "--state", "hook.state") as program:
        eventually(lambda: (hook.directory / "hook.state").exists(), "the state")
        for language, said in (("en", "Another run is going on"), ("id", "sedang dipakai")):
            done = hook.shell.run("antrean-events", *words, "--state", "hook.state", "--lang", language)
            assert said in done.sentence()
        assert program.exit_code is None
    hook.publish(*queues_of(1, ["GIG"]))
    with hook.receiving() as received, hook.forwarding(received.port, "--state", "hook.state") as program:
        received.awaits(1, program)


def test_a_state_or_output_that_cannot_be_written(hook: Hook) -> None:
    for words in (("--state", "missing/state"), ("-o", "missing/events.jsonl")):
        done = hook.shell.run("antrean-events", "replay", *words)
        assert f"{words[1]}" in done.sentence(74)
        assert "cannot be read or written" in done.sentence(74)
