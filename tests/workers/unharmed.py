"""Workers that strangers may send whatever they like: in the end they must have come to no harm."""

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
def unharmed(broker: RunningBroker, database_url: str, directory: Path) -> Iterator[Deployment]:
    """One registrar, so that a later request is answered after an earlier one; and one of the others.

    At the end the same processes consume, and have settled all that was sent; `deployed` reads their logs.
    """
    with deployed(broker, database_url, directory) as deployment:
        deployment.start_together({"registrar": 1, "status": 1, "ticker": 1})
        yield deployment
        with requester(deployment) as last:
            assert last.ask(registration(CLINICS[-1])).name == "ticket"
        assert [program.exit_code for program in deployment.programs] == [None] * 3, deployment.logs()
        assert [deployment.consumers(queue) for queue in QUEUES.values()] == [1] * 3
        # What a worker holds unsettled at its end would be in its queue again.
        assert [program.stop() for program in deployment.programs] == [0] * 3, deployment.logs()
        assert deployment.unsettled(DEAD_QUEUE) == []


def written(engine: Engine) -> tuple[int, int]:
    """How many tickets there are, and how many changes that requests have caused."""
    with engine.connect() as connection:
        given_out = connection.scalar(select(func.count()).select_from(tickets))
        caused = connection.scalar(
            select(func.count()).select_from(journal).where(journal.c.cause_digest.is_not(None))
        )
    return given_out or 0, caused or 0
