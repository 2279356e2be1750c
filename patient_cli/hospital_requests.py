"""What the commands and the menu ask of the hospitals: requests, their replies, and what is remembered."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from common.domain.ticket_codes import format_ticket_code, parse_ticket_code
from common.errors import NoReply, RequestNotTaken
from common.limits import TICKET_CODES_MAX
from patient_cli.card import Ticket
from patient_cli.failures import OutcomeUnknown, Problem, ProblemAnswer, problem_of
from patient_cli.session import Session
from patient_cli.ticket_book import BookDamaged, Entry


@dataclass(frozen=True)
class Registration:
    """A wish for a ticket; `date_of_birth` is in ISO 8601. Sent again with the same `request_id`, it is
    carried out once."""

    hospital: str
    clinic: str
    medical_record_number: str
    name: str
    date_of_birth: str
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def body(self) -> dict[str, Any]:
        """The request's body."""
        return {
            "hospital": self.hospital,
            "clinic": self.clinic,
            "medical_record_number": self.medical_record_number,
            "name": self.name,
            "date_of_birth": self.date_of_birth,
        }

    def words(self) -> list[str]:
        """The command that sends this registration again."""
        options = {
            "--mrn": self.medical_record_number,
            "--name": self.name,
            "--dob": self.date_of_birth,
            "--request-id": self.request_id,
        }
        given = [word for option in options.items() for word in option]
        return ["register", self.hospital, self.clinic, *given]


def normal_code(text: str) -> str:
    """A hospital's or clinic's code as the catalog writes it."""
    return text.strip().upper()


def hospitals(session: Session) -> list[dict[str, Any]]:
    """All hospitals."""
    found: list[dict[str, Any]] = session.ask("list_hospitals", {})["hospitals"]
    return found


def clinics(session: Session, hospital: str, *, open_only: bool) -> list[dict[str, Any]]:
    """The clinics of a hospital; raises ProblemAnswer where there is no such hospital."""
    body = {"hospital": hospital, "open_only": open_only}
    found: list[dict[str, Any]] = session.ask("list_clinics", body)["clinics"]
    return found


def take_ticket(session: Session, registration: Registration) -> Ticket:
    """The ticket of a registration, which is remembered; so is the one of `already_registered`.

    Raises ProblemAnswer where it was refused and OutcomeUnknown where no answer came.
    """
    try:
        ticket = session.ask("register", registration.body(), request_id=registration.request_id)
    except ProblemAnswer as error:
        if error.problem.get("ticket"):
            remember(session, error.problem["ticket"])
        raise
    except (NoReply, RequestNotTaken, KeyboardInterrupt) as error:
        command = session.command_line(*registration.words())
        raise OutcomeUnknown(error, "failure.register_unknown", command) from error
    remember(session, ticket)
    return ticket


def give_up(session: Session, code: str) -> Ticket:
    """The cancelled ticket; raises ProblemAnswer where it was refused, OutcomeUnknown without an answer."""
    try:
        return session.ask("cancel", {"ticket_code": code})
    except (NoReply, RequestNotTaken, KeyboardInterrupt) as error:
        command = session.command_line("status", code)
        raise OutcomeUnknown(error, "failure.cancel_unknown", command) from error


def look_up(
    session: Session, codes: list[str], *, timeout_seconds: float | None = None
) -> tuple[list[Ticket], list[str]]:
    """The tickets with these codes, in their order, and the codes that are nobody's."""
    tickets: list[Ticket] = []
    not_found: list[str] = []
    for start in range(0, len(codes), TICKET_CODES_MAX):
        asked = codes[start : start + TICKET_CODES_MAX]
        try:
            reply = session.ask("ticket_status", {"ticket_codes": asked}, timeout_seconds=timeout_seconds)
        except ProblemAnswer as error:
            # Said where none of them is known; the codes are well-formed then.
            if error.problem.get("code") != "ticket_not_found":
                raise
            not_found += asked
        else:
            tickets += reply["tickets"]
            not_found += reply.get("not_found", [])
    return tickets, not_found


def unknown_tickets(codes: list[str]) -> Problem:
    """The problem of ticket codes that are nobody's."""
    shown = [format_ticket_code(parse_ticket_code(code)) for code in codes]
    detail = f"There is no ticket with the code {', '.join(shown)}."
    return problem_of("ticket_not_found", detail, ticket_codes=shown)


def remember(session: Session, ticket: Ticket) -> None:
    """Puts a ticket into the book; where that fails it is said, for the ticket itself is good."""
    try:
        session.book.add(ticket)
    except BookDamaged as error:
        session.note(session.texts("note.book_damaged", path=error.moved_to))
    except OSError:
        session.note(session.texts("note.book_unusable", path=session.book.path))


def remembered(session: Session) -> list[Entry]:
    """The tickets this user took, the oldest first; empty, and said so, where the book is damaged."""
    try:
        return session.book.entries()
    except BookDamaged as error:
        session.note(session.texts("note.book_damaged", path=error.moved_to))
    except OSError:
        session.note(session.texts("note.book_unreadable", path=session.book.path))
    return []
