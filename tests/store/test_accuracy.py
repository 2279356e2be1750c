"""What becomes of the intervals that patients were told: summed up as the staff call, and taken back with the
calls."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from common.domain.accuracy import APART, Accuracy, Judged, Promise
from common.domain.clinic_day import ClinicDay
from common.domain.interval_correction import NO_CORRECTION, Correction
from common.domain.queue import new_queue
from common.domain.staff import StaffRole
from common.domain.told import ToldInterval
from common.messages.desk_replies import ClinicReport, EstimateAccuracy, TimesTold
from common.storage.accuracy import add_judged, read_accuracy
from common.storage.engine import snapshot, transaction
from common.storage.queues import create_queues
from common.storage.service_times import read_service_times
from tests.builders import MONDAY, clinic_table, desk_request, hospital_table, in_bandung
from tests.staff import duty, let_serve
from tests.store.catalogs import known
from tests.store.desks import calls, desk_of, does, outcome_of
from tests.store.nights import TUESDAY, workers_by_night
from tests.store.races import together
from tests.store.registrars import OpenAnother
from tests.store.workers import Workers, ticket_rows, workers_of


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """RSHS's clinics GIG and MAT, in desk mode with two rooms each, on Monday at 09:00."""
    return desk_of(engine)


def sums(workers: Workers, day: date = MONDAY, clinic: str = "GIG") -> Accuracy:
    """What is counted of a clinic's day."""
    with snapshot(workers.engine) as connection:
        found = read_accuracy(connection, ("RSHS", clinic), day, day)
    total = Accuracy()
    for each in found.values():
        total = total.plus(each)
    return total


def counts(workers: Workers, day: date = MONDAY, clinic: str = "GIG") -> tuple[int, ...]:
    """How many held, were missed, late, uncalled and apart."""
    return sums(workers, day, clinic)[:5]


def correction(workers: Workers, clinic: str = "GIG") -> Correction:
    """By what the calls have moved the ends of the intervals."""
    found = known(workers.engine, clinic)
    with snapshot(workers.engine) as connection:
        learned = read_service_times(connection, [found])()
    return learned[found.key].correction if found.key in learned else NO_CORRECTION


def told_to_the_last(workers: Workers, count: int = 6) -> ToldInterval:
    """So many register, more than the clinic has rooms; what the last of them is told."""
    workers.register_many(count)
    told: ToldInterval = ticket_rows(workers.engine)[-1]["told"]
    return told


def calls_all_but_the_last(workers: Workers, count: int = 6) -> None:
    """At once: long before the last of them was told."""
    for _ in range(count - 1):
        calls(workers)


def test_each_call_by_the_staff_is_judged_by_what_its_patient_was_told(desk: Workers) -> None:
    told = told_to_the_last(desk)
    calls_all_but_the_last(desk)
    before = sums(desk)
    desk.clock.moment = told.call
    calls(desk)

    added = sums(desk).plus(before.negated())
    width = round((told.latest - told.earliest).total_seconds())
    wait = round((told.call - told.at).total_seconds())
    assert added == Accuracy(held=1, width_seconds=width, wait_seconds=wait)
    assert before.judged == 5


@pytest.mark.parametrize(("off", "place"), [(-1, 1), (1, 2)])
def test_a_call_outside_of_the_interval_is_missed_or_late(desk: Workers, off: int, place: int) -> None:
    told = told_to_the_last(desk)
    calls_all_but_the_last(desk)
    before = counts(desk)
    desk.clock.moment = (told.earliest if off < 0 else told.latest) + timedelta(seconds=off)
    calls(desk)

    assert [place for place in range(5) if counts(desk)[place] != before[place]] == [place]


def test_a_call_that_is_undone_is_not_counted_and_the_next_one_is(desk: Workers) -> None:
    told_to_the_last(desk)
    before = sums(desk)
    calls(desk)
    called = sums(desk)
    does(desk, "undo", room=1)
    assert sums(desk) == before == Accuracy()
    calls(desk)
    assert sums(desk) == called


def test_a_call_is_undone_after_the_skip_that_followed_it(desk: Workers) -> None:
    told_to_the_last(desk)
    calls(desk)
    called = sums(desk)
    does(desk, "skip", number=1)
    does(desk, "undo", number=1)
    assert sums(desk) == called
    does(desk, "undo", number=1)
    assert sums(desk) == Accuracy()
    calls(desk)
    assert sums(desk) == called


def test_who_is_called_out_of_turn_or_was_moved_is_counted_apart(desk: Workers) -> None:
    told_to_the_last(desk, 4)
    does(desk, "call_ticket", number=4, room=1, reason="doctor")
    assert counts(desk) == (0, 0, 0, 0, 1)
    does(desk, "skip", number=1)
    assert [calls(desk) for _ in range(3)] == [2, 3, 1]
    assert sums(desk).judged == 2
    assert sums(desk).apart == 2
    does(desk, "undo", room=1)
    assert sums(desk).apart == 1


def test_a_patient_is_judged_at_the_first_call_only(desk: Workers) -> None:
    told_to_the_last(desk, 1)
    calls(desk)
    does(desk, "park", number=1)
    does(desk, "unpark", number=1)
    calls(desk)
    does(desk, "mark_no_show", number=1)
    does(desk, "reinstate", number=1)
    calls(desk)

    assert (sums(desk).judged, sums(desk).apart) == (1, 2)


def test_several_calls_of_one_batch_are_summed_up(desk: Workers) -> None:
    told_to_the_last(desk, 4)
    desk.ticker.handle([desk_request("call_next", room=room) for room in (1, 2, 1, 2)])

    assert sums(desk).judged == 4


def test_a_repeated_call_counts_once(desk: Workers) -> None:
    told_to_the_last(desk, 3)
    request = desk_request("call_next", room=1)
    desk.ticker.handle([request, request])
    desk.ticker.handle([request])

    assert sums(desk).judged == 1


def test_who_was_sent_on_is_judged_in_the_other_clinic(desk: Workers) -> None:
    told_to_the_last(desk, 1)
    does(desk, "transfer", number=1, to_clinic="MAT")
    calls(desk, clinic="MAT")

    assert counts(desk) == (0,) * 5
    assert sums(desk, clinic="MAT").judged == 1


def test_calls_by_the_clock_are_not_counted(engine: Engine) -> None:
    workers = workers_of(engine)
    workers.register_many(3)
    for _ in range(3):
        workers.clock.forward(minutes=10)
        workers.tick()

    assert {row["status"] for row in ticket_rows(engine)} >= {"served"}
    assert sums(workers) == Accuracy()


def test_calls_move_the_ends_of_later_intervals(desk: Workers) -> None:
    told = told_to_the_last(desk)
    calls_all_but_the_last(desk)
    before = correction(desk)
    assert before != NO_CORRECTION
    desk.clock.moment = told.latest + timedelta(minutes=1)
    calls(desk)

    moment = told.moment
    assert correction(desk).shifts[moment].upper > before.shifts[moment].upper
    assert correction(desk, "MAT") == NO_CORRECTION


def test_an_undoing_takes_back_how_a_call_has_moved_the_ends(desk: Workers) -> None:
    """Of what its patient was told, and of what others would have been told meanwhile."""
    told_to_the_last(desk, 12)
    calls(desk)
    desk.clock.forward(minutes=25)
    calls(desk)
    before = correction(desk)
    assert before.probes
    desk.clock.forward(minutes=25)
    calls(desk)
    assert correction(desk) != before
    does(desk, "undo", room=1)

    assert correction(desk) == before


def test_calls_at_the_same_moment_are_each_counted_and_move_the_ends(
    desk: Workers, open_another: OpenAnother
) -> None:
    for clinic in ("GIG", "MAT"):
        desk.register_many(4, clinic, first=1 if clinic == "GIG" else 11)
    desk.clock.forward(minutes=1)
    requests = [
        desk_request("call_next", clinic, room=room) for clinic in ("GIG", "MAT") for room in (1, 2, 1, 2)
    ]
    together(desk, open_another, *requests)

    assert [sums(desk, clinic=clinic).judged for clinic in ("GIG", "MAT")] == [4, 4]
    # And half as much each for two who would have been told something at nine.
    assert {correction(desk, clinic).shifts[0].calls for clinic in ("GIG", "MAT")} == {5}


# --- the end of the day ---------------------------------------------------------------------------------


def test_what_was_told_before_midnight_is_judged_in_the_new_day(engine: Engine) -> None:
    workers = workers_by_night(engine, mode="desk")
    told = told_to_the_last(workers, 3)
    workers.clock.set("00:00:02", TUESDAY)
    workers.tick()
    assert ticket_rows(engine)[-1]["told"] == told
    for _ in range(3):
        calls(workers)

    assert sums(workers) == Accuracy()
    assert sums(workers, TUESDAY).judged == 3


def test_who_was_parked_at_midnight_was_judged_before(engine: Engine) -> None:
    workers = workers_by_night(engine, mode="desk")
    told_to_the_last(workers, 1)
    calls(workers)
    does(workers, "park", number=1)
    workers.clock.set("00:00:02", TUESDAY)
    workers.tick()
    does(workers, "unpark", number=1)
    calls(workers)

    assert sums(workers).judged == 1
    assert (sums(workers, TUESDAY).judged, sums(workers, TUESDAY).apart) == (0, 1)


def test_who_is_never_called_was_told_what_did_not_hold(engine: Engine) -> None:
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG", mode="desk")))
    workers.register_many(3)
    calls(workers)
    workers.clock.set("00:00:02", TUESDAY)
    workers.tick()

    assert (sums(workers).called, sums(workers).uncalled) == (1, 2)


# --- what the staff read --------------------------------------------------------------------------------


def accuracy(workers: Workers, clinic: str = "GIG", **days: Any) -> EstimateAccuracy:
    """What a desk reads of some days."""
    reply = outcome_of(workers, desk_request("estimate_accuracy", clinic, **days)).reply
    assert isinstance(reply, EstimateAccuracy), reply
    return reply


def add(workers: Workers, day: date, *judged: Judged) -> None:
    """Adds to what is counted of GIG's day."""
    key = ClinicDay("RSHS", "GIG", day)
    with transaction(workers.engine) as connection:
        create_queues(connection, [new_queue(key, in_bandung("00:00", day), in_bandung("00:00", day))])
        add_judged(connection, [(key, each) for each in judged])


def test_the_last_seven_days_are_read_or_those_that_are_asked_for(desk: Workers) -> None:
    for days_ago in (0, 6, 7):
        add(desk, MONDAY - timedelta(days=days_ago), Judged(10, Accuracy(held=1)))
    week = accuracy(desk)

    assert (week.first_date, week.last_date) == (MONDAY - timedelta(days=6), MONDAY)
    assert week.times.told == 2
    assert accuracy(desk, first_date="2026-11-16").times.told == 3
    assert accuracy(desk, last_date="2026-11-17").times.told == 2
    assert accuracy(desk, first_date="2026-11-17", last_date="2026-11-22").times.told == 1
    assert accuracy(desk, first_date="2026-11-22", last_date="2026-11-17").times.told == 0
    assert accuracy(desk, first_date="2027-01-01").last_date == date(2027, 1, 1)
    assert accuracy(desk, last_date="0001-01-03").first_date == date.min
    assert accuracy(desk, "MAT").times.told == 0


def test_counts_shares_widths_and_means_are_of_those_whom_they_concern(desk: Workers) -> None:
    called = Accuracy(width_seconds=600, wait_seconds=1200, error_seconds=300)
    add(
        desk,
        MONDAY,
        *[Judged(10, called._replace(held=1))] * 81,
        *[Judged(30, called._replace(missed=1))] * 9,
        *[Judged(30, called._replace(late=1))] * 8,
        *[Judged(60, Accuracy(uncalled=1, width_seconds=3600))] * 2,
        *[APART] * 5,
    )

    found = accuracy(desk)
    assert (found.promise, found.promised_share) == (Promise.KEPT, 0.8)
    assert found.times == TimesTold(
        told=100,
        held=81,
        missed=9,
        late=8,
        uncalled=2,
        apart=5,
        held_share=0.81,
        missed_share=0.09,
        median_width_minutes=10,
        mean_width_seconds=660,
        mean_wait_seconds=1200,
        mean_error_seconds=300,
    )
    report = outcome_of(desk, desk_request("clinic_report")).reply
    assert isinstance(report, ClinicReport)
    assert report.times == found.times


def test_where_nothing_was_told_nothing_is_said(desk: Workers) -> None:
    found = accuracy(desk)

    assert found.promise is Promise.TOO_FEW
    assert (found.times.told, found.times.held_share, found.times.median_width_minutes) == (0, None, None)


def test_whoever_serves_in_the_clinic_may_ask(desk: Workers) -> None:
    for role in StaffRole:
        let_serve(desk.engine, role.value, duty(role.value))
        request = desk_request("estimate_accuracy", user=role.value)
        assert isinstance(outcome_of(desk, request).reply, EstimateAccuracy)
