"""What pages ask the workers for, within the bounds of each visitor.

Lists that are the same for all are asked for once in a while, however many look at them.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request

from antrean_client.errors import ProblemReply
from common.messages.limits import SHORT_LIST_MAX
from common.messages.message import Request as ProtocolRequest
from common.messages.message import encode_reply
from common.messages.patients import Cancel, ListClinics, ListHospitals, Register, TicketStatusRequest
from common.messages.request_parsing import RequestRefused, parse_request
from common.words.tickets import Ticket
from patient_web.admission import Use, Visitor
from patient_web.devices import visitor_of
from patient_web.gateway import Gateway
from patient_web.pages.form_tokens import FormToken

_HOSPITALS_SECONDS: Final = 30.0
_CLINICS_SECONDS: Final = 2.0
_LISTS_MAX: Final = 500

_EVERYBODY: Final = Visitor("", None)
"""For whom lists are asked for, so that it is no matter who comes first."""

Body = dict[str, Any]


class Asking:
    """Asks the workers; its methods raise ProblemReply, MessagingError and TooManyRequests."""

    def __init__(self, gateway: Gateway, shown: Callable[[str], Ticket | None]) -> None:
        """`shown` is the ticket with a code as somebody who follows it was told last."""
        self._gateway, self._shown = gateway, shown
        self._lists: dict[str, tuple[float, asyncio.Task[list[Body]]]] = {}

    def admit(self, request: Request, use: Use) -> None:
        """Before what is no request of its own."""
        self._gateway.admit(visitor_of(request), use)

    async def hospitals(self, request: Request) -> list[Body]:
        """All hospitals, as they were within the last half minute."""
        self._gateway.admit(visitor_of(request), Use.LOOK_UP)
        return await self._hospitals()

    async def hospital(self, code: str) -> Body:
        """The hospital with this code."""
        for each in await self._hospitals():
            if each["code"] == code:
                return each
        raise ProblemReply({"code": "hospital_not_found"})

    async def clinics(self, request: Request, hospital: str) -> list[Body]:
        """The clinics of a hospital, as they were within the last two seconds."""
        self._gateway.admit(visitor_of(request), Use.LOOK_UP)
        return await self._list(
            hospital,
            _CLINICS_SECONDS,
            lambda: self._all(ListClinics, {"hospital": hospital}, "clinics"),
        )

    async def tickets(self, request: Request, codes: Sequence[str]) -> tuple[list[Ticket], list[str]]:
        """The tickets with these codes, SHORT_LIST_MAX at most, and the codes of none."""
        codes = [*codes][:SHORT_LIST_MAX]
        self._gateway.admit(visitor_of(request), Use.LOOK_UP)
        try:
            reply = await self._ask(visitor_of(request), TicketStatusRequest, {"ticket_codes": codes})
        except ProblemReply as error:
            if error.code != "ticket_not_found":
                raise
            return [], codes
        return reply["tickets"], reply["not_found"]

    async def ticket_followed(self, request: Request, code: str) -> Ticket | None:
        """The ticket with this code, which is looked up only where nobody follows it, or the device was not
        told it before; None where there is none."""
        visitor = visitor_of(request)
        is_guess = bool(visitor.known.unknown([code]))
        if not is_guess and (ticket := self._shown(code)) is not None:
            self._gateway.admit(visitor, Use.LOOK_UP)
            return ticket
        found, _ = await self.tickets(request, [code])
        return found[0] if found else None

    async def register(self, request: Request, body: Body, token: FormToken) -> Ticket:
        """The ticket of a form that was sent; of one that was sent before, the same."""
        return await self._change(request, Register, body, token)

    async def cancel(self, request: Request, code: str, token: FormToken) -> Ticket:
        """The ticket that was given up."""
        return await self._change(request, Cancel, {"ticket_code": code}, token)

    async def _change(
        self, request: Request, kind: type[ProtocolRequest], body: Body, token: FormToken
    ) -> Ticket:
        self._gateway.admit(visitor_of(request), Use.CHANGE)
        return await self._ask(
            visitor_of(request), kind, body, request_id=token.request_id, made_at=token.made_at
        )

    async def _hospitals(self) -> list[Body]:
        return await self._list("", _HOSPITALS_SECONDS, lambda: self._all(ListHospitals, {}, "hospitals"))

    async def _list(self, key: str, seconds: float, ask: Callable[[], Awaitable[list[Body]]]) -> list[Body]:
        """What `ask` gives, which is asked once for all who come within so many seconds."""
        asked_at, task = self._lists.get(key, (0.0, None))
        is_failed = task is not None and task.done() and (task.cancelled() or task.exception() is not None)
        if task is None or is_failed or time.monotonic() - asked_at > seconds:
            if len(self._lists) >= _LISTS_MAX:
                self._lists.clear()
            task = asyncio.ensure_future(ask())
            self._lists[key] = (time.monotonic(), task)
        return await asyncio.shield(task)

    async def _all(self, kind: type[ProtocolRequest], body: Body, member: str) -> list[Body]:
        reply = await self._ask(_EVERYBODY, kind, body)
        found: list[Body] = reply[member]
        while reply["more"]:
            reply = await self._ask(_EVERYBODY, kind, {**body, "after": found[-1]["code"]})
            found = [*found, *reply[member]]
        return found

    async def _ask(
        self,
        visitor: Visitor,
        kind: type[ProtocolRequest],
        body: Body,
        *,
        request_id: str | None = None,
        made_at: datetime | None = None,
    ) -> Body:
        try:
            asked = parse_request({kind.name: kind}, kind.name, None, json.dumps(body).encode())
        except RequestRefused as error:
            raise ProblemReply(json.loads(encode_reply(error.problem))) from error
        answer = await self._gateway.ask(visitor, asked, request_id=request_id, made_at=made_at)
        if answer.name == "problem":
            raise ProblemReply(answer.body)
        return answer.body
