"""The setting by which workers know the nodes of a cluster, to whose clients they reply."""

from collections.abc import Collection


def nodes_line(names: Collection[str]) -> str:
    """The line that names all nodes, for the environment of workers or a file `.env`."""
    return f"ANTREAN_BROKER_NODES={','.join(sorted(names))}"
