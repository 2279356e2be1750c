"""`antrean-events` as an integrator has it: replay and tail, exact over every kill, in three formats."""

import csv
import io
import json
import random
import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from antrean_client.events import read_event
from common.domain.event_names import EventName
from common.messages.events import Event
from tests.acceptance.command_line import Done, Shell
from tests.acceptance.killed_replays import CLINICS, check, disordered, killed_replay
from tests.broker import RunningBroker
from tests.journal_events import MORNING, end_of_stream, event, publish, queues_of
from tests.processes import eventually


class Tap:
    """An integrator's shell, and the place in the stream from which its test's events come."""

    def __init__(self, broker: RunningBroker, directory: Path) -> None:
        self.directory = directory
        self._deploy = broker.url("deploy")
        self.url = broker.url("integrator")
        self.shell = Shell(directory, {"ANTREAN_AMQP_URL": self.url, "ANTREAN_LANGUAGE": "en"})
        self.begin = end_of_stream(self.url)

    def publish(self, *events: Event) -> None:
        publish(self._deploy, events)

    def replay(self, *words: str, **settings: str) -> Done:
        """What a replay of the test's events prints."""
        given = () if "--from" in words else ("--from", str(self.begin))
        return self.shell.run("antrean-events", "replay", *given, *words, **settings)

    def lines(self, *words: str) -> list[dict[str, Any]]:
        done = self.replay(*words)
        assert (done.exit_code, done.stderr) == (0, ""), done
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def tap(broker: RunningBroker, tmp_path: Path) -> Tap:
    return Tap(broker, tmp_path)


def test_flat_json_in_the_order_of_each_queue(tap: Tap) -> None:
    first, second, third = queues_of(3, ["GIG"])
    tap.publish(second, first, first, third)
    found = tap.lines()
    assert [(each["clinic"], each["sequence"]) for each in found] == [("GIG", 1), ("GIG", 2), ("GIG", 3)]
    assert found[0] == {
        "id": first.id,
        "time": "2026-11-23T01:00:01Z",
        "hospital": "RSHS",
        "clinic": "GIG",
        "service_date": "2026-11-23",
        "sequence": 1,
        "event": "ticket.registered",
        "number": 1,
        "display_number": "GIG-001",
        "status": "waiting",
        "lane": "regular",
        "room": None,
        "room_name": None,
        "waiting": 1,
        "now_serving": None,
    }


def test_the_other_formats(tap: Tap) -> None:
    events = queues_of(2, ["GIG"])
    tap.publish(*events)
    published = tap.replay("--format", "cloudevents").stdout.encode().splitlines()
    assert published == [each.body for each in events]
    rows = [*csv.DictReader(io.StringIO(tap.replay("--format", "csv").stdout))]
    assert [(row["event"], row["sequence"], row["room"], row["id"]) for row in rows] == [
        ("ticket.registered", str(at), "", each.id) for at, each in enumerate(events, 1)
    ]


def test_filters(tap: Tap) -> None:
    tap.publish(
        event("GIG", 1, EventName.CLINIC_OPENED),
        event("GIG", 2),
        event("INT", 1),
        event("INT", 1, hospital="RSUD"),
        event("GIG", 3, EventName.TICKET_CALLED),
    )

    def found(*words: str) -> list[str]:
        return [f"{each['hospital']}/{each['clinic']} {each['event']}" for each in tap.lines(*words)]

    assert found("--hospital", "rsud") == ["RSUD/INT ticket.registered"]
    assert found("--clinic", "RSHS/INT", "--hospital", "RSUD") == [
        "RSHS/INT ticket.registered",
        "RSUD/INT ticket.registered",
    ]
    assert found("--type", "ticket.called") == ["RSHS/GIG ticket.called"]
    assert found("--type", "clinic.*", "--type", "ticket.called") == [
        "RSHS/GIG clinic.opened",
        "RSHS/GIG ticket.called",
    ]


def test_where_to_begin_and_to_end(tap: Tap) -> None:
    hospital = "RSWAKTU"  # of no other test, whose events are in the same stream
    events = [event("GIG", at, hospital=hospital) for at in range(1, 7)]
    tap.publish(*events)

    def found(*words: str) -> list[int]:
        return [each["sequence"] for each in tap.lines("--hospital", hospital, *words)]

    assert found("--until", str(tap.begin + 2)) == [1, 2]
    assert found("--from", f"after {events[3].id}") == [5, 6]
    third, fifth = ((MORNING + timedelta(seconds=seconds)).isoformat() for seconds in (3, 5))
    assert found("--until", fifth) == [1, 2, 3, 4]
    assert found("--from", third, "--until", fifth) == [3, 4]
    assert found("--from", "first") == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("words", "exit_code", "said"),
    [
        (["--from", "yesterday"], 2, "yesterday is no time"),
        (["--from", "after 5d0c7a1e-0000-4d52-9c1e-5b1f0a6d2e11"], 1, "no event with this id"),
        (["--until", "x"], 2, "x is no time"),
        (["--clinic", "GIG"], 2, "write it as RSHS/GIG"),
        (["--type", "ticket.caled"], 2, "no event ticket.caled"),
        (["--format", "xml"], 2, "--format"),
    ],
)
def test_what_cannot_be_understood_is_one_sentence(
    tap: Tap, words: list[str], exit_code: int, said: str
) -> None:
    assert said in tap.replay(*words).sentence(exit_code).replace("\n", " ")
    assert tap.replay(*words, "--json").problem(exit_code)["code"] == "invalid_request"


def refused(tap: Tap, *words: str, exit_code: int = 1, **settings: str) -> str:
    """What is said instead of events, in one line."""
    return tap.replay(*words, **settings).sentence(exit_code).replace("\n", " ")


def test_no_broker_and_the_wrong_user(tap: Tap, broker: RunningBroker) -> None:
    assert refused(tap, exit_code=69, ANTREAN_AMQP_URL="amqp://integrator:x@127.0.0.1:1/")
    if not broker.has_roles:
        pytest.skip("this broker has one user for all")
    patient = {"ANTREAN_AMQP_URL": broker.url("patient")}
    assert "does not let this user read events" in refused(tap, exit_code=69, **patient)
    assert "tidak mengizinkan pengguna ini" in refused(tap, "--lang", "id", exit_code=69, **patient)


def test_a_gap_is_told_and_what_could_not_be_had(tap: Tap) -> None:
    first, _, third, fourth = queues_of(4, ["GIG"])
    tap.publish(first, third, fourth)
    done = tap.replay(ANTREAN_REPLY_TIMEOUT_SECONDS="0.5")
    assert [json.loads(line)["sequence"] for line in done.stdout.splitlines()] == [1, 3, 4]
    assert done.exit_code == 1
    said = done.stderr.replace("\n", " ")
    assert "Not to be had: /hospitals/RSHS/clinics/GIG/2026-11-23, 1 of 2." in said
    assert "1 event could not be had" in said


def test_killed_and_started_again_nothing_is_missing_or_repeated(tap: Tap) -> None:
    chance = random.Random(7)
    tap.publish(*disordered(queues_of(5_000, CLINICS), chance))
    found, killed = killed_replay(tap.shell.environment, tap.directory, tap.begin, 3, chance)
    assert killed == 3
    check(found, 5_000)


def test_a_state_goes_on_where_it_stopped(tap: Tap) -> None:
    words = ("--state", "state.json", "-o", "events.jsonl")
    first, second = queues_of(6, ["GIG"])[:3], queues_of(6, ["GIG"])[3:]
    tap.publish(*first)
    assert tap.replay(*words).exit_code == 0
    output = tap.directory / "events.jsonl"
    whole = output.read_bytes()
    output.write_bytes(whole + b'{"id": "torn')
    tap.publish(*second)
    assert tap.replay(*words).exit_code == 0
    assert output.read_bytes().startswith(whole)
    assert [json.loads(line)["sequence"] for line in output.read_bytes().splitlines()] == [1, 2, 3, 4, 5, 6]
    assert tap.replay(*words).stdout == ""


def test_state_and_output_have_to_belong_together(tap: Tap) -> None:
    tap.publish(*queues_of(3, ["GIG"]))
    words = ("--state", "state.json", "-o", "events.jsonl")
    assert tap.replay(*words).exit_code == 0
    assert "other filters or another format" in refused(tap, *words, "--hospital", "RSHS")
    (tap.directory / "events.jsonl").write_bytes(b"")
    assert "shorter than its state" in refused(tap, *words)
    (tap.directory / "other.jsonl").write_text("mine\n")
    assert "not of this run" in refused(tap, "-o", "other.jsonl")
    (tap.directory / "state.json").write_text("{}")
    assert "no state of antrean-events" in refused(tap, *words)


def test_tail_writes_what_comes_and_goes_on_after_a_kill(tap: Tap) -> None:
    events = queues_of(40, ["GIG", "INT"])
    output = tap.directory / "events.jsonl"
    words = ("tail", "--format", "cloudevents", "--state", "state.json", "-o", "events.jsonl")
    for part in range(4):
        begin, end = 10 * part, 10 * part + 10
        program = tap.shell.start("tail", "antrean-events", *words)
        eventually(lambda: (tap.directory / "state.json").exists(), "the state")
        tap.publish(*events[begin:end])
        eventually(lambda: len(_lines(output)) >= end, "the events")  # noqa: B023 - called at once
        program.send(signal.SIGKILL if part < 3 else signal.SIGINT)
        assert program.ends() == (130 if part == 3 else -signal.SIGKILL)
    check([read_event(line) for line in _lines(output)], 40)


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines() if path.exists() else []
