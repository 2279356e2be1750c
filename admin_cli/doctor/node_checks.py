"""Whether the setting of workers names all nodes of the broker, to whose clients they reply."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from admin_cli.broker.nodes import nodes_line
from admin_cli.doctor.findings import Finding, ok, warning
from common.translation import N_

_ADVICE = N_("Set for all workers, restart them, and set here: {line}")


def node_findings(nodes: Mapping[str, bool], named: Collection[str]) -> Iterator[Finding]:
    """Findings about `named`, the nodes that ANTREAN_BROKER_NODES names here; `nodes` are those of the
    broker, and whether each runs. A worker finds a single node out by itself."""
    missing = nodes.keys() - set(named) if len(nodes) > 1 else set()
    unknown = set(named) - nodes.keys()
    down = [name for name, running in nodes.items() if not running]
    line = nodes_line(nodes)
    if missing:
        yield warning(
            "broker.nodes",
            N_("ANTREAN_BROKER_NODES does not name {nodes}: clients connected there may get no replies."),
            _ADVICE,
            nodes=_listed(missing),
            line=line,
        )
    if unknown:
        yield warning(
            "broker.nodes",
            N_(
                "ANTREAN_BROKER_NODES names what is no node of the broker: {nodes}. A reply to such a node"
                " costs a worker its connection (RabbitMQ up to 4.0)."
            ),
            _ADVICE,
            nodes=_listed(unknown),
            line=line,
        )
    if down:
        yield warning(
            "broker.nodes",
            N_(
                "Not running: {nodes}. A reply to a client that was connected there costs a worker its"
                " connection (RabbitMQ up to 4.0)."
            ),
            N_(
                "Start it; where it does not come back, remove it: rabbitmqctl forget_cluster_node NODE, and"
                " take it out of ANTREAN_BROKER_NODES."
            ),
            nodes=_listed(down),
        )
    if missing or unknown or down:
        return
    if len(nodes) > 1:
        yield ok("broker.nodes", N_("Workers know all nodes of the broker: {count}."), count=len(nodes))
    else:
        yield ok("broker.nodes", N_("The broker is a single node, which workers find out."))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
