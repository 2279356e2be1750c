"""What the local stack says to its user: Indonesian first, then English."""

import click


def say(indonesian: str, english: str) -> None:
    """Prints one message in both languages, at once even where the output is a file or a pipe."""
    click.echo(indonesian)
    click.echo(click.style(english, dim=True))


def both(indonesian: str, english: str) -> str:
    """One error's message in both languages."""
    return f"{indonesian}\n{english}"
