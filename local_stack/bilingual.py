"""What the local stack says to its user, in two languages: Indonesian first, then English."""

import click

from common.words.texts import Texts

INDONESIAN, ENGLISH = Texts("id"), Texts("en")


def say(message: str, **values: object) -> None:
    """Prints a sentence in both languages, at once even where the output is a file or a pipe.

    A value that is said differently in each language is given as a function of `Texts`.
    """
    click.echo(_in(INDONESIAN, message, values))
    click.echo(click.style(_in(ENGLISH, message, values), dim=True))


def both(message: str, between: str = "\n", **values: object) -> str:
    """A sentence in both languages, with `between` between them."""
    return between.join(_in(texts, message, values) for texts in (INDONESIAN, ENGLISH))


def _in(texts: Texts, message: str, values: dict[str, object]) -> str:
    said = {name: value(texts) if callable(value) else value for name, value in values.items()}
    return texts(message, **said)
