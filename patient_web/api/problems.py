"""What is refused, as RFC 9457 has it: the problems of the protocol, and those that it has no code for.

In English a problem of the protocol stands as the worker wrote it; in another language its sentences are
those of the programs of people, by its code.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from starlette.responses import Response

from common.errors import MessagingError, NoQueue, NoReply, RequestNotTaken
from common.messages.limits import BODY_BYTES_MAX
from common.messages.message import encode_reply
from common.messages.problems import Problem, ProblemCode, problem
from common.translation import N_, SOURCE_LANGUAGE, translated
from common.web import refusals
from common.web.refusals import RETRY_SECONDS
from common.words.problem_sentences import field_rule, problem_sentence
from common.words.problems import PATIENT_WORDS
from common.words.texts import Texts

CONTENT_TYPE: Final = "application/problem+json"

STATUSES: Final[Mapping[str, int]] = {
    ProblemCode.INVALID_REQUEST: 422,
    ProblemCode.UNKNOWN_REQUEST: 404,
    ProblemCode.MESSAGE_TOO_LARGE: 413,
    ProblemCode.HOSPITAL_NOT_FOUND: 404,
    ProblemCode.CLINIC_NOT_FOUND: 404,
    ProblemCode.CLINIC_CLOSED: 409,
    ProblemCode.QUOTA_REACHED: 409,
    ProblemCode.ALREADY_REGISTERED: 409,
    ProblemCode.MEDICAL_RECORD_MISMATCH: 409,
    ProblemCode.ASK_AT_DESK: 409,
    ProblemCode.REQUEST_ID_REUSED: 409,
    ProblemCode.REQUEST_EXPIRED: 409,
    ProblemCode.TICKET_NOT_FOUND: 404,
    ProblemCode.NOT_CANCELLABLE: 409,
    ProblemCode.NOT_PERMITTED: 403,
    ProblemCode.NOT_PERMITTED_NOW: 409,
    ProblemCode.PATIENT_ELSEWHERE: 409,
    ProblemCode.BUSY: 503,
    ProblemCode.TEMPORARILY_UNAVAILABLE: 503,
    ProblemCode.INTERNAL_ERROR: 500,
    "not_found": 404,
    "method_not_allowed": 405,
    "request_timeout": 408,
    "uri_too_long": 414,
    "unsupported_media_type": 415,
    "too_many_requests": 429,
    "headers_too_large": 431,
    "stream_not_found": 404,
    "unavailable": 503,
    "no_answer": 504,
}
"""Of the protocol's problems, and of those that only this interface has."""

OWN_CODES: Final = tuple(code for code in STATUSES if code not in frozenset(ProblemCode))

NO_SUCH_PATH: Final = N_("There is nothing at this address; see docs/api.md for those that there are.")
METHOD_NOT_ALLOWED: Final = N_("This address takes other methods; the header Allow names them.")
SLOW_REQUEST: Final = N_("The request took too long to come; send it again.")
LONG_ADDRESS: Final = N_("The query of the address is too long; docs/api.md says what it may hold.")
LARGE_HEADERS: Final = N_("The request has too many headers, or too long ones; send fewer.")
BAD_HOST: Final = N_("Send the header Host once, with the name of the server.")
JSON_ONLY: Final = N_("Send the body as application/json.")
TOO_MANY: Final = N_("That was asked too often; wait a moment, then try again.")
STREAM_NOT_FOUND: Final = N_("This stream cannot be opened any more; ask for a new token.")
UNAVAILABLE: Final = N_("The queue system cannot be reached; try again in a minute.")
BUSY: Final = N_("The system is very busy; try again in a minute.")
NO_ANSWER: Final = N_("No answer came in time; send the request again with the same Idempotency-Key.")
KEY_NEEDED: Final = N_("Send the header Idempotency-Key once, with a UUID that is new for each request.")
INTERNAL_ERROR: Final = N_("Something went wrong here; try again, or ask the staff.")
BAD_MOMENT: Final = N_("Send in Antrean-Requested-At whole seconds since 1970-01-01 00:00 UTC.")
MOMENT_AHEAD: Final = N_(
    "Antrean-Requested-At lies ahead; set this computer's clock, or leave the header out."
)
NO_BODY: Final = N_("Send no body here, or an empty JSON object.")

NO_OTHERS: Final = N_("Send the members that docs/api.md names for this address, each once, and no others.")

_UNAVAILABLE: Final = 503

API_WORDS: Final = replace(
    PATIENT_WORDS,
    by_code={
        **PATIENT_WORDS.by_code,
        ProblemCode.UNKNOWN_REQUEST: N_("The hospital does not know this request."),
        ProblemCode.REQUEST_ID_REUSED: N_(
            "That Idempotency-Key belongs to a request with other contents; use a new UUID for each request."
        ),
    },
)
"""What somebody who writes programs is told otherwise than a patient."""


class Refused(Exception):
    """What was asked is answered by a problem. `sentence` is the marked one in its `detail`, where it is made
    here."""

    def __init__(
        self,
        status: int,
        problem: Mapping[str, Any],
        *,
        sentence: str | None = None,
        retry_after_seconds: float = 0,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(str(problem["code"]))
        self.status, self.problem, self._sentence = status, problem, sentence
        self._headers = {**(headers or {})}
        if retry_after_seconds:
            self._headers["Retry-After"] = str(math.ceil(retry_after_seconds))

    def response(self, language: str) -> Response:
        """The answer, with its sentences in a language."""
        body = json.dumps(self._in(language), ensure_ascii=False)
        return Response(body, self.status, self._headers, media_type=CONTENT_TYPE)

    def _in(self, language: str) -> Mapping[str, Any]:
        if language == SOURCE_LANGUAGE:
            return self.problem
        if self._sentence is not None:
            return {**self.problem, "detail": translated(self._sentence, language)}
        texts, record_numbers = Texts(language), self.problem.get("record_number_format")
        errors = [_error_in(texts, each, record_numbers) for each in self.problem.get("errors") or []]
        return {**self.problem, "detail": problem_sentence(self.problem, texts, API_WORDS), "errors": errors}


def own_problem(
    code: str,
    sentence: str,
    *,
    status: int | None = None,
    retry_after_seconds: float = 0,
    headers: Mapping[str, str] | None = None,
) -> Refused:
    """A refusal that is made here, told by a marked sentence."""
    problem = {
        "type": "about:blank",
        "title": code.replace("_", " ").capitalize(),
        "detail": sentence,
        "code": code,
        "errors": [],
    }
    return Refused(
        status or STATUSES[code],
        problem,
        sentence=sentence,
        retry_after_seconds=retry_after_seconds,
        headers=headers,
    )


def of_reply(reply: Problem | Mapping[str, Any]) -> Refused:
    """A problem of the protocol."""
    body = json.loads(encode_reply(reply)) if isinstance(reply, Problem) else reply
    status = STATUSES.get(str(body.get("code")), 409)
    return Refused(status, body, retry_after_seconds=RETRY_SECONDS if status == _UNAVAILABLE else 0)


def of_messaging(error: MessagingError) -> Refused:
    """What the broker's failure is to somebody who knows of no broker."""
    match error:
        case NoReply():
            return own_problem("no_answer", NO_ANSWER)
        case RequestNotTaken() if not isinstance(error, NoQueue):
            return own_problem("busy", BUSY, retry_after_seconds=RETRY_SECONDS)
        case _:
            return own_problem("unavailable", UNAVAILABLE, retry_after_seconds=RETRY_SECONDS)


def too_many(wait_seconds: float) -> Refused:
    """The same answer past every bound."""
    return own_problem("too_many_requests", TOO_MANY, retry_after_seconds=wait_seconds)


def of_status(status: int) -> Refused:
    """What comes to no address of the interface, by one of the statuses in common/web/refusals.py."""
    match status:
        case refusals.MALFORMED:
            return own_problem("invalid_request", BAD_HOST, status=status)
        case refusals.TOO_SLOW:
            return own_problem("request_timeout", SLOW_REQUEST)
        case refusals.TOO_LONG:
            detail = f"Send at most {BODY_BYTES_MAX} bytes."
            return of_reply(problem(ProblemCode.MESSAGE_TOO_LARGE, detail))
        case refusals.ADDRESS_TOO_LONG:
            return own_problem("uri_too_long", LONG_ADDRESS)
        case refusals.HEAD_TOO_LONG:
            return own_problem("headers_too_large", LARGE_HEADERS)
        case refusals.CROWDED:
            return own_problem("busy", BUSY, retry_after_seconds=RETRY_SECONDS)
        case refusals.FAULT:
            return own_problem("internal_error", INTERNAL_ERROR)
        case _:
            return own_problem("not_found", NO_SUCH_PATH)


def _error_in(
    texts: Texts, error: Mapping[str, str], record_numbers: Mapping[str, Any] | None
) -> Mapping[str, str]:
    field = error["field"].partition(".")[0]
    if field not in API_WORDS.rules:
        return error
    return {**error, "message": field_rule(field, record_numbers, texts)}
