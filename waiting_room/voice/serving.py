"""The clips as the board's page asks for them: a list of their addresses, and each of them."""

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from waiting_room.voice.clips import digest, find_clips

FOLDER: Final = "/voice"
_FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
_NO_LONGER_THAN_IT_IS_TRUE: Final = {"Cache-Control": "no-cache"}


class Voice:
    """The clips that are there when it is made."""

    def __init__(self, recordings: Path | None) -> None:
        """`recordings`: the hospital's own folder of clips."""
        self._paths = find_clips(recordings)
        # With a digest, a recording that has been replaced has another address.
        self._addresses = {
            name: f"{FOLDER}/{name}.mp3?v={digest(path)}" for name, path in self._paths.items()
        }

    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route(f"{FOLDER}/clips.json", self.addresses),
            Route(f"{FOLDER}/{{name:path}}.mp3", self.clip),
        ]

    async def addresses(self, _request: Request) -> Response:
        """The address of each clip by its name."""
        return JSONResponse(self._addresses, headers=_NO_LONGER_THAN_IT_IS_TRUE)

    async def clip(self, request: Request) -> Response:
        """One of them."""
        path = self._paths.get(request.path_params["name"])
        if path is None:
            return PlainTextResponse("There is no such clip.\n", 404)
        return FileResponse(path, media_type="audio/mpeg", headers=_FOR_EVER)
