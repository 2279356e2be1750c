"""The broker of a run: a private node, with an integrator who is not to be trusted."""

import json
import re
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from common.messaging.topology import INTEGRATORS_PREFIX
from tests.chaos.broker import ChaosBroker
from tests.hostile.run import Node
from tests.hostile.stage import INTEGRATOR

_LIMITS = {"max-connections": 20, "max-channels": 40}


class HostileBroker(ChaosBroker):
    """A node in `directory`, started by the script `server`."""

    def __init__(self, directory: Path, server: Path) -> None:
        super().__init__(directory, server, lambda: None)

    def node(self) -> Node:
        """Where its memory and its files are to be found, while it runs."""
        pid = self._children[-1].pid
        assert pid is not None
        return Node(pid, self._directory)

    def add_integrator(self) -> str:
        """Makes the user as docs/operations.md says; its address."""
        password = secrets.token_urlsafe(24)
        own = "^" + re.escape(INTEGRATORS_PREFIX + INTEGRATOR) + r"(\.[0-9])?$"
        read = rf"^(antrean\.events|antrean\.journal|{own[1:-1]})$"
        self._control("add_user", INTEGRATOR, password)
        self._control("set_permissions", INTEGRATOR, own, own, read)
        self._control("set_user_limits", INTEGRATOR, json.dumps(_LIMITS))
        where = urlsplit(self.urls["patient"]).netloc.rpartition("@")[2]
        return f"amqp://{INTEGRATOR}:{password}@{where}/"
