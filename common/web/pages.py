"""Pages from templates, in the language of the request, and the files that stand beside them.

In a template `_("Clinic {name}", name=clinic)` is a sentence in the reader's language, and `file("page.css")`
the address of a file of `static/`, which changes with what the file holds.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from common.translation import languages, translated
from common.web.languages import language_of

STATIC: Final = "/static"
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_FOR_A_MOMENT: Final = "no-cache"


class Pages:
    """The templates in `folder/templates`, and the files in `folder/static`."""

    def __init__(self, folder: Path, **given: Any) -> None:
        """`given` is known in every template."""
        self._static = folder / "static"
        self._digests = {
            path.relative_to(self._static).as_posix(): _digest(path)
            for path in sorted(self._static.rglob("*"))
            if path.is_file()
        }
        self._environment = Environment(
            loader=FileSystemLoader(folder / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {"_": _sentence, "file": self.address, "languages": languages(), **given}

    def address(self, name: str) -> str:
        """Where the file `name` of `static/` is; raises KeyError where there is none."""
        return f"{STATIC}/{name}?v={self._digests[name]}"

    def mount(self) -> Mount:
        """The route of the files."""
        return Mount(STATIC, GZipMiddleware(_Files(directory=self._static)), name="static")

    def text(self, name: str, language: str, values: Mapping[str, Any]) -> str:
        """What the template `name` makes of these values."""
        return self._environment.get_template(name).render({"language": language, **values})

    def page(
        self,
        request: Request,
        name: str,
        values: Mapping[str, Any],
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """The template `name` as an answer."""
        text = self.text(name, language_of(request), {"request": request, **values})
        return HTMLResponse(text, status, headers)


class _Files(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        is_named_by_contents = b"v=" in scope["query_string"]
        response.headers["Cache-Control"] = _FOR_EVER if is_named_by_contents else _FOR_A_MOMENT
        return response


@pass_context
def _sentence(context: Context, message: str, **values: object) -> Markup:
    sentence = escape(translated(message, context["language"]))
    return sentence.format(**values) if values else sentence


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
