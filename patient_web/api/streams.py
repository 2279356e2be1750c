"""Streams of tickets, over server-sent events: of one by its code, or of several by a token, so that no code
stands in the address of a stream that a browser keeps open."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from common.clock import Clock
from common.messages.patients import TicketStatusRequest
from common.web.refusals import RETRY_SECONDS
from common.web.streams import stream
from patient_web.admission import Admission, Use, Visitor
from patient_web.api.endpoints import NEW_STREAM, STREAM_TOKEN_SECONDS, TICKET_EVENTS
from patient_web.api.problems import STREAM_NOT_FOUND, of_reply, own_problem, too_many
from patient_web.api.reading import read_request
from patient_web.devices import visitor_of
from patient_web.gateway import Gateway
from patient_web.ticket_streams.followed import StreamFollower
from patient_web.ticket_streams.hub import TicketStreams
from patient_web.tokens import Tokens

STREAM_SECONDS_MAX: Final = 3_600
"""After about so long a stream ends, and its client comes back: so processes share streams evenly again."""

OPENING_MAX: Final = 48
"""Streams that are opened at once; others wait. After a start all browsers come back in the same second, and
would give up if they were refused. Fewer than the places of one address."""

_SPREAD: Final = 0.1
_PURPOSE: Final = "stream"
_EVENT_STREAM: Final = "text/event-stream"


class Streams:
    """Opens streams, within the bounds of whoever asks."""

    def __init__(
        self, gateway: Gateway, admission: Admission, hub: TicketStreams, tokens: Tokens, clock: Clock
    ) -> None:
        self._gateway, self._admission, self._hub = gateway, admission, hub
        self._tokens, self._clock = tokens, clock
        self._opening = asyncio.Semaphore(OPENING_MAX)

    async def new(self, request: Request) -> Response:
        """A token for a stream of several tickets."""
        self._gateway.admit(visitor_of(request), NEW_STREAM.use)
        codes = _codes(await read_request(request, NEW_STREAM))
        until = self._clock.now().replace(microsecond=0) + timedelta(seconds=STREAM_TOKEN_SECONDS)
        token = self._tokens.seal(_PURPOSE, " ".join(codes).encode())
        body = {
            "token": token,
            "valid_until": until.isoformat(),
        }
        return Response(json.dumps(body), NEW_STREAM.status, media_type="application/json")

    async def of_ticket(self, request: Request) -> Response:
        """A stream of the ticket whose code stands in the path."""
        self._gateway.admit(visitor_of(request), Use.STREAM)
        asked = await read_request(request, TICKET_EVENTS)
        return await self._opened(request, _codes(asked))

    async def of_token(self, request: Request) -> Response:
        """A stream of the tickets in a token."""
        self._gateway.admit(visitor_of(request), Use.STREAM)
        codes = self._tokens.open(_PURPOSE, request.path_params["token"], STREAM_TOKEN_SECONDS)
        if codes is None:
            raise own_problem("stream_not_found", STREAM_NOT_FOUND)
        return await self._opened(request, codes.decode().split())

    async def _opened(self, request: Request, codes: list[str]) -> Response:
        visitor = visitor_of(request)
        if request.method == "HEAD":
            return Response(media_type=_EVENT_STREAM)
        if not self._admission.take_stream(visitor):
            raise too_many(RETRY_SECONDS)
        try:
            follower = await self._follower(visitor, codes)
        except BaseException:
            self._admission.release_stream(visitor)
            raise

        def close() -> None:
            self._hub.leave(follower)
            self._admission.release_stream(visitor)

        return stream(self._messages(follower), self._clock, close)

    async def _follower(self, visitor: Visitor, codes: list[str]) -> StreamFollower:
        """Whose first messages are the tickets as they stand."""
        async with self._opening:
            mark = self._hub.moment()
            answer = await self._gateway.ask(visitor, TicketStatusRequest(ticket_codes=codes))
        if answer.name == "problem":
            raise of_reply(answer.body)
        follower = StreamFollower()
        self._hub.follow(follower, answer.body["tickets"], answer.body["not_found"], mark)
        return follower

    def _messages(self, follower: StreamFollower) -> AsyncIterator[bytes]:
        spread = random.uniform(1 - _SPREAD, 1 + _SPREAD)  # noqa: S311 - keeps no secret
        return follower.messages(STREAM_SECONDS_MAX * spread)


def _codes(asked: Any) -> list[str]:
    assert isinstance(asked, TicketStatusRequest)
    return [*dict.fromkeys(asked.ticket_codes)]
