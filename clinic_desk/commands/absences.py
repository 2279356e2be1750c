"""The commands that say that a room, or the whole clinic, is away, and back."""

from datetime import datetime, time
from typing import Final

import click

from clinic_desk.actions import Desk
from clinic_desk.commands.options import RequestId, an_action, carry_out, of_a_clinic, pass_session
from clinic_desk.commands.own_clinic import ClinicCommand
from clinic_desk.inputs import take_until, until_at
from clinic_desk.session import DeskSession
from common.terminal.usage import ExplainedChoice
from common.translation import N_
from common.words.absences import REASONS

_room: Final = click.option(
    "--room", metavar=N_("ROOM"), type=int, help=N_("Which room; without it, the whole clinic.")
)


@click.command(
    "away",
    cls=ClinicCommand,
    help=N_("Say that a room, or the clinic, is away: patients see why, and until when."),
    epilog="antrean-desk away RSHS GIG --reason late --until 09:30",
)
@of_a_clinic
@_room
@click.option(
    "--reason",
    metavar=N_("REASON"),
    required=True,
    type=ExplainedChoice([*REASONS], REASONS),
    help=N_("Why. Required."),
)
@click.option(
    "--until",
    metavar=N_("TIME"),
    callback=take_until,
    help=N_("Until about when by the hospital's clocks (14:00), or in ISO 8601; without it: not known."),
)
@an_action
@pass_session
def away(
    session: DeskSession,
    hospital: str,
    clinic: str,
    room: int | None,
    reason: str,
    until: datetime | time | None,
    request_id: RequestId,
) -> None:
    moment = None if until is None else until_at(session, hospital, until)
    carry_out(session, Desk(hospital, clinic, request_id).away(reason, room, moment))


@click.command(
    "back",
    cls=ClinicCommand,
    help=N_("Say that a room, or the clinic, is back. A call says so, too."),
    epilog="antrean-desk back RSHS GIG --room 2",
)
@of_a_clinic
@_room
@an_action
@pass_session
def back(session: DeskSession, hospital: str, clinic: str, room: int | None, request_id: RequestId) -> None:
    carry_out(session, Desk(hospital, clinic, request_id).back(room))
