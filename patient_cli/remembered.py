"""Every ticket this user took: what `antrean tickets` and the menu's 9 show."""

from typing import Final

from common.domain.ticket_codes import parse_ticket_code
from common.words.texts import Texts
from common.words.tickets import clinic_name, hospital_name
from patient_cli import ticket_requests
from patient_cli.output import print_tickets
from patient_cli.session import PatientSession

_NAMED_MAX: Final = 3
"""Tickets that are not known any more, as after a trial that was begun again."""


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
        session.note(_unknown(names, session.texts))


def _unknown(names: list[str], texts: Texts) -> str:
    """Names the tickets that are not known; of many those that were taken last."""
    shown = ", ".join(names[-_NAMED_MAX:])
    if len(names) <= _NAMED_MAX:
        return texts("Not known to the system any more: {tickets}.", tickets=shown)
    return texts(
        "{count} tickets are not known to the system any more, among them {tickets}.",
        count=len(names),
        tickets=shown,
    )
