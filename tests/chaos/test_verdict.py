"""What a run shows: a violation is never hidden by a busy machine, and a busy machine is no violation."""

from collections.abc import Callable

import pytest

from tests.chaos.faults import steps
from tests.chaos.faults.steps import Note, NotSeen, until
from tests.chaos.run import Outcome, Verdict


@pytest.mark.parametrize(
    ("exit_code", "failures", "late", "verdict"),
    [
        (0, [], [], Verdict.CLEAN),
        (3, [], [], Verdict.INCONCLUSIVE),
        (0, [], ["the patients ended: after 70 s"], Verdict.INCONCLUSIVE),
        (1, [], ["the patients ended: after 70 s"], Verdict.VIOLATED),
        (3, ["a log holds personal data"], ["late"], Verdict.VIOLATED),
        (-9, [], [], Verdict.VIOLATED),
    ],
)
def test_a_verdict(exit_code: int, failures: list[str], late: list[str], verdict: Verdict) -> None:
    assert Outcome(exit_code, "", failures, late).verdict is verdict


def notes(condition: Callable[[], bool]) -> list[Note]:
    """What is noted while something is waited for."""
    return [note for note in until(condition, "it happened", seconds_max=0) if note is not None]


def test_what_comes_late_is_noted_and_what_never_comes_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([False, False, False, True])
    (note,) = notes(lambda: next(looks))
    assert note.phase == "late"
    assert note.detail.startswith("it happened: after ")
    assert notes(lambda: True) == []
    monkeypatch.setattr(steps, "NEVER_SECONDS", 0.0)
    with pytest.raises(NotSeen, match="it happened"):
        notes(lambda: False)
