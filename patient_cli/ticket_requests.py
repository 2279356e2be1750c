"""What the commands and the menu ask about tickets: requests, their replies, and what is remembered."""

from collections.abc import Iterable, Mapping

from antrean_client import look_ups
from common.domain.ticket_codes import format_ticket_code, parse_ticket_code
from common.terminal.failures import Problem, ProblemReply, problem_of
from common.terminal.registration import Registration
from common.translation import N_
from common.trusted_files import FileNotTrusted
from common.words.tickets import Ticket, goes_on_with
from patient_cli.session import PatientSession
from patient_cli.ticket_book import FIELDS, BookDamaged, Entry


def take_ticket(session: PatientSession, registration: Registration) -> Ticket:
    """The ticket of a registration, which is remembered.

    Raises ProblemReply where it was refused and OutcomeUnknown where no answer came. The ticket of
    `already_registered` comes without its code, which this user may have: then it has it here.
    """
    try:
        ticket = session.change(
            "register",
            registration.body(),
            request_id=registration.request_id,
            if_unknown=N_(
                "The registration may have been taken. Repeat it safely (it is never carried out twice):"
            ),
            words=[*registration.words(), "--request-id", registration.request_id],
        )
    except ProblemReply as error:
        if held := error.problem.get("ticket"):
            held["ticket_code"] = held.get("ticket_code") or remembered_code(session, held)
        if error.problem.get("code") == "ask_at_desk" and _took_one_today(session):
            error.hint = (N_("See your tickets with: {command}"), "tickets")
        raise
    remember(session, ticket)
    return ticket


def cancel_ticket(session: PatientSession, code: str) -> Ticket:
    """The cancelled ticket; raises ProblemReply where it was refused, OutcomeUnknown without an answer."""
    return session.change(
        "cancel",
        {"ticket_code": code},
        request_id=None,
        if_unknown=N_("The ticket may have been cancelled. See it with:"),
        words=["status", code],
    )


def look_up(
    session: PatientSession, codes: list[str], *, timeout_seconds: float | None = None
) -> tuple[list[Ticket], list[str]]:
    """The tickets with these codes, in their order and with all their members, and the codes of no ticket."""
    return look_ups.tickets(
        lambda body: session.ask("ticket_status", body, timeout_seconds=timeout_seconds), codes
    )


def successors(session: PatientSession, tickets: Iterable[Ticket]) -> dict[str, Ticket]:
    """The tickets with which the patients of these go on, by their codes; all of each chain.

    The book keeps the new code of a ticket that it holds.
    """
    found: dict[str, Ticket] = {}
    level = list(tickets)
    known = {each["ticket_code"] for each in level}
    while codes := _new_codes(level, known):
        known |= set(codes)
        new, _ = look_up(session, codes)
        replace_remembered(session, level, new)
        found |= {each["ticket_code"]: each for each in new}
        level = new
    return found


def newest(ticket: Ticket, later: Mapping[str, Ticket]) -> Ticket:
    """The last ticket with which the patient of this one goes on; itself where it is that."""
    seen: set[str] = set()
    while (code := goes_on_with(ticket)) and code in later and code not in seen:
        seen.add(code)
        ticket = later[code]
    return ticket


def _new_codes(tickets: Iterable[Ticket], known: set[str]) -> list[str]:
    codes = [goes_on_with(each) for each in tickets]
    return list(dict.fromkeys(code for code in codes if code and code not in known))


def unknown_tickets(codes: list[str]) -> Problem:
    """The problem of codes that belong to no ticket."""
    shown = [format_ticket_code(parse_ticket_code(code)) for code in codes]
    detail = f"There is no ticket with the code {', '.join(shown)}."
    return problem_of("ticket_not_found", detail, ticket_codes=shown)


def remember(session: PatientSession, ticket: Ticket) -> None:
    """Puts a ticket into the book; where that fails it is said, for the ticket itself is good."""
    try:
        session.book.add(ticket)
    except BookDamaged as error:
        session.note(
            session.texts(
                "The record of your tickets was damaged and moved to {path}; a new one is begun.",
                path=error.moved_to,
            )
        )
    except OSError as error:
        if isinstance(error, FileNotTrusted):
            session.note(_why_not_read(session, error))
        session.note(
            session.texts(
                "The ticket could not be recorded in {path}; write its code down.", path=session.book.path
            )
        )


def replace_remembered(session: PatientSession, old: Iterable[Ticket], new: Iterable[Ticket]) -> None:
    """Remembers the new tickets of those among `old` that are in the book."""
    held = {each["ticket_code"] for each in remembered(session)}
    wanted = {goes_on_with(each) for each in old if each["ticket_code"] in held}
    for ticket in new:
        if ticket["ticket_code"] in wanted - held:
            remember(session, ticket)


def remembered_code(session: PatientSession, ticket: Ticket) -> str | None:
    """The code of a ticket that is shown without it, where this user took it."""
    shown = {name: ticket[name] for name in FIELDS if name != "ticket_code"}
    codes = [each["ticket_code"] for each in remembered(session) if shown.items() <= each.items()]
    return codes[-1] if codes else None


def remembered(session: PatientSession) -> list[Entry]:
    """The tickets this user took, the oldest first; empty, and said so, where the book is damaged."""
    try:
        return session.book.entries()
    except BookDamaged as error:
        session.note(
            session.texts(
                "The record of your tickets was damaged and moved to {path}; a new one is begun.",
                path=error.moved_to,
            )
        )
    except FileNotTrusted as error:
        session.note(_why_not_read(session, error))
    except OSError:
        session.note(
            session.texts("The record of your tickets in {path} cannot be read.", path=session.book.path)
        )
    return []


def _took_one_today(session: PatientSession) -> bool:
    """Whether this user took a ticket of today, or of a day that has begun further east."""
    today = session.settings.clock().now().astimezone().date().isoformat()
    return any(each["service_date"] >= today for each in remembered(session))


def _why_not_read(session: PatientSession, error: FileNotTrusted) -> str:
    return session.texts(error.reason.of_record, path=error.path)
