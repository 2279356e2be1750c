"""A desk that asks while its queue is handed over to the new service day: more are left than one transaction
takes, in its own queue or in all."""

from uuid import uuid4

import pytest
from sqlalchemy import Engine

from common.messages.desk_replies import DeskDone
from common.messaging.delivery import Outcome
from tests.builders import clinic_table, desk_request, hospital_table, patient, tick_delivery
from tests.store.desks import at_the_counter, calls, does, is_whole, numbers_waiting, outcome_of
from tests.store.nights import ALWAYS, TUESDAY, pass_midnight, rows_of, workers_by_night
from tests.store.statements import killed_in_step
from tests.store.workers import Workers, contents, ticket_rows, workers_of
from ticker_worker import ending_days

AT_ONCE = 40


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One transaction hands few tickets over."""
    monkeypatch.setattr(ending_days, "TICKETS_MAX", AT_ONCE)


def clinics_by_night(engine: Engine, *codes: str) -> Workers:
    """The workers of clinics that never close and are moved by their desks, ten minutes before Tuesday."""
    clinics = [clinic_table(code, mode="desk", rooms=2, hours=ALWAYS) for code in codes]
    workers = workers_of(engine, hospital_table("RSHS", *clinics))
    workers.clock.set("23:50")
    workers.tick()
    return workers


def called(outcome: Outcome, engine: Engine) -> str:
    """The medical record number of whom a desk has called."""
    assert isinstance(outcome.reply, DeskDone), outcome.reply
    [call] = [change for change in outcome.reply.changes if change.event == "ticket.called"]
    [found] = [
        row["medical_record_number"]
        for row in rows_of(engine, TUESDAY)
        if (row["clinic"], row["number"]) == (call.clinic, call.number)
    ]
    return str(found)


# --- calling --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("few_at_once")
def test_a_call_among_the_ticks_of_many_clinics_finds_those_who_wait(engine: Engine) -> None:
    codes = [f"C{n:02d}" for n in range(12)]
    workers = clinics_by_night(engine, *codes)
    for place, code in enumerate(codes):
        workers.register_many(10, code, first=1 + 100 * place)
    workers.clock.set("00:00:02", TUESDAY)
    newcomer = workers.register(5000, clinic=codes[-1])
    ticks = [tick_delivery(tick) for tick in workers.emitter.emit()]
    assert len(ticks) >= len(codes)
    calls_to_last = desk_request("call_next", codes[-1], room=1)
    *_, outcome = workers.ticker.handle([*ticks, calls_to_last])
    assert called(outcome, engine) == patient(1101)["medical_record_number"]
    assert numbers_waiting(workers, codes[-1])[-1] == newcomer.number
    is_whole(workers)


@pytest.mark.usefixtures("few_at_once")
@pytest.mark.parametrize("in_long_queue", [AT_ONCE, AT_ONCE + 10, 2 * AT_ONCE + 10])
def test_a_long_queue_costs_no_other_clinic_its_turn(engine: Engine, in_long_queue: int) -> None:
    workers = clinics_by_night(engine, "GIG", "MAT")
    workers.register_many(in_long_queue, "GIG")
    workers.register_many(3, "MAT", first=2001)
    workers.clock.set("00:00:05", TUESDAY)
    workers.register(5000, clinic="MAT")
    both = [desk_request("call_next", code, room=room) for room in (1, 2) for code in ("GIG", "MAT")]
    outcomes = workers.ticker.handle(both)
    expected = [patient(who)["medical_record_number"] for who in (1, 2001, 2, 2002)]
    assert [called(each, engine) for each in outcomes] == expected
    is_whole(workers)


def test_the_first_of_more_than_one_transaction_takes_is_called(engine: Engine) -> None:
    """Two priority patients came last, and are called two to one; newcomers stand behind all of them."""
    workers = workers_by_night(engine, mode="desk", rooms=2, daily_quota=5000)
    workers.register_many(ending_days.TICKETS_MAX + 100)
    for who in (1001, 1002):
        at_the_counter(workers, patient(who), priority="disability")
    workers.clock.set("00:00:02", TUESDAY)
    at_the_counter(workers, patient(2001), priority="disability")
    workers.register(2002)
    found = [called(outcome_of(workers, desk_request("call_next", room=1)), engine) for _ in range(5)]
    assert found == [patient(who)["medical_record_number"] for who in (1001, 1002, 1, 2001, 2)]
    pass_midnight(workers)
    waiting = [row for row in ticket_rows(engine) if row["status"] == "waiting"]
    assert len(waiting) == ending_days.TICKETS_MAX + 104 - 5
    is_whole(workers)


# --- closing --------------------------------------------------------------------------------------------


def cancelled_by(outcome: Outcome) -> int:
    """How many the reply to a closing says were cancelled."""
    assert isinstance(outcome.reply, DeskDone), outcome.reply
    return sum(change.count for change in outcome.reply.changes if change.event == "ticket.cancelled")


def nobody_waits(workers: Workers) -> None:
    """Nobody waits, and nobody comes over later."""
    pass_midnight(workers)
    assert not [row for row in ticket_rows(workers.engine) if row["status"] == "waiting"]
    is_whole(workers)


def test_a_closing_cancels_more_than_one_transaction_hands_over(engine: Engine) -> None:
    workers = workers_by_night(engine, mode="desk", daily_quota=5000)
    count = 2 * ending_days.TICKETS_MAX + 100
    workers.register_many(count)
    workers.clock.set("00:00:02", TUESDAY)
    newcomer = workers.register(5000)
    outcome = outcome_of(workers, desk_request("close_clinic", waiting="cancel"))
    assert cancelled_by(outcome) == count + 1
    subjects = [contents(event)["subject"] for event in outcome.events if event.name == "ticket.cancelled"]
    assert subjects[0] == newcomer.display_number
    nobody_waits(workers)


@pytest.mark.usefixtures("few_at_once")
def test_a_closing_among_ticks_and_other_requests(engine: Engine) -> None:
    workers = clinics_by_night(engine, "GIG", "MAT")
    workers.register_many(AT_ONCE + 10, "GIG")
    workers.register_many(3 * AT_ONCE, "MAT", first=2001)
    workers.clock.set("00:00:02", TUESDAY)
    ticks = [tick_delivery(tick) for tick in workers.emitter.emit()]
    closing = desk_request("close_clinic", "MAT", waiting="cancel")
    called_after = desk_request("call_next", "GIG", room=1)
    *_, closed, call = workers.ticker.handle([*ticks, closing, called_after])
    assert cancelled_by(closed) == 3 * AT_ONCE
    assert called(call, engine) == patient(1)["medical_record_number"]
    pass_midnight(workers)
    assert {row["clinic"] for row in ticket_rows(engine) if row["status"] == "waiting"} == {"GIG"}
    is_whole(workers)


@pytest.mark.usefixtures("few_at_once")
@pytest.mark.parametrize("step", range(3))
def test_killed_before_all_have_come_over_a_redelivery_goes_on(engine: Engine, step: int) -> None:
    workers = workers_by_night(engine, mode="desk")
    workers.register_many(2 * AT_ONCE + 10)
    workers.clock.set("00:00:02", TUESDAY)
    request = desk_request("close_clinic", message_id=str(uuid4()), waiting="cancel")
    with killed_in_step(engine, step):
        outcome_of(workers, request)
    later = Workers.on(engine, workers.clock)
    outcome = outcome_of(later, request)
    assert cancelled_by(outcome) == 2 * AT_ONCE + 10
    assert outcome_of(workers, request) == outcome
    nobody_waits(workers)


@pytest.mark.usefixtures("few_at_once")
def test_a_closing_that_keeps_those_who_wait_is_done_at_once(engine: Engine) -> None:
    workers = workers_by_night(engine, mode="desk")
    workers.register_many(2 * AT_ONCE + 10)
    workers.clock.set("00:00:02", TUESDAY)
    does(workers, "close_clinic")
    assert len(numbers_waiting(workers)) == AT_ONCE
    assert calls(workers) == 1
    pass_midnight(workers)
    assert len(numbers_waiting(workers)) == 2 * AT_ONCE + 9
    is_whole(workers)


def test_a_closing_interrupted_over_the_end_of_the_day_counts_whom_it_cancelled(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ticker_worker.cancelling_waiting.CANCELLED_AT_ONCE_MAX", AT_ONCE)
    workers = workers_by_night(engine, mode="desk")
    workers.register_many(2 * AT_ONCE + 10)
    workers.clock.set("23:59:59")
    request = desk_request(
        "close_clinic", message_id=str(uuid4()), sent_at=workers.clock.now(), waiting="cancel"
    )
    with killed_in_step(engine, 1):
        outcome_of(workers, request)
    pass_midnight(workers)
    outcome = outcome_of(workers, request)
    assert cancelled_by(outcome) == AT_ONCE
    assert len(numbers_waiting(workers)) == AT_ONCE + 10
    assert outcome_of(workers, request) == outcome
    again = outcome_of(workers, desk_request("close_clinic", waiting="cancel"))
    assert cancelled_by(again) == AT_ONCE + 10
    nobody_waits(workers)
