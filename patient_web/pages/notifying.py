"""A telephone is to be notified of a ticket; the page's script asks for it."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from common.web.languages import language_of
from patient_web.admission import Use
from patient_web.pages.forms import read_form
from patient_web.pages.remembered import kept_until
from patient_web.pages.site import Site, code_of
from patient_web.push.notices import told_by_page
from patient_web.push.subscriptions import new_subscription


async def notify(site: Site, request: Request) -> Response:
    """Takes a browser's subscription for a ticket, in a form."""
    if site.push is None:
        raise HTTPException(404)
    given = await read_form(request)
    code = code_of(request.path_params["code"])
    if site.sent_form(request, given) is None:
        raise HTTPException(400)
    site.asking.admit(request, Use.CHANGE)
    ticket = await site.ticket(request, code) if code else None
    if ticket is None or code is None:
        raise HTTPException(404)
    language = language_of(request)
    try:
        subscription = new_subscription(
            given.get("endpoint", ""),
            given.get("key", ""),
            given.get("secret", ""),
            site.push.services,
            code=code,
            language=language,
            until=kept_until(ticket["service_date"]),
            told=told_by_page(ticket, language, site.now()),
        )
    except ValueError as error:
        raise HTTPException(400) from error
    await site.push.subscribe(subscription)
    return Response(status_code=204)
