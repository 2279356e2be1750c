"""What `antrean-admin top` makes of what it reads: how far behind, what to start, what stands still, whom to
believe."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from math import inf
from queue import SimpleQueue

import pytest
from textual.message import Message

from admin_cli.broker.traffic import MetricsAddress, QueueTraffic, WorkerTraffic
from admin_cli.database.slow_clinics import ClinicReading, SlowClinic
from admin_cli.top import sources
from admin_cli.top.advice import advice_of
from admin_cli.top.once import as_json, print_picture
from admin_cli.top.picture import BrokerPicture, LetterPicture, Picture, WorkerLine, behind_seconds, is_late
from admin_cli.top.sections import Section, rows_of, sorted_by
from admin_cli.top.standing import Standing, standing_of
from admin_cli.top.worker_pages import reachable
from common.domain.catalog import QueueMode
from common.domain.clinic_day import ClinicDay
from common.errors import BrokerUnavailable
from common.messaging.topology import DEAD_QUEUE, JOURNAL_QUEUE, REGISTRAR_QUARANTINE, REGISTRAR_QUEUE, queues
from common.metrics.page import page_in
from common.words.texts import Texts
from tests.builders import in_bandung
from tests.domain.clinics import clinic as clinic_of
from tests.processes import SECONDS_MAX

TEXTS = Texts("en")
NOW = in_bandung("10:00")
ONES_OWN = MetricsAddress(socket.gethostname(), "10.0.0.7", "127.0.0.1", 9100)


def queue(
    name: str = REGISTRAR_QUEUE, ready: int = 0, leaving: float | None = 1.0, takers: int = 2
) -> QueueTraffic:
    return QueueTraffic(name, ready, 0, takers, 1.0, leaving)


def sentences(picture: Picture) -> list[str]:
    return [TEXTS(each.sentence, **each.values) for each in advice_of(picture)]


@pytest.mark.parametrize(
    ("found", "seconds", "late"),
    [
        (queue(), 0.0, False),
        (queue(ready=50, leaving=10.0), 5.0, False),
        (queue(ready=200, leaving=10.0), 20.0, True),
        (queue(ready=200, leaving=0.0), inf, True),
        (queue(ready=200, leaving=None), None, False),
        (queue(JOURNAL_QUEUE, ready=200, leaving=0.0), None, False),
        (queue(DEAD_QUEUE, ready=200, leaving=0.0), None, False),
    ],
)
def test_how_far_behind_a_queue_is(found: QueueTraffic, seconds: float | None, late: bool) -> None:
    assert (behind_seconds(found), is_late(found)) == (seconds, late)


def test_what_to_start_is_said_the_urgent_first_and_once_for_each_kind_of_worker() -> None:
    broker = BrokerPicture(
        [
            queue(DEAD_QUEUE, ready=2),
            queue("antrean.status", ready=200, leaving=10.0),
            queue(REGISTRAR_QUEUE, takers=0),
            queue("antrean.desk-registrar", takers=0),
            queue(REGISTRAR_QUARANTINE, takers=0),
            queue("antrean.ticker", ready=3, leaving=0.0),
        ],
        [WorkerLine(WorkerTraffic("ticker", "k3", 17, 0, 0.0, None), ready=False)],
    )
    assert sentences(Picture(broker)) == [
        "antrean.status is 20 s behind: start more of antrean-status.",
        "antrean.ticker: 3 messages wait and none leaves; see the logs of antrean-ticker.",
        "Nobody takes from antrean.registrar, antrean.desk-registrar: start antrean-registrar.",
        "antrean-ticker 17 on k3 is not ready; its log says why.",
        "Dead letters: 2.",
    ]
    assert sentences(Picture(BrokerPicture([queue()], []))) == []


def slow(**more: object) -> SlowClinic:
    clinic = clinic_of(rooms=2, mode=QueueMode.DESK)
    facts = {
        "waiting": 3,
        "oldest_since": NOW - timedelta(hours=1),
        "last_called_at": NOW - timedelta(minutes=2),
        "overdue": timedelta(),
    }
    day = ClinicDay("RSHS", "GIG", date(2026, 11, 23))
    return SlowClinic(clinic=clinic, day=day, **(facts | more))  # type: ignore[arg-type]


def test_how_a_clinic_stands() -> None:
    assert standing_of(slow(), NOW) is Standing.MOVES
    assert standing_of(slow(last_called_at=NOW - timedelta(minutes=40)), NOW) is Standing.STILL
    assert standing_of(slow(waiting=0, last_called_at=None), NOW) is Standing.MOVES
    assert standing_of(slow(overdue=timedelta(minutes=5)), NOW) is Standing.OVERDUE
    assert standing_of(slow(last_called_at=None), in_bandung("03:00")) is Standing.CLOSED
    away = slow(last_called_at=NOW - timedelta(minutes=40))
    assert standing_of(replace(away, clinic=replace(away.clinic, rooms=0)), NOW) is Standing.AWAY
    # Whoever came just now has not waited for the hours in which nobody was there.
    came = slow(last_called_at=NOW - timedelta(hours=2), oldest_since=NOW - timedelta(minutes=1))
    assert standing_of(came, NOW) is Standing.MOVES


def test_clinics_that_stand_still_are_counted() -> None:
    still = slow(last_called_at=NOW - timedelta(minutes=40))
    reading = ClinicReading(NOW, [still, slow()], queues=2, patients=6, overdue=1)
    assert sentences(Picture(clinics=reading)) == [
        "Clinics that wait for a ticker: 1. Start antrean-ticker, or see its logs.",
        "Clinics where nobody is called though patients wait: 1.",
    ]


def test_quiet_queues_are_not_shown_and_rows_are_sorted_by_a_column() -> None:
    quiet = [queue(name) for name in queues()]
    rows = rows_of(Section.QUEUES, Picture(BrokerPicture(quiet, None)), TEXTS)
    assert rows is not None
    assert {row.key for row in rows}.isdisjoint({JOURNAL_QUEUE, DEAD_QUEUE, REGISTRAR_QUARANTINE})
    assert rows_of(Section.WORKERS, Picture(BrokerPicture(quiet, None)), TEXTS) is None

    full = [queue("antrean.status", 5), queue("antrean.ticker", 70), queue(REGISTRAR_QUEUE, 6)]
    found = rows_of(Section.QUEUES, Picture(BrokerPicture(full, None)), TEXTS) or []
    assert [row.key for row in sorted_by(found, Section.QUEUES, 1)] == [
        *("antrean.ticker", REGISTRAR_QUEUE, "antrean.status")
    ]
    assert sorted_by(found, Section.QUEUES, 0)[0].key == REGISTRAR_QUEUE
    assert sorted_by(found, Section.QUEUES, None) == found


def test_all_is_well_only_where_all_was_read(capsys: pytest.CaptureFixture[str]) -> None:
    whole = Picture(BrokerPicture([queue()], None), ClinicReading(NOW, [], 0, 0, 0), LetterPicture((), 0))
    print_picture(whole, [], TEXTS)
    assert "Nothing needs attention." in capsys.readouterr().out
    for partly in (replace(whole, broker=None), replace(whole, clinics=None), replace(whole, letters=None)):
        print_picture(partly, [], TEXTS)
        assert "Nothing needs attention." not in capsys.readouterr().out


def test_json_holds_no_infinity() -> None:
    stuck = BrokerPicture([queue(ready=5, leaving=0.0)], None)
    [said] = as_json(Picture(stuck), [], TEXTS)["queues"]
    assert said["behind_seconds"] is None
    assert said["leaving_per_second"] == 0.0


@pytest.mark.parametrize(
    ("metrics", "host"),
    [
        (ONES_OWN, "127.0.0.1"),
        (replace(ONES_OWN, address="localhost"), "127.0.0.1"),
        (replace(ONES_OWN, host="another-machine"), None),
        (replace(ONES_OWN, address="0.0.0.0"), "10.0.0.7"),
        (replace(ONES_OWN, address="::"), "10.0.0.7"),
        # Nobody is sent anywhere by what a client writes.
        (replace(ONES_OWN, address="169.254.169.254"), "10.0.0.7"),
        (replace(ONES_OWN, address="example.org/x@y"), "10.0.0.7"),
    ],
)
def test_a_worker_s_page_is_looked_for_where_the_broker_sees_it(
    metrics: MetricsAddress, host: str | None
) -> None:
    assert reachable(metrics) == host


def test_a_page_is_added_up() -> None:
    page = page_in(
        'antrean_batch_seconds_sum{worker="status",queue="a"} 1.5\n'
        'antrean_batch_seconds_count{worker="status",queue="a"} 3\n'
        'antrean_batch_seconds_sum{worker="status",queue="b"} 0.5\n'
        'antrean_batch_seconds_count{worker="status",queue="b"} 1\n'
        'antrean_ready{worker="status"} 1\n'
        "something_else 7\n"
    )
    assert (page.batch_seconds, page.batches, page.ready) == (2.0, 4.0, 1.0)
    for other in ("", "# nothing\n", "<html>not a page</html>"):
        with pytest.raises(ValueError):  # noqa: PT011 - as the library words it
            page_in(other)


def test_what_could_not_be_read_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_RETRY_SECONDS", 0.0)
    answers: Iterator[str | BrokerUnavailable] = iter([BrokerUnavailable("gone"), "there"])
    posted = SimpleQueue[Message]()

    def read() -> str:
        answer = next(answers)
        if isinstance(answer, BrokerUnavailable):
            raise answer
        return answer

    source = sources.Source(sources.Part.LETTERS, read, posted.put, None)
    source.start()
    found = [posted.get(timeout=SECONDS_MAX) for _ in range(2)]
    source.close()
    assert [type(each) for each in found] == [sources.PartFailed, sources.PartRead]
