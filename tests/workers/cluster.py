"""A second node that joins a first one to a cluster."""

from pathlib import Path

from local_stack.endpoint import free_ports
from local_stack.private_node import PrivateNode

FIRST, SECOND = "antrean@localhost", "antrean-2@localhost"


class SecondNode(PrivateNode):
    """A node with the users of `first`, in whose cluster it is from its first start on."""

    def __init__(self, directory: Path, server: Path, first: PrivateNode) -> None:
        self._first = first
        super().__init__(directory, server)
        self._children = [
            each for each in self._children if each.name != "epmd"
        ]  # that of the first knows both
        (directory / "conf.d" / "cluster.conf").write_text(
            "cluster_formation.peer_discovery_backend = classic_config\n"
            f"cluster_formation.classic_config.nodes.1 = {FIRST}\n"
            f"cluster_formation.classic_config.nodes.2 = {SECOND}\n"
        )

    def _identity(self) -> tuple[dict[str, str], str, dict[str, int]]:
        first = self._first
        own = free_ports({"amqp": 0, "distribution": 0, "management": 0})
        return {**first._passwords, **first.staff}, first._cookie, own | {"epmd": first._ports["epmd"]}

    def _environment(self) -> dict[str, str]:
        return super()._environment() | {"RABBITMQ_NODENAME": SECOND}
