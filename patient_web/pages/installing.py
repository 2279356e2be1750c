"""What makes the pages an app on a telephone: its manifest, and the script that shows the last known state
while there is no connection.

Sources: https://www.w3.org/TR/appmanifest/, https://www.w3.org/TR/service-workers/
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from patient_web.pages.site import Site, texts_of

_ICONS: Final = (
    ("icon.svg", "any", "image/svg+xml"),
    ("icon-192.png", "192x192", "image/png"),
    ("icon-512.png", "512x512", "image/png"),
)
_FILES: Final = ("page.css", "live.js", "install.js", "notices.js", "icon.svg")
_BACKGROUND: Final = "#ffffff"
_THEME: Final = "#0b4f6c"


async def manifest(site: Site, request: Request) -> Response:
    """The manifest, in the language of the request."""
    texts = texts_of(request)
    icons = [
        {"src": site.pages.address(name), "sizes": sizes, "type": kind, "purpose": "any"}
        for name, sizes, kind in _ICONS
    ]
    described = {
        "name": texts("Hospital queue numbers"),
        "short_name": texts("Queue"),
        "lang": texts.language,
        "start_url": "/tickets",
        "scope": "/",
        "id": "/",
        "display": "standalone",
        "background_color": _BACKGROUND,
        "theme_color": _THEME,
        "icons": icons,
    }
    return JSONResponse(described, media_type="application/manifest+json")


async def service_worker(site: Site, request: Request) -> Response:
    """The script, which changes whenever one of the files does that it keeps."""
    files = [site.pages.address(name) for name in _FILES]
    text = site.pages.text("service-worker.js", texts_of(request).language, {"files": files})
    return Response(text, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


async def offline(site: Site, request: Request) -> Response:
    """What is shown of a page that was never seen, while there is no connection."""
    response = site.page(request, "offline.html", {})
    response.headers["Cache-Control"] = "no-cache"
    return response
