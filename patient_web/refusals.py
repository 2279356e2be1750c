"""What is answered where a request comes neither to a page nor to the interface: as what it was meant for."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from common.web.languages import choose_language
from common.web.refusals import CROWDED, FAULT, RETRY_SECONDS
from common.web.security import SecuredResponse
from patient_web.api.app import of_http, of_status, of_too_many
from patient_web.api.endpoints import PREFIX
from patient_web.gateway import TooManyRequests
from patient_web.pages.site import Site


class Refusals:
    """Pages of `site`, or problems of the interface; `language` where the browser asks for none of ours."""

    def __init__(self, site: Site, language: str) -> None:
        self._site, self._language = site, language

    def of_scope(self, scope: Scope, status: int) -> Response:
        """The answer with one of the statuses of common/web/refusals.py."""
        request = Request(scope)
        if _is_of_program(request):
            return of_status(request, status)
        response = self._site.refusal(request, status)
        if status == CROWDED:
            response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response

    def too_often(self, request: Request, wait_seconds: float) -> Response:
        """The answer to who has to wait so long."""
        error = TooManyRequests(wait_seconds)
        return of_too_many(request, error) if _is_of_program(request) else self._site.trouble(request, error)

    async def of_http(self, request: Request, error: Exception) -> Response:
        """Of what no route takes; a path with a line break is no page's, either."""
        assert isinstance(error, HTTPException)
        if _is_of_program(request):
            return of_http(request, error)
        response = self._site.refusal(request, error.status_code)
        response.headers.update(error.headers or {})
        return response

    async def of_fault(self, request: Request, _error: Exception) -> Response:
        """Of a fault that is neither the pages' nor the interface's, outside the middleware."""
        choose_language(request, self._language, asks_browser=True)
        return SecuredResponse(self.of_scope(request.scope, FAULT))


def _is_of_program(request: Request) -> bool:
    return request.url.path.startswith(PREFIX)
