"""Requests to the workers from a process that serves many people: one client of the broker for all."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import structlog

from antrean_client.async_rpc import AsyncRpcClient
from antrean_client.protocol import PATIENT_EXCHANGE
from antrean_client.requests import Answer
from common.clock import Clock

IN_FLIGHT_MAX: Final = 384
"""Who comes beyond is told at once that the system is busy: those who wait are as many as workers answer
within a second or two."""

_log = structlog.get_logger()


class Requester:
    """Sends requests in the name of the process's own user, which is no flood; one connection."""

    def __init__(
        self, amqp_url: Callable[[], str], clock: Clock, *, name: str, timeout_seconds: float
    ) -> None:
        self._timeout_seconds = timeout_seconds
        self._client = AsyncRpcClient(
            amqp_url,
            PATIENT_EXCHANGE,
            user_id=True,
            in_flight_max=IN_FLIGHT_MAX,
            name=name,
            clock=clock,
            on_lost=lambda error: _log.warning("connection lost", reason=str(error)),
        )

    @property
    def is_connected(self) -> bool:
        """Whether a request would be sent at once."""
        return self._client.is_connected

    def start(self) -> None:
        """Begins to connect; to be called in the loop."""
        self._client.start()

    async def close(self) -> None:
        """Ends the connection."""
        await self._client.close()

    async def call(
        self,
        name: str,
        body: dict[str, Any],
        *,
        request_id: str | None = None,
        made_at: datetime | None = None,
    ) -> Answer:
        """The answer; raises as `AsyncRpcClient.call` does, at once where too many wait."""
        return await self._client.call(
            name,
            body,
            timeout_seconds=self._timeout_seconds,
            request_id=request_id,
            made_at=made_at,
        )
