"""QR codes of addresses, as drawings that stand in a page without styles of their own."""

from functools import lru_cache

import segno
from markupsafe import Markup

_REMEMBERED_MAX = 1_000


@lru_cache(_REMEMBERED_MAX)
def qr_code(address: str) -> Markup:
    """The drawing, which says nothing to those who hear a page: the address stands beside it."""
    code = segno.make_qr(address, error="m")
    drawing = code.svg_inline(
        border=3, light="#fff", dark="#000", omitsize=True, svgclass="qr", lineclass=None
    )
    return Markup(drawing.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1))  # noqa: S704 - made here
