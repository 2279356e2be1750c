"""The menu of the original program: what `antrean` is on a terminal without a command."""

from collections.abc import Callable, Mapping
from typing import Final

import click

from common.domain.newborns import BIRTH_ORDER_MAX
from common.domain.ticket_codes import format_ticket_code, parse_ticket_code
from common.errors import AntreanError
from common.terminal.failures import NoBrokerKnown, OutcomeUnknown, ProblemReply
from common.terminal.output import print_failure, print_ticket
from common.terminal.prompts import WentBack, ask, confirm, read_line
from common.terminal.registration import (
    OF_NEWBORNS,
    QUESTIONS,
    Registration,
    ask_and_register,
    send_patiently,
)
from common.translation import N_
from common.words.tickets import Ticket
from patient_cli.choosing import choose_clinic, choose_hospital
from patient_cli.output import show_ticket
from patient_cli.remembered import show_remembered
from patient_cli.session import PatientSession
from patient_cli.ticket_requests import cancel_ticket, look_up, take_ticket, unknown_tickets
from patient_cli.watch import watch_ticket

_QUIT: Final = "0"
_WATCH_INTERVAL_SECONDS: Final = 3.0


def run_menu(session: PatientSession) -> None:
    """Shows the menu until the patient leaves it. The end of input leaves it as well."""
    # The answers are shown to somebody who reads, whatever was asked for.
    session.as_json = False
    try:
        while (choice := _main_choice(session)) != _QUIT:
            _carry_out(session, _ACTIONS[choice][1])
    except EOFError:
        pass
    session.say("Goodbye. Get well soon.")


def _main_choice(session: PatientSession) -> str:
    texts = session.texts
    click.echo()
    title, leave = texts("HOSPITAL QUEUES"), texts("Quit")
    click.secho(f" {title}", bold=True)
    for key, (text, _) in _ACTIONS.items():
        click.echo(f"  {key}. {texts(text)}")
    click.echo(f"  {_QUIT}. {leave}")
    while True:
        answer = read_line(texts("Choice")).strip()
        if answer == _QUIT or answer in _ACTIONS:
            return answer
        click.secho(texts("Choose one of the numbers above."), fg="red")


def _carry_out(session: PatientSession, action: Callable[[PatientSession], None]) -> None:
    """Does what was chosen; whatever goes wrong is said, and the menu comes again."""
    click.echo()
    session.done.clear()
    try:
        action(session)
    except WentBack:
        return
    except (AntreanError, NoBrokerKnown, ProblemReply, OutcomeUnknown) as error:
        print_failure(session, session.failure_of(error))
    finally:
        # The next question may stay unanswered for longer than a connection lives without attention.
        session.disconnect()


# --- taking a number ------------------------------------------------------------------------------------


def _register(session: PatientSession) -> None:
    _take_number(session, lambda: None)


def _register_newborn(session: PatientSession) -> None:
    texts = session.texts
    question = texts("Which baby of this birth: 1, or of twins 1 or 2 (empty: back)")
    complaint = texts("A number from 1 to {most}.", most=BIRTH_ORDER_MAX)
    _take_number(session, lambda: int(ask(question, _birth_order, complaint)))


def _birth_order(answer: str) -> str:
    if int(answer) not in range(1, BIRTH_ORDER_MAX + 1):
        raise ValueError(answer)
    return answer


def _take_number(session: PatientSession, ask_newborn: Callable[[], int | None]) -> None:
    """Asks for all that a registration needs, and shows the ticket."""
    hospital = choose_hospital(session)
    clinic = choose_clinic(session, hospital)
    session.disconnect()
    newborn = ask_newborn()

    def register(answers: Mapping[str, str]) -> Ticket:
        registration = Registration(hospital["code"], clinic["code"], **answers, newborn=newborn)
        return send_patiently(session, lambda: take_ticket(session, registration))

    questions = QUESTIONS if newborn is None else OF_NEWBORNS
    ticket = ask_and_register(session, {}, register, questions)
    print_ticket(session, ticket)
    command = session.command_line("watch", ticket["ticket_code"])
    session.say("Keep this ticket code. Follow it with: {command}", command=command)


# --- tickets --------------------------------------------------------------------------------------------


def _ask_code(session: PatientSession) -> str:
    texts = session.texts
    question, complaint = (
        texts("Ticket code (empty: back)"),
        texts("A ticket code has twelve letters and digits, such as 7K3F-9QXM-2T5R."),
    )
    return ask(question, lambda answer: format_ticket_code(parse_ticket_code(answer)), complaint)


def _show_one(session: PatientSession, code: str) -> None:
    found, not_found = look_up(session, [code])
    if not_found:
        raise ProblemReply(unknown_tickets(not_found))
    show_ticket(session, found[0])


def _look_up(session: PatientSession) -> None:
    _show_one(session, _ask_code(session))


def _watch(session: PatientSession) -> None:
    code = _ask_code(session)
    try:
        watch_ticket(session, code, _WATCH_INTERVAL_SECONDS)
    except KeyboardInterrupt:
        # Stops following, not the menu.
        click.echo()


def _cancel(session: PatientSession) -> None:
    code = _ask_code(session)
    _show_one(session, code)
    session.disconnect()
    if confirm(session.texts("Give this ticket up? [y/n]"), session.texts):
        print_ticket(session, cancel_ticket(session, code))


_ACTIONS: Final[dict[str, tuple[str, Callable[[PatientSession], None]]]] = {
    "1": (N_("Take a number"), _register),
    "2": (N_("Look a ticket up by its code"), _look_up),
    "3": (N_("Follow a ticket, and where it is called to"), _watch),
    "4": (N_("Give a ticket up"), _cancel),
    "5": (N_("Take a number for a newborn"), _register_newborn),
    "9": (N_("Show the status of all my tickets"), show_remembered),
}
"""9 is what it was in the original program."""
