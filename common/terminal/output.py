"""Results to standard output and problems to standard error: as JSON, or to read."""

import sys
from collections.abc import Callable, Sequence
from typing import Any

from common.terminal.card import ticket_card
from common.terminal.failures import Failure, problem_of
from common.terminal.layout import terminal_width
from common.terminal.session import Done, Session
from common.terminal.streams import echo, json_text
from common.words.tickets import Ticket


def print_json(value: Any) -> None:
    """On one line; indented on a terminal."""
    indent = 2 if sys.stdout.isatty() else None
    echo(json_text(value, indent=indent))


def print_result(session: Session, value: Any, words: Callable[[], str]) -> None:
    """The result of a command: `value` as JSON, or `words` to read."""
    if session.as_json:
        print_json(value)
    else:
        echo(words())
    for each in session.done:
        each.reported = True


def print_ticket(session: Session, ticket: Ticket) -> None:
    """One ticket: an object, or a card."""
    print_result(session, ticket, lambda: ticket_card(ticket, session.texts, terminal_width()))


def print_failure(session: Session, failure: Failure, done: Sequence[Done] = ()) -> None:
    """What went wrong, and what was `done` all the same, on standard error."""
    if session.as_json:
        problem = failure.problem or (
            problem_of("internal_error", session.texts("What has been done:")) if done else None
        )
        if problem is not None:
            told = {"done": [each.value for each in done]} if done else {}
            echo(json_text({**problem, **told}, err=True), err=True)
        return
    parts = []
    if failure.problem is not None:
        said = failure.sentence or session.problem_text(failure.problem)
        parts.append(session.folded(said, *failure.commands))
    if done:
        parts += [session.texts("What has been done:"), *(_indented(_in_words(each)) for each in done)]
    if parts:
        echo("\n".join(parts), err=True)


def _in_words(done: Done) -> str:
    try:
        return done.words()
    except Exception:  # noqa: BLE001 - whatever a newer server answers, what was done is told
        return json_text(done.value, err=True)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
