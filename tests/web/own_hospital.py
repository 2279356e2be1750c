"""A hospital at work with a broker and a database of its own, for what is measured or tried by itself."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from admin_cli.database.schema import migrate
from tests.broker import running_broker
from tests.database import opened
from tests.deployment import Deployment, deployed


@contextmanager
def own_hospital() -> Iterator[Deployment]:
    """A deployment with workers of each kind, for as long as the block runs."""
    with running_broker() as broker, tempfile.TemporaryDirectory(prefix="antrean-web-") as name:
        url = f"sqlite:///{name}/antrean.sqlite"
        with opened(url) as engine:
            migrate(engine)
        with deployed(broker, url, Path(name)) as deployment:
            deployment.start_together({"registrar": 1, "ticker": 1, "status": 2}, ANTREAN_LOG_LEVEL="info")
            yield deployment
