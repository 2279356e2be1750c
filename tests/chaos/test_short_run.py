"""A short chaos run on SQLite: the same that `make chaos` does for longer, with a sample of the faults."""

from pathlib import Path

import pytest

from local_stack.private_node import find_server
from tests.chaos.run import Options, Verdict, run

SEED = 3
DURATION_SECONDS = 15.0


@pytest.mark.long
def test_nothing_is_lost_or_doubled_whatever_fails(tmp_path: Path) -> None:
    if find_server() is None:
        pytest.skip("a chaos run kills a RabbitMQ of its own, and no rabbitmq-server is installed")
    said: list[str] = []
    options = Options(
        SEED, DURATION_SECONDS, "sqlite", registrations_per_second=15.0, desk_actions_per_second=2.0
    )

    outcome = run(options, tmp_path, said.append)

    # On a busy machine something may be late, which violates nothing.
    assert outcome.verdict is not Verdict.VIOLATED, "\n".join(
        [*said, outcome.checker_said, *outcome.failures]
    )
