"""What the RPC client answers by itself is what a worker would answer."""

import json

from antrean_client.rpc_client import RpcClient
from common.clock import SystemClock
from common.messages.limits import BODY_BYTES_MAX
from common.messages.message import encode_reply
from common.messages.problems import ProblemCode, problem
from common.messaging.topology import PATIENT_EXCHANGE


def test_a_body_too_large_is_answered_as_a_worker_answers_it() -> None:
    client = RpcClient("amqp://localhost:1/", PATIENT_EXCHANGE, SystemClock())
    answer = client.call("register", {"name": "a" * BODY_BYTES_MAX}, timeout_seconds=1)

    told = problem(ProblemCode.MESSAGE_TOO_LARGE, f"Send at most {BODY_BYTES_MAX} bytes.")
    assert answer.name == told.name
    assert answer.body == json.loads(encode_reply(told))
