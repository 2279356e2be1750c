"""A batch that cannot be handled: what is logged of a message holds nothing that its client made up."""

from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from common.messaging.delivery import Delivery, Outcome
from common.messaging.handling import Handling
from common.messaging.stopwatch import Stopwatch
from tests.builders import delivery


class Failing:
    """Handles nothing."""

    def handle(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        raise LookupError("Siti Rahasia")


@pytest.mark.parametrize(
    ("name", "told"),
    [("register", "register"), ("clinic.tick", "clinic.tick"), ("Siti Rahasia", None), (None, None)],
)
def test_a_dead_letter_is_told_by_a_known_name_only(name: str | None, told: str | None) -> None:
    with capture_logs() as logs:
        (outcome,) = Handling(Failing(), Stopwatch(), None).handle([delivery(name, b"Siti Rahasia")])
    assert outcome.dead_letter == "LookupError in the handler"
    (line,) = logs
    assert (line["event"], line["request"]) == ("dead letter", told)
    assert "Siti" not in str(line)
