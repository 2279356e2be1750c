"""Every ticket this user took: what `antrean tickets` and the menu's 9 show."""

from common.domain.ticket_codes import parse_ticket_code
from common.terminal.card import clinic_name, hospital_name
from patient_cli import ticket_requests
from patient_cli.output import print_tickets
from patient_cli.session import PatientSession


def show_remembered(session: PatientSession) -> None:
    """Prints every ticket this user took, with its status now, and names those that are not known."""
    remembered = ticket_requests.remembered(session)
    found, not_found = ticket_requests.look_up(session, [each["ticket_code"] for each in remembered])
    if not remembered and not session.as_json:
        session.say(
            "You took no ticket from here yet. Take a number with: {command}",
            command=session.command_line("register"),
        )
        return
    print_tickets(session, found)
    if not_found:
        unknown = {parse_ticket_code(code) for code in not_found}
        names = [
            f"{each['display_number']} ({clinic_name(each)}, {hospital_name(each)}, {each['service_date']},"
            f" {each['ticket_code']})"
            for each in remembered
            if parse_ticket_code(each["ticket_code"]) in unknown
        ]
        session.note(session.texts("Not known to the system any more: {tickets}.", tickets=", ".join(names)))
