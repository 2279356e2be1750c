"""The catalogs of texts: `make texts` brings `common/locales/*.po` up to date with the code, and compiles
them.

For another language, add a file such as `common/locales/jv.po` (it may be empty), run `make texts`,
translate, and run it again. A unit test names the sentences that have no translation yet.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

from common.translation import LOCALES

ROOT: Final = Path(__file__).parents[1]

FOLDERS: Final = (
    "antrean_client", "common", "patient_cli", "patient_web", "waiting_room", "clinic_desk", "event_tap",
    "admin_cli", "local_stack",
)  # fmt: skip

METHODS: Final = {".py": "python", ".html": "jinja2"}
"""How Babel reads the files that can hold sentences."""

KEYWORDS: Final[dict[str, Any]] = {
    "N_": None,
    "_": None,
    "C_": ((1, "c"), 2),
    "texts": None,
    "_texts": None,
    "say": None,
    "both": None,
    "INDONESIAN": None,
    "plural": (1, 2),
}
"""The functions whose first argument is a sentence, with what else Babel reads of a call."""

_LINE_WIDTH: Final = 110


def sources() -> Iterator[Path]:
    """Every file that can hold sentences."""
    for folder in FOLDERS:
        yield from sorted(path for path in (ROOT / folder).rglob("*") if path.suffix in METHODS)


def extracted() -> Catalog:
    """All sentences of the code, without translations."""
    template = Catalog(charset="utf-8")
    for path in sources():
        place = path.relative_to(ROOT).as_posix()
        for _, message, comments, context in extract_from_file(
            METHODS[path.suffix], path, keywords=KEYWORDS, comment_tags=["Translators:"]
        ):
            template.add(message, locations=[(place, 1)], auto_comments=comments, context=context)
    return template


def catalog_paths() -> list[Path]:
    """The catalogs that are translated by hand."""
    return sorted(LOCALES.glob("*.po"))


def read_catalog(path: Path) -> Catalog:
    """A catalog in the language that its file is named for."""
    with path.open("rb") as file:
        return read_po(file, locale=path.stem, charset="utf-8")


def updated(path: Path, template: Catalog) -> Catalog:
    """The catalog with exactly the sentences of the template, and the translations that it has for them."""
    catalog = read_catalog(path)
    template.creation_date = catalog.creation_date
    catalog.update(template, no_fuzzy_matching=True, update_header_comment=False)
    catalog.obsolete.clear()
    return catalog


def as_text(catalog: Catalog) -> bytes:
    """What stands in the `.po` file."""
    written = io.BytesIO()
    write_po(written, catalog, width=_LINE_WIDTH, include_lineno=False)
    return written.getvalue()


def translations(catalog: Catalog) -> dict[tuple[str | None, Any], Any]:
    """What a catalog says, by context and sentence; of a plural, all forms."""
    return {
        (each.context, _fixed(each.id)): _fixed(each.string) for each in catalog if each.id and each.string
    }


def _fixed(text: Any) -> Any:
    return text if isinstance(text, str) else tuple(text)


def compiled(path: Path) -> Catalog:
    """What the compiled catalog beside a `.po` file says; empty where there is none."""
    mo_path = path.with_suffix(".mo")
    if not mo_path.exists():
        return Catalog()
    with mo_path.open("rb") as file:
        return read_mo(file)


def main() -> None:
    """Updates and compiles all catalogs."""
    template = extracted()
    for path in catalog_paths():
        catalog = updated(path, template)
        path.write_bytes(as_text(catalog))
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalog)


if __name__ == "__main__":
    main()
