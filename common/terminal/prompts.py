"""Questions on the terminal; a bad answer is asked for again."""

import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Final

import click

from common.terminal.layout import fold, terminal_width
from common.words.texts import Texts

ANSWER_LENGTH_MAX: Final = 500


class WentBack(Exception):
    """The patient gave an empty answer, which leads back to the menu."""


def can_ask() -> bool:
    """Whether somebody is there to be asked: at the input, and where questions are seen."""
    return sys.stdin.isatty() and (sys.stdout.isatty() or sys.stderr.isatty())


def read_line(question: str) -> str:
    """The answer to a question; raises EOFError at the end of input and KeyboardInterrupt, either with the
    question's line ended.

    The question is seen where the result is not: a result that is kept in a file has no questions in it.
    """
    where = sys.stdout if sys.stdout.isatty() or not sys.stderr.isatty() else sys.stderr
    try:
        with redirect_stdout(where):
            return input(f"{question}: ")
    except (KeyboardInterrupt, EOFError):
        click.echo(file=where)
        raise


def ask(question: str, understand: Callable[[str], str], complaint: str | Callable[[ValueError], str]) -> str:
    """What `understand` makes of the answer; asked again, with `complaint`, while it raises ValueError.

    Raises WentBack for an empty answer, EOFError at the end of input and KeyboardInterrupt.
    """
    while True:
        answer = read_line(question).strip()[:ANSWER_LENGTH_MAX]
        if not answer:
            raise WentBack
        try:
            answer.encode()
            return understand(answer)
        except ValueError as error:
            said = complaint if isinstance(complaint, str) else complaint(error)
            complain(said)


def complain(sentence: str) -> None:
    """Says what is wrong with an answer, where the question was seen."""
    said = "\n".join(fold(sentence, terminal_width()))
    click.secho(said, fg="red", err=not sys.stdout.isatty() and sys.stderr.isatty())


def choose(texts: Texts, names: list[str]) -> int:
    """The position of the chosen one among `names`, which are shown already and numbered from 1.

    It is chosen by number or by name; 0 or nothing leads back (WentBack).
    """

    def understand(answer: str) -> str:
        if answer == "0":
            raise WentBack
        if answer.upper() in names:
            return str(names.index(answer.upper()))
        position = int(answer) if answer.isascii() and answer.isdigit() else 0
        if not 1 <= position <= len(names):
            raise ValueError(answer)
        return str(position - 1)

    back = texts("Back")
    click.echo(f"  0. {back}")
    return int(ask(texts("Choice"), understand, texts("Choose one of the numbers above.")))


def confirm(question: str, texts: Texts) -> bool:
    """Yes or no; an empty answer is no."""
    yes, no = texts("y yes").split(), texts("n no").split()

    def understand(answer: str) -> str:
        if answer.lower() not in yes + no:
            raise ValueError(answer)
        return answer.lower()

    try:
        return ask(question, understand, texts("Answer y (yes) or n (no).")) in yes
    except WentBack:
        return False
