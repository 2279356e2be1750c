"""`rabbitmqctl` for the tests' own nodes."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from local_stack.child import environment_with
from local_stack.private_node import PrivateNode, find_server
from tests.memory_alarm import RAISED_AT, WATERMARK, set_watermark
from tests.processes import SECONDS_MAX


def evaluate(node: PrivateNode, expressions: str) -> str:
    """Evaluates Erlang expressions on the node; returns the result as text."""
    return control(node, ["--quiet", "eval", expressions])


def control(node: PrivateNode, words: list[str], typed: str = "") -> str:
    """Runs `rabbitmqctl` with these words, types what it asks for, and returns what it prints."""
    server = find_server()
    assert server is not None
    done = subprocess.run(
        [server.with_name("rabbitmqctl"), *words],
        env=environment_with(node._environment()),
        input=typed,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=True,
    )
    return done.stdout.strip()


@contextmanager
def short_of_memory(node: PrivateNode) -> Iterator[None]:
    """Raises the node's memory alarm while the block runs."""
    watermark = evaluate(node, WATERMARK)
    assert evaluate(node, set_watermark(RAISED_AT, alarm=True)) == "true"
    try:
        yield
    finally:
        assert evaluate(node, set_watermark(watermark, alarm=False)) == "true", "the alarm is over"
