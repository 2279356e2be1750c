"""L1, the raw echo: takes requests in batches and sends each body back; there is no database.

Started as `python -m benchmarks.references.echo ROLE`: it echoes what comes to that role's queue.
"""

import sys

from benchmarks.references.batched import BatchedWorker
from common.messaging.topology import REGISTRAR_QUEUE, STATUS_QUEUE
from common.process import run_process
from common.settings import load_settings


def main() -> None:
    """Runs until SIGTERM."""
    queue = {"registrar": REGISTRAR_QUEUE, "status": STATUS_QUEUE}[sys.argv[1]]
    amqp_url = load_settings(None).require_amqp_url()
    BatchedWorker(amqp_url, queue, "echo", lambda requests: [body for _, body in requests]).run()


if __name__ == "__main__":
    run_process(main)
