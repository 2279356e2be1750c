"""pika's `BlockingConnection` with readable headers, for operators who look at dead letters.

| private name of pika's | used for | tested with |
| --- | --- | --- |
| `BlockingConnection(_impl_class=)` | readable headers in a `BlockingConnection` | pika 1.4.4 |
| `SelectConnection._start_connection_workflow` | the same | pika 1.4.4 |

They are not for speed; where pika has them no more, its own `BlockingConnection` is used, which drops the
connection at a message whose headers it cannot decode.
"""

from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any

import pika
from pika.adapters.select_connection import IOLoop

from antrean_client.byte_stream import Stream


class _ReadableConnection(pika.SelectConnection):
    """A connection over a `Stream`, for pika's `BlockingConnection` to run."""

    @classmethod
    def create_connection(
        cls,
        connection_configs: Sequence[pika.connection.Parameters],
        on_done: Callable[[Any], None],
        custom_ioloop: IOLoop | None = None,
        workflow: Any = None,
    ) -> Any:
        """As pika's."""
        stream = Stream(custom_ioloop or IOLoop())
        return cls._start_connection_workflow(
            connection_configs=connection_configs,
            connection_factory=lambda parameters: cls(
                parameters, custom_ioloop=stream, internal_connection_workflow=False
            ),
            nbio=stream,
            workflow=workflow,
            on_done=on_done,
        )


def open_blocking(parameters: pika.connection.Parameters) -> pika.BlockingConnection:
    """pika's `BlockingConnection`, to which every message is readable; raises what that raises."""
    if not hasattr(pika.SelectConnection, "_start_connection_workflow"):
        return pika.BlockingConnection(parameters)
    if "_impl_class" not in signature(pika.BlockingConnection).parameters:
        return pika.BlockingConnection(parameters)
    return pika.BlockingConnection(parameters, _impl_class=_ReadableConnection)  # type: ignore[arg-type] # a class, says pika
