"""Workers that must survive any input: at the end they run, consume, and hold no message."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, func, select

from common.messaging.topology import DEAD_QUEUE
from common.storage.tables import journal, tickets
from tests.broker import RunningBroker
from tests.deployment import CLINICS, QUEUES, Deployment, deployed
from tests.workers.requester import registration, requester


@contextmanager
def surviving_workers(broker: RunningBroker, database_url: str, directory: Path) -> Iterator[Deployment]:
    """Starts one worker of each kind; a single registrar answers requests in their order.

    At the end checks that the same processes still consume and have acknowledged every message. `deployed`
    checks their logs.
    """
    with deployed(broker, database_url, directory) as deployment:
        deployment.start_together({"registrar": 1, "status": 1, "ticker": 1})
        yield deployment
        with requester(deployment) as last:
            assert last.call(registration(CLINICS[-1])).name == "ticket"
        assert [program.exit_code for program in deployment.programs] == [None] * 3, deployment.logs()
        assert [deployment.consumers(queue) for queue in QUEUES.values()] == [1] * 3
        # Unacknowledged messages return to their queue when the worker ends.
        assert [program.stop() for program in deployment.programs] == [0] * 3, deployment.logs()
        assert deployment.unsettled(DEAD_QUEUE) == []


def written(engine: Engine) -> tuple[int, int]:
    """The number of tickets, and of journal entries caused by requests."""
    with engine.connect() as connection:
        given_out = connection.scalar(select(func.count()).select_from(tickets))
        caused = connection.scalar(
            select(func.count()).select_from(journal).where(journal.c.cause_digest.is_not(None))
        )
    return given_out or 0, caused or 0
