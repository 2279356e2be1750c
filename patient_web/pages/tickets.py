"""The page of a ticket, its cancelling, and the tickets that a browser remembers."""

import re
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from antrean_client.errors import MessagingError, ProblemReply
from common.translation import N_
from common.words.texts import Texts
from common.words.tickets import Ticket
from patient_web.gateway import TooManyRequests
from patient_web.pages.forms import read_form
from patient_web.pages.qr_codes import qr_code
from patient_web.pages.remembered import NOTHING, Remembered, remember
from patient_web.pages.site import Site, code_of, texts_of, told
from patient_web.pages.ticket_view import ticket_view

MAY_BE_KEPT: Final = "Antrean-Keep"
"""The header of answers that the browser may show while it is offline, for as many seconds as it says: of
tickets that it remembers."""

_NUMBER: Final = re.compile(r"[A-Z0-9]{2,10}-\d{3,10}", re.ASCII)
_NO_SUCH_TICKET: Final = N_("There is no ticket with that code; check it.")
_BAD_CODE: Final = N_("A ticket code has twelve letters and digits, such as 7K3F-9QXM-2T5R.")


async def ticket_page(site: Site, request: Request) -> Response:
    """A ticket; where the patient goes on with another one, that."""
    written = request.path_params["code"]
    code = code_of(written)
    ticket = await site.ticket(request, code) if code else None
    if ticket is None or code is None:
        return _code_form(site, request, written, _NO_SUCH_TICKET, 404)
    new = (await site.newest(request, [ticket]))[code]
    if new is not ticket:
        moved = f"/t/{new['ticket_code']}?from={ticket['display_number']}"
        return _remembering_too(site, request, ticket, new, RedirectResponse(moved, 303))
    if written != code:
        return RedirectResponse(f"/t/{code}", 303)
    before = request.query_params.get("from", "")
    address = site.address(request, f"/t/{code}")
    values = {
        "before": before if _NUMBER.fullmatch(before) else None,
        "qr": qr_code(address),
        "address": address,
        "token": site.new_form(request).text,
        "push_key": None if site.push is None else site.push.public_key,
        **_shown(site, request, ticket),
    }
    return _kept_if_remembered(site, request, code, site.page(request, "ticket.html", values))


async def ticket_part(site: Site, request: Request) -> Response:
    """What changes on the page of a ticket, alone; `?card` as it stands in a list."""
    code = code_of(request.path_params["code"])
    ticket = await site.asking.ticket_followed(request, code) if code else None
    if ticket is None or code is None:
        return Response(status_code=404)
    template = "card.html" if "card" in request.query_params else "part.html"
    response = site.page(request, template, _shown(site, request, ticket))
    return _kept_if_remembered(site, request, code, response)


async def ask_to_cancel(site: Site, request: Request) -> Response:
    """Whether the patient really wants to give the ticket up."""
    code = code_of(request.path_params["code"])
    ticket = await site.ticket(request, code) if code else None
    if ticket is None:
        return _code_form(site, request, request.path_params["code"], _NO_SUCH_TICKET, 404)
    values = {"token": site.new_form(request).text, "sentence": None, **_shown(site, request, ticket)}
    return site.page(request, "cancel.html", values)


async def cancel(site: Site, request: Request) -> Response:
    """Gives the ticket up."""
    given, texts = await read_form(request), texts_of(request)
    code, token = code_of(request.path_params["code"]), site.sent_form(request, given)
    if code is None:
        return _code_form(site, request, request.path_params["code"], _NO_SUCH_TICKET, 404)
    if token is None:
        return RedirectResponse(f"/t/{code}/cancel", 303)
    try:
        await site.asking.cancel(request, code, token)
    except ProblemReply as error:
        status, sentence = told(error, texts)
    except (MessagingError, TooManyRequests) as error:
        status, sentence = told(error, texts)
        values = {"sentence": sentence, "code": code, "token": token.text}
        return site.page(request, "cancel_again.html", values, status)
    else:
        return RedirectResponse(f"/t/{code}", 303)
    return site.page(request, "trouble.html", {"sentence": sentence, "back": f"/t/{code}"}, status)


async def remember_ticket(site: Site, request: Request) -> Response:
    """Has the browser remember the ticket, or forget it (`keep` is not `yes`)."""
    given = await read_form(request)
    code, token = code_of(request.path_params["code"]), site.sent_form(request, given)
    ticket = await site.ticket(request, code) if code and token else None
    response = RedirectResponse(f"/t/{code}" if code else "/code", 303)
    if ticket is not None:
        known, keeps = site.remembered(request), given.get("keep") == "yes"
        changed = known.with_ticket(ticket) if keeps else known.without([ticket["ticket_code"]])
        remember(request, response, site.tokens, changed)
    return response


async def remembered_tickets(site: Site, request: Request) -> Response:
    """All tickets that the browser remembers, side by side, each with what it has become."""
    known = site.remembered(request)
    found, missing = await site.asking.tickets(request, known.codes) if known.codes else ([], [])
    newest = await site.newest(request, found)
    shown = list({new["ticket_code"]: new for new in newest.values()}.values())
    texts, now = texts_of(request), site.now()
    views = [ticket_view(each, texts, now) for each in reversed(shown)]
    gone = texts.plural(
        "1 ticket is not known any more.", "{count} tickets are not known any more.", len(missing)
    )
    values = {"views": views, "gone": gone if missing else None, "token": site.new_form(request).text}
    response = site.page(request, "tickets.html", values)
    kept = known.without(missing)
    for old, new in newest.items():
        kept = kept if new["ticket_code"] == old else kept.without([old]).with_ticket(new)
    if kept != known:
        remember(request, response, site.tokens, kept)
    return _kept_offline(site, response, kept)


async def forget_tickets(site: Site, request: Request) -> Response:
    """Has the browser forget all tickets; what it keeps for when it is offline goes, too."""
    given = await read_form(request)
    response = RedirectResponse("/tickets", 303)
    if site.sent_form(request, given) is not None:
        remember(request, response, site.tokens, NOTHING)
    return response


async def ask_for_code(site: Site, request: Request) -> Response:
    """Where a ticket code is typed."""
    return _code_form(site, request, "", None, 200)


async def find_ticket(site: Site, request: Request) -> Response:
    """Leads to the ticket whose code was typed."""
    given = await read_form(request)
    written = given.get("code", "").strip()
    code = code_of(written)
    if code is None:
        return _code_form(site, request, written, _BAD_CODE, 422)
    if await site.ticket(request, code) is None:
        return _code_form(site, request, written, _NO_SUCH_TICKET, 404)
    return RedirectResponse(f"/t/{code}", 303)


def _shown(site: Site, request: Request, ticket: Ticket) -> dict[str, Any]:
    code = ticket["ticket_code"]
    view = ticket_view(ticket, texts_of(request), site.now())
    return {"view": view, "is_remembered": code in site.remembered(request)}


def _gone(count: int, texts: Texts) -> str | None:
    one, many = "1 ticket is not known any more.", "{count} tickets are not known any more."
    return texts.plural(one, many, count) if count else None


def _code_form(site: Site, request: Request, written: str, sentence: str | None, status: int) -> Response:
    values = {
        "written": written[:40],
        "sentence": texts_of(request)(sentence) if sentence else None,
        "focus": "code",
    }
    return site.page(request, "code.html", values, status)


def _kept_if_remembered(site: Site, request: Request, code: str, response: Response) -> Response:
    known = site.remembered(request)
    return _kept_offline(site, response, known.only(code)) if code in known else response


def _kept_offline(site: Site, response: Response, tickets: Remembered) -> Response:
    if tickets.until is not None:
        response.headers[MAY_BE_KEPT] = f"{(tickets.until - site.now()).total_seconds():.0f}"
    return response


def _remembering_too(site: Site, request: Request, old: Ticket, new: Ticket, response: Response) -> Response:
    """Who remembers a ticket remembers what it has become."""
    known = site.remembered(request)
    if old["ticket_code"] in known:
        changed = known.without([old["ticket_code"]]).with_ticket(new)
        remember(request, response, site.tokens, changed)
    return response
