"""Asks the workers for visitors: pages and the interface for programs alike, within the same bounds."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Protocol

from antrean_client.requests import Answer
from common.domain.ticket_codes import parse_ticket_code
from common.errors import RequestNotTaken
from common.messages.message import Request
from common.messages.patients import Cancel, Register, TicketStatusRequest
from common.messages.problems import ProblemCode
from patient_web.admission import Admission, Use, Visitor
from patient_web.places import Places

_NO_TICKET: Final = ProblemCode.TICKET_NOT_FOUND
_CHANGES: Final = frozenset({Register.name, Cancel.name})


class Requester(Protocol):
    """Sends requests to the workers, many at once; raises MessagingError where there is no answer."""

    async def call(
        self,
        name: str,
        body: dict[str, Any],
        *,
        request_id: str | None = None,
        made_at: datetime | None = None,
    ) -> Answer:
        """The answer; `request_id` is a UUID, `made_at` when it was first made, where not now."""


class TooManyRequests(Exception):
    """A visitor is past a bound."""

    def __init__(self, wait_seconds: float) -> None:
        super().__init__("Asked too often.")
        self.wait_seconds = wait_seconds


class Gateway:
    """The one way from the web to the broker."""

    def __init__(self, requester: Requester, admission: Admission) -> None:
        self._requester, self._admission = requester, admission
        self._places = Places()

    def admit(self, visitor: Visitor, use: Use) -> None:
        """Before anything is asked of the workers; raises TooManyRequests."""
        if wait := self._admission.admit(visitor, use):
            raise TooManyRequests(wait)

    async def ask(
        self,
        visitor: Visitor,
        request: Request,
        *,
        request_id: str | None = None,
        made_at: datetime | None = None,
    ) -> Answer:
        """The answer to a request that was admitted; raises TooManyRequests where ticket codes of it are not,
        and MessagingError."""
        body = request.model_dump(mode="json", by_alias=True)
        codes = codes_in(body)
        guesses = visitor.known.unknown(codes)
        if codes and (wait := self._admission.admit_codes(visitor, codes, len(guesses))):
            raise TooManyRequests(wait)
        wrong = 0
        try:
            with self._places.one(visitor.address, is_change=request.name in _CHANGES):
                answer = await self._requester.call(
                    request.name, body, request_id=request_id, made_at=made_at
                )
            wrong = _wrong_codes(answer, guesses)
        finally:
            self._admission.codes_checked(visitor, len(guesses), wrong=wrong)
        visitor.known.learn(answer)
        return answer

    async def look_up(self, codes: Sequence[str]) -> tuple[list[dict[str, Any]], list[str]]:
        """The tickets with these codes, which were looked up before, and the codes of none. Raises
        MessagingError where the workers cannot answer now."""
        body = TicketStatusRequest(ticket_codes=[*codes]).model_dump(mode="json")
        with self._places.one(None, is_change=False):
            answer = await self._requester.call(TicketStatusRequest.name, body)
        if answer.name != "problem":
            return answer.body["tickets"], answer.body["not_found"]
        if answer.body.get("code") == _NO_TICKET:
            return [], [*codes]
        raise RequestNotTaken(str(answer.body.get("detail")))


def codes_in(body: dict[str, Any]) -> list[str]:
    """The ticket codes in the body of a request."""
    codes = body.get("ticket_codes") or [body.get("ticket_code")]
    return [code for code in codes if code]


def _wrong_codes(answer: Answer, guesses: Sequence[str]) -> int:
    if answer.name == "problem":
        return len(guesses) if answer.body.get("code") == _NO_TICKET else 0
    not_found = {parse_ticket_code(code) for code in answer.body.get("not_found", ())}
    return len(not_found.intersection(map(parse_ticket_code, guesses)))
