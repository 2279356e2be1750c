"""`antrean-admin republish` publishes the journal's events again, unchanged, from both databases."""

import json
import shlex
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from admin_cli.broker import event_publisher
from admin_cli.database.recorded_events import RecordedEvent, read_recorded
from common.domain.clinic_day import ClinicDay
from common.domain.event_names import EventName
from common.domain.queue import new_queue
from common.messages.events import encode_event
from common.messaging.topology import EVENTS_EXCHANGE
from common.storage.engine import snapshot, transaction
from common.storage.journal import JournalEntry, record
from common.storage.queues import create_queues
from common.storage.tables import journal
from tests.broker import RunningBroker
from tests.builders import MONDAY
from tests.database import opened
from tests.deployment import CLINICS, HOSPITAL, MONDAY_MORNING, Deployment, deployed
from tests.workers.admin import Admin, Ended
from tests.workers.event_tap import EventTap, ReceivedEvent, distinct_events, event_tap
from tests.workers.requester import message, registration, requester

SINCE = ("--since", MONDAY_MORNING.isoformat())
NO_BROKER = "amqp://nobody:nothing@127.0.0.1:1/"
NO_DATABASE = "postgresql://nobody:nothing@127.0.0.1:1/antrean"
Run = Callable[..., Ended]

ONE, OTHER, MANY = CLINICS[:3]
MANY_EVENTS = 1201
"""More than are read and published at once, twice."""


@pytest.fixture(scope="module")
def deployment(
    broker: RunningBroker, each_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """A database with events of two clinics, written by a registrar."""
    with deployed(broker, each_database_url, tmp_path_factory.mktemp("republish")) as deployment:
        deployment.start_consuming("registrar")
        with requester(deployment) as patient:
            for clinic in (ONE, ONE, OTHER):
                answer = patient.call(registration(clinic))
            patient.call(message("cancel", {"ticket_code": answer.body["ticket_code"]}))
        deployment.stop()
        yield deployment


@pytest.fixture
def tap(deployment: Deployment) -> Iterator[EventTap]:
    """All events of one test."""
    with event_tap(deployment) as tap:
        yield tap


@pytest.fixture
def republish(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Runs `antrean-admin republish`."""
    return partial(Admin(deployment, monkeypatch, capsys), "republish")


def recorded(deployment: Deployment, *clinics: str) -> list[tuple[datetime, str, bytes]]:
    """When each event of these clinics was recorded, its id and its body, in this order."""
    with opened(deployment.database_url) as engine, engine.connect() as connection:
        rows = connection.execute(
            select(journal)
            .where(journal.c.clinic.in_(clinics))
            .order_by(journal.c.recorded_at, journal.c.clinic, journal.c.sequence)
        ).all()
    return [(row.recorded_at, json.loads(row.body)["id"], row.body) for row in rows]


def came(tap: EventTap, count: int) -> list[ReceivedEvent]:
    """Waits for so many events; returns all."""
    tap.until(lambda: len(tap.seen()) >= count, f"{count} events")
    return tap.seen()


def test_events_come_again_as_they_were(deployment: Deployment, republish: Run) -> None:
    """They have the same ids, bodies, routing keys and properties."""
    clinic = CLINICS[4]
    with event_tap(deployment) as tap:
        deployment.start_consuming("registrar")
        with requester(deployment) as patient:
            answers = [patient.call(registration(clinic)) for _ in range(3)]
            patient.call(message("cancel", {"ticket_code": answers[1].body["ticket_code"]}))
        deployment.stop()
        first = list(came(tap, 4))

        ended = republish(*SINCE, "--clinic", f"{HOSPITAL}/{clinic}")

        assert ended.exit_code == 0
        assert ended.out.startswith("Published again: 4 events, recorded from 2026-11-23T03:0")
        again = came(tap, 8)[4:]
        assert [each.raw for each in again] == [each.raw for each in first]
        assert len(distinct_events(tap.seen())) == 4
        assert [each.sequence for each in distinct_events(tap.seen())] == [1, 2, 3, 4]


def test_a_clinic_is_chosen_and_others_are_not(deployment: Deployment, republish: Run, tap: EventTap) -> None:
    chosen = recorded(deployment, OTHER)
    assert len(chosen) == 2
    ended = republish(*SINCE, "--clinic", f"{HOSPITAL}/{OTHER}".lower(), "--json")
    assert json.loads(ended.out) == {
        "events": 2,
        "published": True,
        "first_recorded_at": chosen[0][0].isoformat(),
        "last_recorded_at": chosen[1][0].isoformat(),
    }
    both = republish(*SINCE, "--clinic", f"{HOSPITAL}/{OTHER}", "--clinic", f"{HOSPITAL}/{ONE}")
    assert "Published again: 4 events" in both.out
    seen = came(tap, 6)
    assert [each.body["id"] for each in seen[:2]] == [each[1] for each in chosen]
    assert {each.routing_key.split(".")[1] for each in seen} == {ONE, OTHER}


def test_the_time_is_from_inclusive_to_exclusive(
    deployment: Deployment, republish: Run, tap: EventTap
) -> None:
    clinics = ("--clinic", f"{HOSPITAL}/{ONE}", "--clinic", f"{HOSPITAL}/{OTHER}")
    moments = [each[0] for each in recorded(deployment, ONE, OTHER)]
    since, until = moments[1].isoformat(), moments[3].astimezone().isoformat()

    counted = republish("--since", since, "--until", until, *clinics, "--dry-run", "--json")
    assert json.loads(counted.out)["events"] == 2
    assert json.loads(counted.out)["published"] is False
    assert (
        "Would be published again: 2 "
        in republish("--since", since, "--until", until, *clinics, "--dry-run").out
    )
    assert "Published again: 2 " in republish("--since", since, "--until", until, *clinics).out
    assert len(came(tap, 2)) == 2

    assert "No event" in republish("--since", "2030-01-01T00:00:00Z").out
    assert "No event" in republish("--since", "2d", "--until", "1d").out
    assert json.loads(republish("--since", "2d", "--until", "1d", "--json").out) == {
        "events": 0,
        "published": False,
        "first_recorded_at": None,
        "last_recorded_at": None,
    }
    assert "4 events" in republish("--since", "1d", *clinics, "--dry-run").out
    assert len(tap.seen()) == 2


# --- many ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def many(deployment: Deployment) -> list[tuple[datetime, str, bytes]]:
    """Events of one clinic on the day before, of which hundreds were recorded at the same moment."""
    yesterday = MONDAY - timedelta(days=1)
    at = MONDAY_MORNING - timedelta(days=1)
    entries = []
    for sequence in range(1, MANY_EVENTS + 1):
        event = encode_event(
            event_id=f"cause.{sequence}",
            name=EventName.CLINIC_OPENED,
            hospital=HOSPITAL,
            clinic=MANY,
            service_date=yesterday,
            time=at,
            sequence=sequence,
            subject=MANY,
            data={},
        )
        entries.append(JournalEntry(event, yesterday, sequence, "cause", sequence, None, None, at))
    with opened(deployment.database_url) as engine, transaction(engine) as connection:
        create_queues(connection, [new_queue(ClinicDay(HOSPITAL, MANY, yesterday), at, at)])
        record(connection, entries[:100], at - timedelta(minutes=1))
        record(connection, entries[100:1100], at)
        record(connection, entries[1100:], at + timedelta(microseconds=1))
    return recorded(deployment, MANY)


YESTERDAY = ("--since", (MONDAY_MORNING - timedelta(days=2)).isoformat(), "--until", SINCE[1])


def test_each_of_many_comes_once_and_in_order(
    republish: Run, many: list[tuple[datetime, str, bytes]], tap: EventTap
) -> None:
    ended = republish(*YESTERDAY)
    assert f"Published again: {MANY_EVENTS} events" in ended.out
    seen = came(tap, MANY_EVENTS)
    assert [each.body["id"] for each in seen] == [each[1] for each in many]


@pytest.mark.parametrize("lot", [13, 500, 5000])
def test_lots_of_any_size_join(
    deployment: Deployment, many: list[tuple[datetime, str, bytes]], lot: int
) -> None:
    since, until = many[0][0], many[-1][0]
    found: list[RecordedEvent] = []
    with opened(deployment.database_url) as engine, snapshot(engine) as connection:
        while True:
            some = read_recorded(connection, since, until, found[-1] if found else None, lot)
            assert len(some) <= lot
            found += some
            if len(some) < lot:
                break
    wanted = [each for each in many if each[0] < until]
    assert [(each.recorded_at, each.event.id, each.event.body) for each in found] == wanted


def test_what_a_queue_refuses_is_told_and_can_be_gone_on_with(
    deployment: Deployment,
    republish: Run,
    many: list[tuple[datetime, str, bytes]],
    tap: EventTap,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as impatient, deployment.channel() as channel:
        impatient.setattr(event_publisher, "PATIENCE_SECONDS", 2)
        # So many that the first lot is taken, wherever the queue notices its limit.
        arguments = {"x-max-length": 700, "x-overflow": "reject-publish"}
        queue = channel.queue_declare("antrean.test.full", exclusive=True, arguments=arguments).method.queue
        channel.queue_bind(queue, EVENTS_EXCHANGE, f"*.{MANY}.#")
        ended = republish(*YESTERDAY)
    assert (ended.exit_code, ended.out) == (75, "")
    assert "Published for certain: 500." in ended.err
    words = shlex.split(ended.err.partition("Go on with: ")[2])
    since = words[words.index("--since") + 1]
    assert datetime.fromisoformat(since) == many[499][0]

    again = republish("--since", since, *YESTERDAY[2:])

    assert again.exit_code == 0
    tap.until(lambda: len({each.body["id"] for each in tap.seen()}) == MANY_EVENTS, "each event")


# --- failures -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "variables", "exit_code", "told"),
    [
        (SINCE, {"ANTREAN_AMQP_URL": NO_BROKER}, 69, "127.0.0.1:1"),
        (SINCE, {"ANTREAN_DATABASE_URL": NO_DATABASE}, 69, "database"),
        ((), {}, 2, "--since"),
        (("--since", "yesterday"), {}, 2, "2026-11-23T08:00:00+07:00"),
        (("--since", "2026-11-23T08:00:00"), {}, 2, "is no time"),
        (("--since", "999999999d"), {}, 2, "is no time"),
        (("--since", "0001-01-01T00:00:00+14:00"), {}, 2, "is no time"),
        (("--since", "1h", "--until", "2h"), {}, 2, "after --since"),
        ((*SINCE, "--clinic", "ZZZ"), {}, 2, "RSHS/GIG"),
        ((*SINCE, "--clinic", f"{HOSPITAL}/ZZZ"), {}, 2, "ZZZ"),
    ],
)
def test_a_failure_is_one_sentence_and_an_exit_code(
    republish: Run,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    variables: dict[str, str],
    exit_code: int,
    told: str,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    ended = republish(*words)
    assert (ended.exit_code, ended.out) == (exit_code, "")
    assert told in ended.err
    assert "nothing" not in ended.err


def test_a_user_who_may_not_publish_is_told(
    broker: RunningBroker, republish: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not broker.has_roles:
        pytest.skip("this broker has one user for everything")
    monkeypatch.setattr(event_publisher, "PATIENCE_SECONDS", 2)
    monkeypatch.setenv("ANTREAN_AMQP_URL", broker.url("patient"))
    ended = republish(*SINCE)
    assert ended.exit_code == 69
    assert "role deploy" in ended.err


def test_counting_needs_no_broker(republish: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTREAN_AMQP_URL", NO_BROKER)
    assert "Would be published" in republish(*SINCE, "--dry-run").out
