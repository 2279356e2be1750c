"""Which ticks are due, and that no two tickers claim the same one, on both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import Engine, func, select

from common.messages.events import decode_tick
from common.storage.tables import refusals
from tests.builders import clinic_table, hospital_table, registration
from tests.store.workers import TICK_SECONDS, Workers, ticket_rows, told, workers_of
from ticker_worker.tick_emitter import emission_seconds


def test_only_what_is_due_is_claimed(engine: Engine) -> None:
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG"), clinic_table("INT")))
    assert workers.emitter.emit() == []
    workers.register(1, clinic="INT")
    [tick] = workers.emitter.emit()
    assert tick.routing_key == "RSHS.INT.clinic.tick"
    assert decode_tick(tick.body).service_date == workers.clock.now().date()


def test_a_claimed_tick_is_claimed_again_only_after_one_interval(workers: Workers) -> None:
    """As when a ticker is killed with a tick in its hands."""
    workers.register(1)
    [lost] = workers.emitter.emit()
    assert workers.emitter.emit() == []
    workers.clock.forward(seconds=TICK_SECONDS - 0.001)
    assert workers.emitter.emit() == []
    workers.clock.forward(seconds=0.001)
    [again] = workers.emitter.emit()
    assert again.id != lost.id
    assert told(workers.apply(again)) == ["ticket.called GIG-001"]
    assert workers.apply(lost) == []


def test_an_applied_tick_is_due_again_when_something_happens(workers: Workers) -> None:
    workers.register_many(2)
    workers.tick()
    workers.clock.set("09:09:59")
    assert workers.emitter.emit() == []
    workers.clock.set("09:10:00")
    assert told(workers.tick()) == ["ticket.served GIG-001", "ticket.called GIG-002"]


def test_a_registration_behind_others_brings_no_tick_of_its_own(workers: Workers) -> None:
    workers.register_many(2)
    workers.tick()
    workers.clock.set("09:05")
    workers.register(3)
    assert workers.emitter.emit() == []


def test_no_more_is_claimed_at_once_than_can_be_applied(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has been due for longest comes first."""
    codes = ["GIG", "INT", "ANA", "OBG", "THT"]
    workers = workers_of(engine, hospital_table("RSHS", *(clinic_table(code) for code in codes)))
    monkeypatch.setattr("ticker_worker.tick_emitter.CLAIMS_MAX", 2)
    for code in codes:
        workers.register(1, clinic=code)
        workers.clock.forward(seconds=1)
    claims = [{tick.clinic for tick in workers.emitter.emit()} for _ in range(4)]
    assert claims == [{"GIG", "INT"}, {"ANA", "OBG"}, {"THT"}, set()]


@pytest.mark.parametrize(
    ("interval_seconds", "seconds"), [(10, 1), (3600, 360), (1, 0.1), (0.5, 0.1), (0.05, 0.05)]
)
def test_ticks_are_emitted_several_times_in_an_interval_but_not_all_the_time(
    interval_seconds: float, seconds: float
) -> None:
    assert emission_seconds(interval_seconds) == seconds


def test_refusals_are_forgotten_after_a_while_some_at_a_time(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ticker_worker.tick_emitter.FORGOTTEN_MAX", 3)
    workers = workers_of(engine)

    def refused() -> int:
        with engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(refusals)).scalar_one()

    for who in range(5):
        workers.refusal(registration(who, "RSXX"))
    workers.clock.forward(minutes=20)
    workers.refusal(registration(5, "RSXX"))
    workers.emitter.emit()
    assert refused() == 6
    workers.clock.forward(seconds=1)
    left = []
    for _ in range(3):
        workers.emitter.emit()
        left.append(refused())
    assert left == [3, 1, 1]


def test_two_tickers_claim_different_queues_and_together_all(
    engine: Engine, open_another: Callable[[], Engine]
) -> None:
    codes = [f"C{number:02d}" for number in range(60)]
    workers = workers_of(engine, hospital_table("RSHS", *(clinic_table(code) for code in codes)))
    tickers = [Workers.on(open_another(), workers.clock) for _ in range(2)]
    workers.registrar.handle([registration(1, clinic=code) for code in codes])
    for _ in range(5):
        start = Barrier(len(tickers))

        def claim(ticker: Workers, start: Barrier = start) -> list[str]:
            start.wait()
            return [tick.clinic for tick in ticker.emitter.emit()]

        with ThreadPoolExecutor(len(tickers)) as pool:
            claims = list(pool.map(claim, tickers))
        assert sorted(claims[0] + claims[1]) == codes
        workers.clock.forward(seconds=TICK_SECONDS)


def test_two_tickers_apply_the_ticks_of_many_queues_at_once(
    engine: Engine, open_another: Callable[[], Engine]
) -> None:
    """Each has ticks of all queues; every patient is called once, at the right moment."""
    codes = [f"C{number:02d}" for number in range(12)]
    workers = workers_of(engine, hospital_table("RSHS", *(clinic_table(code) for code in codes)))
    for code in codes:
        workers.register_many(3, clinic=code)
    workers.clock.set("09:40")
    tickers = [Workers.on(open_another(), workers.clock) for _ in range(3)]
    start = Barrier(len(tickers))

    def apply(ticker: Workers) -> list[str]:
        ticks = [ticker.tick_for("RSHS", code) for code in codes]
        start.wait()
        return [event.routing_key for event in ticker.apply(*ticks)]

    with ThreadPoolExecutor(len(tickers)) as pool:
        events = [key for keys in pool.map(apply, tickers) for key in keys]
    assert sorted(events) == sorted(
        f"RSHS.{code}.ticket.{verb}" for code in codes for verb in ("called", "served") for _ in range(3)
    )
    assert {row["status"] for row in ticket_rows(engine)} == {"served"}
