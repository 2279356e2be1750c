"""What is counted of a worker's batches, and what no stranger can make of it."""

from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from common.clock import SystemClock
from common.domain.event_names import EventName
from common.messages.message import EncodedReply
from common.messages.problems import Problem, ProblemCode, problem
from common.messaging.delivery import Delivery, Outcome
from common.messaging.stopwatch import Part
from common.messaging.topology import REGISTRAR_QUEUE, TICKER_QUEUE, names_in
from common.metrics.collector import WorkerCollector
from common.metrics.counts import OTHER, BatchCounts

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
PARTS = {Part.PARSE: 0.001, Part.COMMIT: 0.006}


def sent(name: str | None, seconds_ago: float | None = 0) -> Delivery:
    """A delivery of this name; None: without a timestamp."""
    sent_at = None if seconds_ago is None else NOW - timedelta(seconds=seconds_ago)
    return Delivery(1, b"", name, None, None, None, None, sent_at)


def counted(*pairs: tuple[Delivery, Outcome], queue: str = REGISTRAR_QUEUE) -> dict[str, float]:
    """The series that come of one batch, as Prometheus reads them, without the label `worker`."""
    counts = BatchCounts(names_in({queue}))
    counts.add(queue, [each for each, _ in pairs], [each for _, each in pairs], PARTS, NOW)
    registry = CollectorRegistry()
    registry.register(WorkerCollector("registrar", counts, SystemClock(), lambda: 7))
    return {
        f"{sample.name}{sorted(sample.labels.items() - {('worker', 'registrar')})}": sample.value
        for family in text_string_to_metric_families(generate_latest(registry).decode())
        for sample in family.samples
    }


def named(name: str, **labels: str) -> str:
    """The key of a series in what `counted` returns."""
    return f"{name}{sorted(labels.items())}"


def answer() -> Outcome:
    """An answer that is no problem."""
    return Outcome(EncodedReply("ticket", b"{}"))


def refusal(code: ProblemCode) -> Outcome:
    """A problem."""
    return Outcome(problem(code, "No."))


def test_requests_are_counted_by_what_became_of_them() -> None:
    series = counted(
        (sent("register"), answer()),
        (sent("register"), refusal(ProblemCode.QUOTA_REACHED)),
        (sent("cancel"), Outcome(EncodedReply(Problem.name, b'{"code": "ticket_not_found"}'))),
    )

    assert series[named("antrean_requests_received_total", request="register")] == 2
    assert series[named("antrean_requests_answered_total", request="register")] == 1
    assert series[named("antrean_requests_refused_total", request="register", code="quota_reached")] == 1
    assert series[named("antrean_requests_answered_total", request="cancel")] == 0
    assert series[named("antrean_requests_refused_total", request="cancel", code="ticket_not_found")] == 1


def test_names_and_codes_that_nobody_knows_make_no_series() -> None:
    hostile = [
        (sent(f"register-{number}"), Outcome(EncodedReply(Problem.name, b'{"code": "c%d"}' % number)))
        for number in range(1000)
    ]
    quiet, flooded = counted((sent("register"), answer())), counted(*hostile, (sent(None), answer()))

    assert flooded[named("antrean_requests_received_total", request=OTHER)] == 1001
    assert flooded.keys() - quiet.keys() == {
        named("antrean_requests_refused_total", request=OTHER, code=OTHER)
    }


def test_ticks_are_counted_as_such() -> None:
    series = counted((sent(EventName.CLINIC_TICK, None), Outcome()), queue=TICKER_QUEUE)

    assert series[named("antrean_requests_received_total", request="clinic.tick")] == 1
    assert series[named("antrean_requests_answered_total", request="clinic.tick")] == 0
    assert series[named("antrean_reply_delay_seconds_count", queue=TICKER_QUEUE)] == 0


def test_the_time_of_a_batch_is_shown_as_a_whole_and_in_parts() -> None:
    series = counted((sent("register"), answer()), (sent("register"), answer()))

    queue = REGISTRAR_QUEUE
    assert series[named("antrean_batch_size_sum", queue=queue)] == 2
    assert series[named("antrean_batch_seconds_bucket", queue=queue, le="0.005")] == 0
    assert series[named("antrean_batch_seconds_bucket", queue=queue, le="0.01")] == 1
    assert series[named("antrean_batch_seconds_count", queue=queue)] == 1
    assert series[named("antrean_batch_part_seconds_total", part="commit")] == 0.006


def test_a_delay_is_that_of_the_senders_clock_and_none_of_what_is_too_old() -> None:
    a_day = 24 * 3600
    series = counted(
        (sent("register", 3), answer()),
        (sent("register", 900), answer()),
        (sent("register", a_day), answer()),
        (sent("register", -a_day), answer()),
        (sent("register", None), answer()),
    )

    assert series[named("antrean_reply_delay_seconds_count", queue=REGISTRAR_QUEUE)] == 3
    assert series[named("antrean_reply_delay_seconds_sum", queue=REGISTRAR_QUEUE)] == 903
    assert series[named("antrean_reply_delay_seconds_bucket", queue=REGISTRAR_QUEUE, le="2")] == 1
