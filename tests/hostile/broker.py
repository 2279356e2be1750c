"""The broker of a run: a private node, with an integrator who is not to be trusted."""

import json
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from admin_cli.broker.integrator_rights import LIMITS, Rights
from admin_cli.broker.users import ACTIONS
from tests.chaos.broker import ChaosBroker
from tests.hostile.run import Node
from tests.hostile.stage import INTEGRATOR


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
        """Makes the user with the most rights that an integrator can be given; its address."""
        password = secrets.token_urlsafe(24)
        permission = Rights(replays=True).permission(INTEGRATOR)
        self._control("add_user", INTEGRATOR, password)
        self._control("set_permissions", INTEGRATOR, *(permission[action] for action in ACTIONS))
        self._control("set_user_limits", INTEGRATOR, json.dumps(LIMITS))
        where = urlsplit(self.urls["patient"]).netloc.rpartition("@")[2]
        return f"amqp://{INTEGRATOR}:{password}@{where}/"
