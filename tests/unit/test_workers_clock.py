"""When a web process says that its clock does not go as the workers' do."""

from datetime import UTC, datetime, timedelta

import pytest

from common.messages.patients import Register
from common.web.workers_clock import _LONG_AGO, difference

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("took", "told", "said"),
    [
        (0, 0, None),
        (0, 60, None),
        (0, 61, "1 min behind"),
        (0, -61, None),  # the moment is told in whole seconds
        (0, -62, "1 min ahead of"),
        (120, 60, None),  # the answer took so long
        (120, 0, None),
        (5, 1_200, "19 min behind"),
        (0, -7_201, "120 min ahead of"),
    ],
)
def test_what_is_told_lies_within_the_time_of_asking(took: int, told: int, said: str | None) -> None:
    found = difference(NOW, NOW + timedelta(seconds=took), NOW + timedelta(seconds=told))
    assert found == (said and f"This machine's clock is {said} the workers': set it, or theirs.")


def test_what_is_sent_can_be_read() -> None:
    assert Register.model_validate(_LONG_AGO, strict=False)
