"""An assertion that fails in a shared helper shows its values, as one in a test does."""

import pytest

from tests.workers.event_tap import ReceivedEvent, distinct_events


def test_a_helper_that_fails_shows_what_it_compared() -> None:
    one, other = ({"id": "1", "sequence": "1", "data": each} for each in ("waiting 5", "waiting 6"))
    events = [ReceivedEvent("RSHS.GIG.ticket.called", None, None, body, "") for body in (one, other)]
    with pytest.raises(AssertionError) as failed:
        distinct_events(events)
    assert "waiting 5" in str(failed.value)
    assert "waiting 6" in str(failed.value)
