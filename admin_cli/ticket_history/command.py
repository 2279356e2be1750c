"""The command: finds the ticket, and shows its history; whose it is only where that is asked for."""

import click

from admin_cli.private_argument import given_or_asked
from admin_cli.session import AdminSession, pass_session
from admin_cli.ticket_history.reference import (
    TicketCode,
    TicketNumber,
    read_reference,
)
from common.errors import AntreanError
from common.terminal.localised import LocalisedCommand
from common.terminal.output import print_json
from common.translation import N_
from common.words.moments import short_date


@click.command(
    "ticket",
    cls=LocalisedCommand,
    help=N_(
        "One ticket's whole history: what happened to it, when, and who did it. TICKET: its code, or"
        " HOSPITAL/CLINIC/DAY/NUMBER. Without it, or with -, the ticket is asked for, or read from standard"
        " input, so that its code does not stand in the shell's history."
    ),
    epilog="antrean-admin ticket RSHS/GIG/2026-11-23/17",
)
@click.argument("ticket", metavar=N_("TICKET"), required=False)
@click.option(
    "--reveal", is_flag=True, help=N_("Also show WHOSE IT IS, AND ITS CODE; that you looked is recorded.")
)
@pass_session
def ticket(session: AdminSession, ticket: str | None, *, reveal: bool) -> None:
    question = session.texts("Ticket code, or HOSPITAL/CLINIC/DAY/NUMBER")
    reference = read_reference(given_or_asked(ticket, question))

    from admin_cli.database.connection import catalog_in_force, open_database
    from admin_cli.database.ticket_history import find_by_code, read_ticket_history
    from admin_cli.database.ticket_history import reveal as look
    from admin_cli.operating_user import operating_user
    from admin_cli.ticket_history.members import as_json
    from admin_cli.ticket_history.screen import print_history

    with open_database(session.settings.require_database_url()) as engine:
        found = find_by_code(engine, reference.code) if isinstance(reference, TicketCode) else reference
        if isinstance(found, TicketNumber):
            found = (found.day, found.number)
        history = None if found is None else read_ticket_history(engine, *found)
        if history is None:
            raise AntreanError(_not_found(session, reference))
        clinic = catalog_in_force(engine).clinic_of(history.day)
        patient = None
        if reveal:
            now = session.settings.clock().now()
            patient = look(engine, history.day, history.number, operating_user(), now)
            if patient is None:
                session.note(session.texts("Its patient's data were purged."))
    if session.as_json:
        print_json(as_json(history, clinic, patient))
    else:
        print_history(history, clinic, patient, session.texts)


def _not_found(session: AdminSession, reference: TicketCode | TicketNumber) -> str:
    if isinstance(reference, TicketCode):
        return session.texts("There is no ticket with this code.")
    day = reference.day
    return session.texts(
        "There is no ticket number {number} of {hospital} {clinic} on {date}.",
        number=reference.number,
        hospital=day.hospital,
        clinic=day.clinic,
        date=short_date(day.service_date.isoformat(), session.texts),
    )
