"""The kiosk in a hospital's hall: it takes a number, prints it, and forgets.

The ticket's page is shown by a token that soon counts no more, so that nobody finds the code of the one
before in the browser's history.
"""

from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from common.translation import languages
from common.web.choices import wrong_choice
from common.web.refusals import MALFORMED
from common.words.tickets import Ticket
from patient_web.pages.choosing import clinic_lists, hospital_of
from patient_web.pages.qr_codes import qr_code
from patient_web.pages.registering import Counter
from patient_web.pages.site import Site, texts_of
from patient_web.pages.ticket_view import ticket_view

PAPERS: Final = ("80", "58")
"""Widths of the roll in millimetres; the first where none is named."""

_PURPOSE: Final = "printed ticket"
_SECONDS_MAX: Final = 180


def paper_of(request: Request) -> str:
    """The width of the kiosk's paper, which stands in each of its addresses."""
    asked = request.query_params.get("paper")
    return asked if asked in PAPERS else PAPERS[0]


def kiosk_address(request: Request, *parts: str) -> str:
    """The address of one of the kiosk's pages."""
    return f"/kiosk/{'/'.join(parts)}?{urlencode({'paper': paper_of(request)})}"


async def kiosk(site: Site, request: Request) -> Response:
    """The open clinics, as large keys."""
    if wrong := wrong_choice(request, {"paper": PAPERS, "lang": languages()}):
        sentence = texts_of(request)(wrong[0], **wrong[1])
        return site.page(request, "trouble.html", {"sentence": sentence}, MALFORMED)
    hospital = await hospital_of(site, request)
    lists = await clinic_lists(site, request, hospital)
    return site.page(
        request,
        "kiosk.html",
        {**lists, "home": kiosk_address(request, hospital["code"]), "paper": paper_of(request)},
    )


async def printed_ticket(site: Site, request: Request) -> Response:
    """The new ticket, large on the screen, and as it is printed: without a name."""
    home = kiosk_address(request, request.path_params["hospital"])
    held = site.tokens.open(_PURPOSE, request.path_params["token"], _SECONDS_MAX)
    ticket = await site.ticket(request, held.decode()) if held else None
    if ticket is None:
        return RedirectResponse(home, 303)
    address = site.address(request, f"/t/{ticket['ticket_code']}")
    view = ticket_view(ticket, texts_of(request), site.now())
    values = {
        "view": view,
        "home": home,
        "paper": paper_of(request),
        "address": address,
        "qr": qr_code(address),
    }
    return site.page(request, "kiosk_ticket.html", values)


def _landing(site: Site, request: Request, ticket: Ticket) -> str:
    token = site.tokens.seal(_PURPOSE, ticket["ticket_code"].encode())
    return kiosk_address(request, request.path_params["hospital"], "tickets", token)


KIOSK: Final = Counter("kiosk_base.html", kiosk_address, _landing, remembers=False)
