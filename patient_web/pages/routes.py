"""The addresses of the pages."""

from functools import partial
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from common.web.refusals import FAULT, MALFORMED, NOT_ALLOWED, NOT_FOUND, OTHER_MEDIA
from common.words.tickets import Ticket
from patient_web.pages import choosing, installing, kiosk, notifying, registering, tickets
from patient_web.pages.kiosk import KIOSK
from patient_web.pages.registering import SENT, Counter
from patient_web.pages.site import Site


def _address(_request: Request, *parts: str) -> str:
    return f"/hospitals/{'/'.join(parts)}"


def _landing(_site: Site, _request: Request, ticket: Ticket) -> str:
    return f"/t/{ticket['ticket_code']}"


BROWSER: Final = Counter("base.html", _address, _landing, remembers=True)


def pages_app(site: Site) -> Starlette:
    """The application of all pages; `request.state` has the visitor and the language."""
    handled = MALFORMED, NOT_FOUND, NOT_ALLOWED, OTHER_MEDIA, FAULT
    handlers = {Exception if status == FAULT else status: site.no_page for status in handled}
    app = Starlette(routes=_routes(site), exception_handlers=handlers)
    app.router.redirect_slashes = False
    return app


def _routes(site: Site) -> list[Route]:
    return [
        site.route("/", choosing.hospitals),
        site.route("/hospitals/{hospital}", choosing.clinics),
        *_taking_numbers(site, "/hospitals/{hospital}/{clinic}", BROWSER),
        site.route("/tickets", tickets.remembered_tickets),
        site.route("/tickets/forget", tickets.forget_tickets, "POST"),
        site.route("/code", tickets.ask_for_code),
        site.route("/code", tickets.find_ticket, "POST"),
        site.route("/t/{code}", tickets.ticket_page),
        site.route("/t/{code}/part", tickets.ticket_part),
        site.route("/t/{code}/cancel", tickets.ask_to_cancel),
        site.route("/t/{code}/cancel", tickets.cancel, "POST"),
        site.route("/t/{code}/remember", tickets.remember_ticket, "POST"),
        site.route("/t/{code}/notify", notifying.notify, "POST"),
        site.route("/kiosk/{hospital}", kiosk.kiosk),
        site.route("/kiosk/{hospital}/tickets/{token}", kiosk.printed_ticket),
        *_taking_numbers(site, "/kiosk/{hospital}/{clinic}", KIOSK),
        site.route("/manifest.webmanifest", installing.manifest),
        site.route("/service-worker.js", installing.service_worker),
        site.route("/offline", installing.offline),
    ]


def _taking_numbers(site: Site, path: str, counter: Counter) -> list[Route]:
    return [
        site.route(path, partial(registering.show_form, counter=counter)),
        site.route(f"{path}/{SENT}", partial(registering.take_number, counter=counter), "POST"),
        site.route(f"{path}/{SENT}", partial(registering.back_to_form, counter=counter)),
    ]
