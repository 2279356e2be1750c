"""Tickets to standard output, with those that they have become: as JSON, or to read."""

from typing import Any

from common.terminal.output import print_json, print_ticket
from common.terminal.tables import print_table
from common.words.tickets import Ticket, goes_on_with
from patient_cli.session import PatientSession
from patient_cli.tables import ticket_table
from patient_cli.ticket_requests import newest, successors


def print_tickets(session: PatientSession, tickets: list[Ticket]) -> None:
    """A list, in which a ticket has the member `new_ticket` where the patient goes on with another one; or a
    table, in which the new tickets follow the old."""
    later = successors(session, tickets)
    if session.as_json:
        print_json([_with_newest(session, each, newest(each, later)) for each in tickets])
    elif tickets:
        print_table(ticket_table(_in_order(tickets, later), session.texts))


def show_ticket(session: PatientSession, ticket: Ticket) -> None:
    """One ticket as a card; where the patient goes on with another one, that, too, and the command that
    follows it."""
    print_ticket(session, ticket)
    new = newest(ticket, successors(session, [ticket]))
    if new is not ticket:
        print_ticket(session, new)
        command = session.command_line("watch", new["ticket_code"])
        session.say("Follow the new ticket with: {command}", command=command)


def _with_newest(session: PatientSession, ticket: Ticket, new: Ticket) -> dict[str, Any]:
    if new is ticket:
        return ticket
    command = session.command_line("watch", new["ticket_code"])
    return {**ticket, "new_ticket": new, "follow_command": command}


def _in_order(tickets: list[Ticket], later: dict[str, Ticket]) -> list[Ticket]:
    """The tickets, each followed by what it has become, and none twice."""
    ordered: dict[str, Ticket] = {}
    for ticket in tickets:
        code: str | None = ticket["ticket_code"]
        at: Ticket | None = ticket
        while at is not None and code is not None and code not in ordered:
            ordered[code] = at
            code = goes_on_with(at)
            at = later.get(code) if code else None
    return list(ordered.values())
