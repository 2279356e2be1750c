"""How a worker runs, and what it emits by itself."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from common.messages.events import Event


class Emitter(Protocol):
    """Something that has events to publish from time to time."""

    def emit(self) -> Sequence[Event]:
        """The events that are due now; raises StoreUnavailable."""
        ...


@dataclass(frozen=True)
class WorkerOptions:
    """How a worker runs: `name` is what the broker's connection list shows; `amqp_url` says where the broker
    is, for each connection again; `quarantine` is the queue for deliveries that may be what kills workers,
    and is consumed as well; so are `other_queues`, each with its own batch size; `emit_seconds` is real time;
    `fast_path` is whether it may be used (see `fast_pika`); `health_file` is where the worker says how it is;
    `nodes` are a cluster's, as RabbitMQ names them."""

    name: str
    amqp_url: Callable[[], str]
    queue: str
    batch_size: int
    heartbeat_seconds: int
    quarantine: str | None = None
    other_queues: Mapping[str, int] = field(default_factory=dict)
    emit_seconds: float = 0.0
    fast_path: bool = True
    health_file: Path | None = None
    nodes: Collection[str] = ()
