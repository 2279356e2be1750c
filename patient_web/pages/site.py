"""What all pages share: how they ask, in whose name, and what is said where no answer can be given."""

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from antrean_client.errors import MessagingError, NoQueue, NoReply, ProblemReply, RequestNotTaken
from common.clock import Clock
from common.domain.ticket_codes import format_ticket_code, parse_ticket_code
from common.translation import C_, N_, languages, translated
from common.web.languages import language_of
from common.web.pages import Pages
from common.web.refusals import FAULT, RETRY_SECONDS, sentence_of
from common.words.problem_sentences import problem_sentence
from common.words.problems import PATIENT_WORDS
from common.words.texts import Texts
from common.words.tickets import Ticket, goes_on_with
from patient_web.api.problems import STATUSES
from patient_web.gateway import TooManyRequests
from patient_web.pages.asking import Asking
from patient_web.pages.form_tokens import FormToken, keep_session, new_token, read_token
from patient_web.pages.remembered import Remembered, remembered_by
from patient_web.push.offer import Offer
from patient_web.tokens import Tokens

PAGE_WORDS: Final = replace(
    PATIENT_WORDS,
    by_code={
        **PATIENT_WORDS.by_code,
        "unknown_request": N_("The hospital's system does not know this request yet; ask the staff."),
        "request_id_reused": N_(
            "This form was sent before with other entries. Check what is written below, then send it again."
        ),
        "request_expired": N_(
            "This form was open for too long, and no number was taken. Check what is written below, then"
            " send it again."
        ),
    },
)
"""What a patient is told in a browser otherwise than on a terminal."""

_OWN_NAME: Final = C_("name of this language", "English")

NO_ANSWER: Final = N_("No answer came in time.")
TOO_OFTEN: Final = N_("That was asked too often; wait a moment, then try again.")
_UNAVAILABLE: Final = N_("The hospital's system cannot be reached now; try again in a minute.")
_STEPS_MAX: Final = 30
"""Tickets in which one can go on, one after the other."""

Handler = Callable[["Site", Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """`public_url` is where patients find these pages; None where that is the address that they asked for.
    `push` is None where telephones are not notified."""

    pages: Pages
    asking: Asking
    tokens: Tokens
    clock: Clock
    public_url: str | None
    push: Offer | None

    def route(self, path: str, handler: Handler, *methods: str) -> Route:
        """A page at an address: what it raises for want of an answer is told on a page, too."""

        async def answered(request: Request) -> Response:
            try:
                response = await handler(self, request)
            except (ProblemReply, MessagingError, TooManyRequests) as error:
                response = self.trouble(request, error)
            keep_session(request, response)
            return response

        return Route(path, answered, methods=[*(methods or ("GET",))])

    def page(self, request: Request, name: str, values: Mapping[str, Any], status: int = 200) -> Response:
        """The template `name` in the language of the request."""
        return self.pages.page(request, name, {"texts": texts_of(request), "focus": None, **values}, status)

    def trouble(self, request: Request, error: ProblemReply | MessagingError | TooManyRequests) -> Response:
        """The page that says what is wrong, where nothing else can be shown."""
        status, sentence = told(error, texts_of(request))
        response = self.page(request, "trouble.html", {"sentence": sentence}, status)
        response.headers.update(retrying(error, status))
        return response

    async def no_page(self, request: Request, error: Exception) -> Response:
        """The answer to what is no page of ours, or cannot be shown for a fault in it."""
        status = error.status_code if isinstance(error, HTTPException) else FAULT
        headers = error.headers if isinstance(error, HTTPException) else None
        sentence = texts_of(request)(sentence_of(status))
        response = self.page(request, "trouble.html", {"sentence": sentence}, status)
        response.headers.update(headers or {})
        return response

    def refusal(self, request: Request, status: int) -> Response:
        """The answer to what never comes to the pages, of which nothing is told back."""
        sentence = texts_of(request)(sentence_of(status))
        return self.page(request, "refusal.html", {"sentence": sentence}, status)

    def new_form(self, request: Request) -> FormToken:
        """The token of a form in the answer."""
        return new_token(request, self.tokens, self.clock.now())

    def sent_form(self, request: Request, form: Mapping[str, str]) -> FormToken | None:
        """The token of the form that was sent; None where it cannot be taken."""
        return read_token(request, self.tokens, form.get("form", ""))

    def remembered(self, request: Request) -> Remembered:
        """The tickets that the browser remembers."""
        return remembered_by(request, self.tokens, self.clock.now())

    def address(self, request: Request, path: str) -> str:
        """Where somebody else finds a page."""
        base = self.public_url or f"{request.url.scheme}://{request.url.netloc}"
        return f"{base.rstrip('/')}{path}"

    def now(self) -> datetime:
        """The present moment."""
        return self.clock.now()

    async def ticket(self, request: Request, code: str) -> Ticket | None:
        """The ticket with this code, as it was written; None where there is none."""
        found, _ = await self.asking.tickets(request, [code])
        return found[0] if found else None

    async def newest(self, request: Request, tickets: Sequence[Ticket]) -> dict[str, Ticket]:
        """The tickets in which the patients of these go on at last, by the codes of these."""
        chains = {each["ticket_code"]: [each] for each in tickets}
        for _ in range(_STEPS_MAX):
            wanted = {code: _next_of(chain) for code, chain in chains.items()}
            codes = list(dict.fromkeys(filter(None, wanted.values())))
            if not codes:
                break
            found, _missing = await self.asking.tickets(request, codes)
            by_code = {each["ticket_code"]: each for each in found}
            grown = [(chains[code], by_code.get(new)) for code, new in wanted.items() if new]
            if not any(new for _, new in grown):
                break
            for chain, new in grown:
                chain += [new] if new else []
        return {code: chain[-1] for code, chain in chains.items()}


def language_links(request: Request) -> list[tuple[str, str, str | None]]:
    """Of each language its code, its own name, and the address of this page in it (None: it is in it)."""
    shown, links = language_of(request), []
    for code in languages():
        # Of the same page, whatever its path looks like: one that begins with // would lead to another host.
        address = f"?{request.url.include_query_params(lang=code).query}"
        links.append((code, translated(_OWN_NAME, code), None if code == shown else address))
    return links


def texts_of(request: Request) -> Texts:
    """Sentences in the language of the request."""
    return Texts(language_of(request))


def code_of(text: str) -> str | None:
    """A ticket code in the form in which it is shown; None where the text is none."""
    try:
        return format_ticket_code(parse_ticket_code(text))
    except ValueError:
        return None


def told(error: ProblemReply | MessagingError | TooManyRequests, texts: Texts) -> tuple[int, str]:
    """The status and the sentence for want of an answer."""
    match error:
        case ProblemReply():
            return STATUSES.get(error.code, 409), problem_sentence(error.problem, texts, PAGE_WORDS)
        case TooManyRequests():
            return STATUSES["too_many_requests"], texts(TOO_OFTEN)
        case NoReply():
            return STATUSES["no_answer"], texts(NO_ANSWER)
        case RequestNotTaken() if not isinstance(error, NoQueue):
            return STATUSES["busy"], texts(PATIENT_WORDS.by_code["busy"])
    return STATUSES["unavailable"], texts(_UNAVAILABLE)


def retrying(error: Exception, status: int) -> dict[str, str]:
    """The header that says when to come again, where that helps."""
    if isinstance(error, TooManyRequests):
        return {"Retry-After": str(math.ceil(error.wait_seconds))}
    return {"Retry-After": str(RETRY_SECONDS)} if status == STATUSES["busy"] else {}


def _next_of(chain: Sequence[Ticket]) -> str | None:
    code = goes_on_with(chain[-1])
    return None if code is None or any(each["ticket_code"] == code for each in chain) else code
