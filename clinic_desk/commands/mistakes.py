"""The commands that mend what went wrong: a ticket of the wrong person."""

from typing import Final

import click

from clinic_desk.actions import CANCEL_REASONS, Desk
from clinic_desk.commands.options import RequestId, an_action, carry_out, of_a_clinic, of_day, pass_session
from clinic_desk.commands.own_clinic import ClinicCommand
from clinic_desk.inputs import take_number
from clinic_desk.session import DeskSession
from common.terminal import card
from common.terminal.usage import ExplainedChoice
from common.translation import N_

_REASONS: Final = {word: card.CANCEL_REASONS[code] for word, code in CANCEL_REASONS.items()}


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
