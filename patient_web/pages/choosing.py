"""Where to take a number: the hospitals, and the clinics of one with how long each takes now."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from common.words.clinics import expected_wait_between, opening
from common.words.texts import Texts
from patient_web.pages.site import Site, texts_of


async def hospitals(site: Site, request: Request) -> Response:
    """All hospitals; where there is one, its clinics."""
    found = await site.asking.hospitals(request)
    if len(found) == 1:
        return RedirectResponse(f"/hospitals/{found[0]['code']}", 303)
    texts = texts_of(request)
    shown = [
        {**each, "open": texts.plural("1 clinic open", "{count} clinics open", each["open_clinics"])}
        for each in found
    ]
    return site.page(request, "hospitals.html", {"hospitals": shown})


async def clinics(site: Site, request: Request) -> Response:
    """The clinics of a hospital, those that are open first."""
    hospital = await hospital_of(site, request)
    return site.page(request, "clinics.html", await clinic_lists(site, request, hospital))


async def hospital_of(site: Site, request: Request) -> dict[str, Any]:
    """The hospital in the address; raises ProblemReply where there is none."""
    return await site.asking.hospital(request.path_params["hospital"])


async def clinic_lists(site: Site, request: Request, hospital: dict[str, Any]) -> dict[str, Any]:
    """The values of a page with the clinics of a hospital."""
    found = await site.asking.clinics(request, hospital["code"])
    texts = texts_of(request)
    shown = [_shown(each, texts) for each in found]
    return {
        "hospital": hospital,
        "open_clinics": [each for each in shown if each["is_open"]],
        "closed_clinics": [each for each in shown if not each["is_open"]],
    }


def _shown(clinic: dict[str, Any], texts: Texts) -> dict[str, Any]:
    return {
        "code": clinic["code"],
        "name": clinic["name"],
        "is_open": clinic["is_open"],
        "opening": opening(clinic, texts),
        "wait": expected_wait_between(clinic, texts),
        "waiting": _waiting(clinic["waiting"], texts),
        "is_full": clinic["is_open"] and clinic["quota_left"] == 0,
    }


def _waiting(count: int, texts: Texts) -> str:
    return texts.plural("1 person waits", "{count} people wait", count) if count else texts("nobody waits")
