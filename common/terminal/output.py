"""Results to standard output and problems to standard error: as JSON, or to read."""

import json
import sys
from typing import Any

import click

from common.terminal.card import Ticket, problem_text, ticket_card
from common.terminal.failures import Failure
from common.terminal.session import Session


def print_json(value: Any) -> None:
    """On one line; indented on a terminal."""
    indent = 2 if sys.stdout.isatty() else None
    click.echo(json.dumps(value, ensure_ascii=False, indent=indent))


def print_ticket(session: Session, ticket: Ticket) -> None:
    """One ticket: an object, or a card."""
    if session.as_json:
        print_json(ticket)
    else:
        click.echo(ticket_card(ticket, session.texts))


def print_failure(session: Session, failure: Failure) -> None:
    """What went wrong, on standard error."""
    if failure.problem is None:
        return
    if session.as_json:
        text = json.dumps(failure.problem, ensure_ascii=False)
    else:
        text = failure.sentence or problem_text(failure.problem, session.texts)
    click.echo(text, err=True)
