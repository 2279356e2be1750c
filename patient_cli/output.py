"""Several tickets to standard output: as JSON, or to read."""

from common.terminal.card import Ticket
from common.terminal.output import print_json
from common.terminal.session import Session
from common.terminal.tables import print_table
from patient_cli.tables import ticket_table


def print_tickets(session: Session, tickets: list[Ticket]) -> None:
    """A list, or a table."""
    if session.as_json:
        print_json(tickets)
    elif tickets:
        print_table(ticket_table(tickets, session.texts))
