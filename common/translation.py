"""The languages that users are spoken to in, and the catalogs that hold their words.

A text stands in the code as its English sentence, with `{names}` for values. `locales/id.po` translates all
of them; `make texts` updates it from the code and compiles it. Another language is one more such file: what
is compiled in `locales` is offered.
"""

import gettext
from functools import cache
from pathlib import Path
from typing import Final

LOCALES: Final = Path(__file__).with_name("locales")

SOURCE_LANGUAGE: Final = "en"
"""The language of the sentences in the code, which needs no catalog."""

_FIRST_LANGUAGE: Final = "id"
_CONTEXT_END: Final = "\x04"
"""What gettext puts between a context and its message."""


def N_(message: str) -> str:  # noqa: N802 - the name that gettext's users know
    """Marks a sentence that is translated later, where it is shown."""
    return message


def C_(context: str, message: str) -> str:  # noqa: N802 - the name that gettext's users know
    """Marks a sentence that other languages say differently in this context than elsewhere."""
    return f"{context}{_CONTEXT_END}{message}"


@cache
def languages() -> tuple[str, ...]:
    """The codes of all languages on offer, the first of them the default."""
    compiled = {path.stem for path in LOCALES.glob("*.mo")}
    return (_FIRST_LANGUAGE, SOURCE_LANGUAGE, *sorted(compiled - {_FIRST_LANGUAGE, SOURCE_LANGUAGE}))


@cache
def catalog(language: str) -> gettext.NullTranslations:
    """The catalog of a language; for the source language an empty one, which leaves sentences as they are."""
    if language == SOURCE_LANGUAGE:
        return gettext.NullTranslations()
    with (LOCALES / f"{language}.mo").open("rb") as file:
        return gettext.GNUTranslations(file)


def translated(message: str, language: str) -> str:
    """A marked sentence in a language; in English where its catalog lacks it."""
    context, _, sentence = message.rpartition(_CONTEXT_END)
    words = catalog(language)
    return words.pgettext(context, sentence) if context else words.gettext(sentence)
