"""Taking a number: the form, what becomes of it, and sending it again where no answer came.

A form is sent as one request, however often it is sent. Where it was refused, the corrected form is another.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from antrean_client.errors import MessagingError, ProblemReply
from common.domain.newborns import BIRTH_ORDER_MAX
from common.translation import N_
from common.words.clinics import expected_wait_between, opening
from common.words.tickets import Ticket
from patient_web.gateway import TooManyRequests
from patient_web.pages.choosing import hospital_of
from patient_web.pages.form_tokens import FormToken
from patient_web.pages.forms import RegistrationForm, checked_registration, errors_of, read_form
from patient_web.pages.remembered import remember
from patient_web.pages.site import Site, retrying, texts_of, told
from patient_web.pages.ticket_view import held_ticket

NOT_YOURS: Final = N_(
    "This form cannot be taken any more. Check what is written below, then send it again; the browser must"
    " allow cookies."
)

SENT: Final = "taken"

_TO_CORRECT: Final = frozenset(
    {"invalid_request", "medical_record_mismatch", "ask_at_desk", "request_id_reused", "request_expired"}
)
"""After these problems the form is shown again."""

_TO_SEND_AGAIN: Final = frozenset({"busy", "temporarily_unavailable", "internal_error"})
"""After these the same request can be sent again, and may have been taken."""


_NAMES_OF_TICKET: Final = ("hospital", "clinic", "service_date", "number")


@dataclass(frozen=True, slots=True)
class Counter:
    """Where numbers are taken: in a browser of a patient's own, or at a kiosk. `layout` is the template that
    the pages fill, `address` is that of a page of a hospital, a clinic, and what is below it, and `landing`
    that of a new ticket. Forms are sent to SENT below their own address: a browser that goes back does not
    find a form again to whose address something was sent."""

    layout: str
    address: Callable[..., str]
    landing: Callable[[Site, Request, Ticket], str]
    remembers: bool


async def show_form(site: Site, request: Request, counter: Counter) -> Response:
    """The empty form."""
    response = await _form(site, request, counter, RegistrationForm(), site.new_form(request))
    if counter.remembers:
        # Who goes back to it finds the same form, which is the same request, and what was written.
        response.headers["Cache-Control"] = "private, no-cache"
    return response


async def take_number(site: Site, request: Request, counter: Counter) -> Response:
    """Registers as the form says, and leads to the ticket."""
    given, texts = await read_form(request), texts_of(request)
    form, token = checked_registration(given, texts), site.sent_form(request, given)
    if token is None:
        return await _form(site, request, counter, form, site.new_form(request), texts(NOT_YOURS), 403)
    if form.errors:
        return await _form(site, request, counter, form, token, None, 422)
    place = request.path_params
    try:
        body = form.body(place["hospital"], place["clinic"])
        ticket = await site.asking.register(request, body, token)
    except ProblemReply as error:
        return await _refused(site, request, counter, form, token, error)
    except (MessagingError, TooManyRequests) as error:
        return _send_again(site, request, counter, form, token, error)
    return _at_ticket(site, request, counter, ticket, form.wants_remembering)


def _at_ticket(
    site: Site, request: Request, counter: Counter, ticket: Ticket, wants_remembering: bool
) -> Response:
    response = RedirectResponse(counter.landing(site, request, ticket), 303)
    if counter.remembers and wants_remembering:
        remember(request, response, site.tokens, site.remembered(request).with_ticket(ticket))
    return response


async def _refused(
    site: Site,
    request: Request,
    counter: Counter,
    form: RegistrationForm,
    token: FormToken,
    error: ProblemReply,
) -> Response:
    texts = texts_of(request)
    if error.code in _TO_SEND_AGAIN:
        return _send_again(site, request, counter, form, token, error)
    status, sentence = told(error, texts)
    if error.code in _TO_CORRECT:
        corrected = RegistrationForm(form.values, errors_of(error.problem, texts), form.wants_remembering)
        return await _form(
            site,
            request,
            counter,
            corrected,
            site.new_form(request),
            None if corrected.errors else sentence,
            status,
        )
    held = error.problem.get("ticket")
    if held and (code := held.get("ticket_code") or await _remembered_code(site, request, held)):
        return _at_ticket(site, request, counter, {**held, "ticket_code": code}, form.wants_remembering)
    values = {
        "layout": counter.layout,
        "home": counter.address(request, request.path_params["hospital"]),
        "sentence": sentence,
        "held": held_ticket(held, texts) if held else [],
    }
    return site.page(request, "refused.html", values, status)


async def _remembered_code(site: Site, request: Request, held: Mapping[str, Any]) -> str | None:
    """The code of a ticket that is shown without it, where this browser remembers it."""
    codes = site.remembered(request).codes
    found, _ = await site.asking.tickets(request, codes) if codes else ([], [])
    same = (each for each in found if all(each[name] == held[name] for name in _NAMES_OF_TICKET))
    return next((each["ticket_code"] for each in same), None)


def _send_again(
    site: Site,
    request: Request,
    counter: Counter,
    form: RegistrationForm,
    token: FormToken,
    error: ProblemReply | MessagingError | TooManyRequests,
) -> Response:
    """The page that sends the very same request again."""
    status, sentence = told(error, texts_of(request))
    values = {
        "layout": counter.layout,
        "home": counter.address(request, request.path_params["hospital"]),
        "sentence": sentence,
        "action": _action(request, counter),
        "form": form,
        "token": token.text,
    }
    response = site.page(request, "no_answer.html", values, status)
    response.headers.update(retrying(error, status))
    return response


async def _form(
    site: Site,
    request: Request,
    counter: Counter,
    form: RegistrationForm,
    token: FormToken,
    sentence: str | None = None,
    status: int = 200,
) -> Response:
    texts, hospital = texts_of(request), await hospital_of(site, request)
    clinic = await _clinic_of(site, request, hospital["code"])
    values = {
        "layout": counter.layout,
        "home": counter.address(request, hospital["code"]),
        "remembers": counter.remembers,
        "hospital": hospital,
        "clinic": clinic,
        "wait": expected_wait_between(clinic, texts),
        "opening": opening(clinic, texts),
        "action": _action(request, counter),
        "form": form,
        "token": token.text,
        "sentence": sentence,
        "orders": range(1, BIRTH_ORDER_MAX + 1),
        "focus": form.first_wrong,
    }
    return site.page(request, "register.html", values, status)


def _action(request: Request, counter: Counter) -> str:
    place = request.path_params
    return counter.address(request, place["hospital"], place["clinic"], SENT)


async def back_to_form(_site: Site, request: Request, counter: Counter) -> Response:
    """For who opens the address to which a form is sent, as by reloading it in another language."""
    place = request.path_params
    return RedirectResponse(counter.address(request, place["hospital"], place["clinic"]), 303)


async def _clinic_of(site: Site, request: Request, hospital: str) -> dict[str, Any]:
    for each in await site.asking.clinics(request, hospital):
        if each["code"] == request.path_params["clinic"]:
            return each
    raise ProblemReply({"code": "clinic_not_found"})
