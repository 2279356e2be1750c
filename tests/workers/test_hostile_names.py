"""Names that clients give to their connections, and the broker's own log."""

import json
from pathlib import Path

import pika
import pytest

from local_stack.private_node import PrivateNode
from tests.broker import RunningBroker
from tests.hostile_text import FORGED, HOSTILE
from tests.processes import eventually


def log_of(node: PrivateNode) -> list[str]:
    """The lines of a node's log."""
    files = Path(node._environment()["RABBITMQ_LOG_BASE"]).glob("*.log")
    # The end of a line only: a control character of Unicode is no end of one here.
    return [line for each in files for line in each.read_bytes().decode("latin-1").split("\n") if line]


def test_a_connections_name_forges_no_line_of_the_brokers_log(broker: RunningBroker) -> None:
    if broker.node is None:
        pytest.skip("this broker's log is not here")
    node = broker.node
    named = pika.URLParameters(broker.url("patient"))
    named.client_properties = {"connection_name": HOSTILE, "product": HOSTILE}
    refused = pika.URLParameters(broker.url("patient"))
    refused.credentials = pika.PlainCredentials(HOSTILE, "wrong")
    pika.BlockingConnection(named).close()
    with pytest.raises(pika.exceptions.ProbableAuthenticationError):
        pika.BlockingConnection(refused)

    def logged() -> bool:
        told = "\n".join(log_of(node))
        return "client-provided name" in told and "login refused" in told

    eventually(logged, "the broker has logged both")
    for line in log_of(node):
        assert isinstance(json.loads(line), dict), line
        assert "\x1b" not in line
        assert not line.startswith(FORGED)
