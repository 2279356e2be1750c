"""A worker is asked to stop from a signal handler, which may interrupt it anywhere."""

from collections.abc import Sequence
from unittest.mock import patch

from pika.adapters.select_connection import IOLoop

from common.messaging.delivery import Delivery, Outcome
from common.messaging.worker import Worker
from common.messaging.worker_options import WorkerOptions


class Idle:
    """A handler that is never handed anything."""

    def handle(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        """Nothing."""
        return [Outcome() for _ in deliveries]


def test_a_stop_takes_no_lock_of_the_loop() -> None:
    """The loop wakes itself with a lock held, also where it connects; a handler that waits for it waits for
    itself."""
    options = WorkerOptions(
        name="idle",
        amqp_url=lambda: "amqp://nobody:x@127.0.0.1:1/",
        queue="none",
        batch_size=1,
        heartbeat_seconds=10,
    )
    worker = Worker(options, Idle())
    with patch.object(IOLoop, "add_callback_threadsafe", side_effect=AssertionError):
        worker.stop()
        worker.stop()
    worker.run()
    worker.stop()
    worker._loop.close()  # which the end of a process does
