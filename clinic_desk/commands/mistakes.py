"""The commands that mend what went wrong: a ticket of the wrong person, wrong data, the wrong key."""

from contextlib import suppress
from typing import Any, Final

import click

from clinic_desk.actions import CANCEL_REASONS, Desk
from clinic_desk.commands.options import RequestId, an_action, carry_out, of_a_clinic, of_day, pass_session
from clinic_desk.commands.own_clinic import ClinicCommand
from clinic_desk.inputs import take_number, take_number_if_given
from clinic_desk.session import DeskSession
from common.domain.newborns import BIRTH_ORDER_MAX
from common.terminal.prompts import WentBack, ask, can_ask
from common.terminal.registration import given_answers, take_date_of_birth
from common.terminal.usage import ExplainedChoice, UsageProblem
from common.translation import N_
from common.words import tickets as ticket_words
from common.words.patient_answers import CHECKS, complaint_about

_REASONS: Final = {word: ticket_words.CANCEL_REASONS[code] for word, code in CANCEL_REASONS.items()}

_QUESTIONS: Final = {
    "medical_record_number": N_("Right medical record number (empty: stays)"),
    "name": N_("Right full name (empty: stays)"),
    "date_of_birth": N_("Right date of birth, for example 1990-01-31, or 1990 (empty: stays)"),
}


@click.command(
    "cancel",
    cls=ClinicCommand,
    help=N_("Cancel the ticket of a patient, who is told why."),
    epilog="antrean-desk cancel RSHS GIG 17 --reason duplicate",
)
@of_a_clinic
@click.argument("number", metavar=N_("NUMBER"), callback=take_number)
@click.option(
    "--reason",
    metavar=N_("REASON"),
    type=ExplainedChoice([*_REASONS], _REASONS),
    required=True,
    help=N_("Why: the wrong person, asked at the counter, a duplicate. The patient sees it."),
)
@of_day
@an_action
@pass_session
def cancel(
    session: DeskSession,
    hospital: str,
    clinic: str,
    number: int,
    reason: str,
    day: str | None,
    request_id: RequestId,
) -> None:
    carry_out(session, Desk(hospital, clinic, request_id).cancel(number, reason, day))


@click.command(
    "correct",
    cls=ClinicCommand,
    help=N_("Correct the data of a ticket's patient; without options they are asked for."),
    epilog="antrean-desk correct RSHS GIG 17 --dob 31-01-1990",
)
@of_a_clinic
@click.argument("number", metavar=N_("NUMBER"), callback=take_number)
@click.option("--mrn", metavar=N_("NUMBER"), help=N_("The right medical record number."))
@click.option("--name", metavar=N_("NAME"), help=N_("The right full name."))
@click.option(
    "--dob", metavar=N_("DATE"), callback=take_date_of_birth, help=N_("The right date of birth: 31-01-1990.")
)
@click.option(
    "--newborn",
    metavar=N_("WHICH"),
    type=click.IntRange(0, BIRTH_ORDER_MAX),
    help=N_("Which baby of the mother with that number it is: 1 to 9; 0: the number is the patient's own."),
)
@of_day
@an_action
@pass_session
def correct(
    session: DeskSession,
    hospital: str,
    clinic: str,
    number: int,
    mrn: str | None,
    name: str | None,
    dob: str | None,
    newborn: int | None,
    day: str | None,
    request_id: RequestId,
) -> None:
    data: dict[str, Any] = {**given_answers(mrn, name, dob)}
    if newborn is not None:
        data["newborn"] = newborn
    data = data or _answers(session)
    carry_out(session, Desk(hospital, clinic, request_id).correct(number, data, day))


def _answers(session: DeskSession) -> dict[str, Any]:
    """What is answered on the terminal; raises UsageProblem where nobody is there, Abort where all stays."""
    if not can_ask():
        raise UsageProblem(N_("Give at least one of --mrn, --name, --dob and --newborn."))
    answers: dict[str, Any] = {}
    for field in _QUESTIONS:
        with suppress(WentBack):
            answers[field] = _answer(field, session)
    if not answers:
        raise click.Abort
    return answers


def _answer(field: str, session: DeskSession) -> str:
    texts = session.texts
    return ask(texts(_QUESTIONS[field]), CHECKS[field], lambda error: complaint_about(field, error, texts))


@click.command(
    "undo",
    cls=ClinicCommand,
    help=N_("Take back the last thing done with a ticket, or in a room, within ten minutes."),
    epilog="antrean-desk undo RSHS GIG --room 2",
)
@of_a_clinic
@click.option(
    "--number",
    metavar=N_("NUMBER"),
    callback=take_number_if_given,
    help=N_("What was done with this ticket."),
)
@click.option("--room", metavar=N_("ROOM"), type=int, help=N_("What was done in this room."))
@of_day
@an_action
@pass_session
def undo(
    session: DeskSession,
    hospital: str,
    clinic: str,
    number: int | None,
    room: int | None,
    day: str | None,
    request_id: RequestId,
) -> None:
    if (number is None) == (room is None):
        raise click.UsageError(session.texts("Give either --number or --room."))
    carry_out(session, Desk(hospital, clinic, request_id).undo(number=number, room=room, day=day))
