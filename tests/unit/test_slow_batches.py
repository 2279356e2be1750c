"""A batch that takes long is logged, with what took the time."""

import json
from collections.abc import Sequence

import pytest
import structlog

from common.messaging import handling
from common.messaging.delivery import Delivery, Outcome
from common.messaging.handling import SLOW_SECONDS, Handling
from common.messaging.stopwatch import Part, Stopwatch
from common.process import configure_logging


class Clock:
    """Shows what it is set to."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class SlowHandler:
    """Spends time on a part."""

    def __init__(self, clock: Clock, stopwatch: Stopwatch, seconds: float) -> None:
        self._clock = clock
        self._stopwatch = stopwatch
        self._seconds = seconds

    def handle(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        """Reads at once, and commits slowly."""
        self._stopwatch.lap(Part.PARSE)
        self._clock.seconds += self._seconds
        self._stopwatch.lap(Part.COMMIT)
        return [Outcome() for _ in deliveries]


def logged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], seconds: float
) -> list[dict[str, object]]:
    """What is logged of a batch whose commit takes so long."""
    clock = Clock()
    monkeypatch.setattr("time.perf_counter", clock)
    configure_logging("registrar", "info")
    monkeypatch.setattr(handling, "_log", structlog.get_logger())
    stopwatch = Stopwatch()
    work = Handling(SlowHandler(clock, stopwatch, seconds), stopwatch, None)
    batch = [Delivery(1, b"Siti", "register", None, None, None, None, None)] * 3

    work.published("antrean.registrar", batch, work.handle(batch))

    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_slow_batch_is_logged_with_its_parts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [line] = logged(monkeypatch, capsys, SLOW_SECONDS + 0.25)

    line.pop("timestamp"), line.pop("pid")
    assert line == {
        "event": "slow batch",
        "level": "warning",
        "process": "registrar",
        "queue": "antrean.registrar",
        "size": 3,
        "total_ms": 1250,
        "parse_ms": 0,
        "commit_ms": 1250,
        "publish_ms": 0,
    }


def test_of_a_quick_one_nothing_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert logged(monkeypatch, capsys, SLOW_SECONDS / 2) == []
