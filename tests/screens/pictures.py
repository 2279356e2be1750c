"""A picture of a page, small enough for the documents: WebP, which the browser itself makes."""

import base64
from pathlib import Path
from typing import Final

from playwright.sync_api import Page

SUFFIX: Final = ".webp"

_QUALITY: Final = 0.6
"""Of the encoder, from 0 to 1: writing stays sharp."""

_ENCODE: Final = """async ([png, quality]) => {
  const image = new Image();
  image.src = "data:image/png;base64," + png;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.toDataURL("image/webp", quality).split(",")[1];
}"""


def keep(page: Page, folder: Path, name: str, *, full_page: bool = False) -> None:
    """Writes what the page shows, or all of it, into the folder."""
    png = base64.b64encode(page.screenshot(full_page=full_page, animations="disabled")).decode()
    assert page.context.browser is not None
    encoder = page.context.browser.new_page()  # what the page may do is bounded by its own policy
    encoded = encoder.evaluate(_ENCODE, [png, _QUALITY])
    encoder.close()
    (folder / f"{name}{SUFFIX}").write_bytes(base64.b64decode(encoded))
