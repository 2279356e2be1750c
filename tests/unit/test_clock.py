"""The two clocks that processes are handed."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from common.clock import Clock, ScaledClock, SystemClock

MORNING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize("clock", [SystemClock(), ScaledClock(MORNING, datetime.now(UTC), 60.0)])
def test_every_clock_shows_utc_and_never_runs_backwards(clock: Clock) -> None:
    first, second = clock.now(), clock.now()
    assert first.tzinfo is UTC
    assert first <= second


def test_the_system_clock_is_the_machine_s() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert before <= now <= datetime.now(UTC)
    assert SystemClock().real_seconds(10.0) == 10.0


def test_a_scaled_clock_shows_its_start_and_runs_faster_from_there() -> None:
    before = datetime.now(UTC)
    clock = ScaledClock(MORNING, before - timedelta(seconds=10), speed=60.0)
    now = clock.now()
    after = datetime.now(UTC)
    assert MORNING + timedelta(minutes=10) <= now <= MORNING + timedelta(minutes=10) + (after - before) * 60.0
    assert clock.real_seconds(60.0) == 1.0


def test_two_processes_with_the_same_scaled_clock_agree_on_the_time() -> None:
    """One was told the start in another time zone."""
    started_at = datetime.now(UTC) - timedelta(seconds=5)
    one = ScaledClock(MORNING, started_at, 60.0)
    other = ScaledClock(MORNING.astimezone(timezone(timedelta(hours=7))), started_at, 60.0)
    first, second, third = one.now(), other.now(), one.now()
    assert first <= second <= third
    assert second.tzinfo is UTC
