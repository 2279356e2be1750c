"""`/livez` and `/readyz`: whether the process is alive, and whether it can do its work."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route


def health_routes(trouble: Callable[[], str | None]) -> list[Route]:
    """`trouble` says in a sentence what keeps the process from its work; None where nothing does."""

    async def livez(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("alive\n")

    async def readyz(_request: Request) -> PlainTextResponse:
        sentence = trouble()
        return PlainTextResponse("ready\n") if sentence is None else PlainTextResponse(f"{sentence}\n", 503)

    return [Route("/livez", livez), Route("/readyz", readyz)]
