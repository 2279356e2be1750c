"""The commands for one ticket, and those that call or register a patient."""

from collections.abc import Mapping
from typing import Final

import click

from clinic_desk.actions import NO_REASON, Desk, desk_registration
from clinic_desk.commands.options import (
    RequestId,
    an_action,
    carry_out,
    of_a_clinic,
    of_day,
    pass_session,
    to_clinic_option,
    user_option,
)
from clinic_desk.commands.own_clinic import ClinicCommand
from clinic_desk.inputs import take_number
from clinic_desk.session import DeskSession
from common.domain.tickets import PriorityReason
from common.terminal.event_words import CALL_REASONS
from common.terminal.hospitals import normal_code
from common.terminal.output import print_ticket
from common.terminal.registration import Registration, given_answers, register_asking, registration_options
from common.terminal.usage import ExplainedChoice
from common.translation import N_
from common.words.lanes import PRIORITIES
from common.words.tickets import Ticket

_REASONS: Final = [reason.value for reason in PriorityReason]


_room = click.option(
    "--room", metavar=N_("ROOM"), type=int, required=True, help=N_("The room that calls. Required.")
)
_anyhow = click.option(
    "--anyhow", is_flag=True, help=N_("Call also a patient who is in a room of another clinic.")
)


@click.command(
    "next",
    cls=ClinicCommand,
    help=N_("Complete who is in the room, and call the next."),
    epilog="antrean-desk next RSHS GIG --room 2",
)
@of_a_clinic
@_room
@_anyhow
@an_action
@pass_session
def call_next(
    session: DeskSession, hospital: str, clinic: str, room: int, anyhow: bool, request_id: RequestId
) -> None:
    carry_out(session, Desk(hospital, clinic, request_id).call_next(room, anyhow=anyhow))


@click.command(
    "call",
    cls=ClinicCommand,
    help=N_("Complete who is in the room, and call a number out of turn."),
    epilog="antrean-desk call RSHS GIG 17 --room 2 --reason emergency",
)
@of_a_clinic
@click.argument("number", metavar=N_("NUMBER"), callback=take_number)
@_room
@click.option(
    "--reason",
    metavar=N_("REASON"),
    type=ExplainedChoice([*CALL_REASONS], CALL_REASONS),
    required=True,
    help=N_("Why: emergency, results, doctor. Required."),
)
@_anyhow
@an_action
@pass_session
def call(
    session: DeskSession,
    hospital: str,
    clinic: str,
    number: int,
    room: int,
    reason: str,
    anyhow: bool,
    request_id: RequestId,
) -> None:
    action = Desk(hospital, clinic, request_id).call(number, room, reason, anyhow=anyhow)
    carry_out(session, action)


def _ticket_command(name: str, help_text: str) -> click.Command:
    @click.command(name, cls=ClinicCommand, help=help_text, epilog=f"antrean-desk {name} RSHS GIG 17")
    @of_a_clinic
    @click.argument("number", metavar=N_("NUMBER"), callback=take_number)
    @of_day
    @an_action
    @pass_session
    def command(
        session: DeskSession, hospital: str, clinic: str, number: int, day: str | None, request_id: RequestId
    ) -> None:
        carry_out(session, Desk(hospital, clinic, request_id).with_ticket(name, number, day))

    return command


recall = _ticket_command("recall", N_("Call once more."))
start = _ticket_command("start", N_("The patient has come; service begins."))
complete = _ticket_command("complete", N_("The service is over."))
no_show = _ticket_command("no-show", N_("The called patient did not come."))
reinstate = _ticket_command("reinstate", N_("A no-show has come after all and waits again."))
skip = _ticket_command("skip", N_("Who is late goes behind the next ones of the lane."))
park = _ticket_command("park", N_("The called patient is not ready: on hold, and the room is free."))
unpark = _ticket_command("unpark", N_("A patient on hold is ready, and is called next."))


@click.command(
    "priority",
    cls=ClinicCommand,
    help=N_("Give a waiting patient priority, or take it back."),
    epilog="antrean-desk priority RSHS GIG 17 --reason pregnancy",
)
@of_a_clinic
@click.argument("number", metavar=N_("NUMBER"), callback=take_number)
@click.option(
    "--reason",
    metavar=N_("REASON"),
    type=ExplainedChoice([*_REASONS, NO_REASON], {**PRIORITIES, NO_REASON: N_("takes it back")}),
    required=True,
    help=N_("Why: emergency, urgent, age, disability, pregnancy, infant; none takes it back."),
)
@an_action
@pass_session
def priority(
    session: DeskSession, hospital: str, clinic: str, number: int, reason: str, request_id: RequestId
) -> None:
    carry_out(session, Desk(hospital, clinic, request_id).set_priority(number, reason))


@click.command(
    "transfer",
    cls=ClinicCommand,
    help=N_("Send a patient to another clinic."),
    epilog="antrean-desk transfer RSHS GIG 17 --to INT",
)
@of_a_clinic
@click.argument("number", metavar=N_("NUMBER"), callback=take_number)
@to_clinic_option
@of_day
@an_action
@pass_session
def transfer(
    session: DeskSession,
    hospital: str,
    clinic: str,
    number: int,
    to_clinic: str,
    day: str | None,
    request_id: RequestId,
) -> None:
    carry_out(session, Desk(hospital, clinic, request_id).transfer(number, to_clinic, day))


@click.command(
    "send",
    cls=ClinicCommand,
    help=N_("Send a patient on to the next station of the visit."),
    epilog="antrean-desk send RSHS GIG 17 --to LAB --return",
)
@of_a_clinic
@click.argument("number", metavar=N_("NUMBER"), callback=take_number)
@to_clinic_option
@click.option(
    "--return",
    "returns",
    is_flag=True,
    help=N_("The patient comes back to this queue when served there."),
)
@of_day
@an_action
@pass_session
def send(
    session: DeskSession,
    hospital: str,
    clinic: str,
    number: int,
    to_clinic: str,
    day: str | None,
    request_id: RequestId,
    *,
    returns: bool,
) -> None:
    carry_out(session, Desk(hospital, clinic, request_id).send(number, to_clinic, day, returns=returns))


@click.command(
    "register",
    cls=ClinicCommand,
    help=N_("Register a patient at the counter; what is left out is asked for."),
    epilog='antrean-desk register RSHS GIG --mrn 00123456 --name "Siti Aminah" --dob 31-01-1990',
)
@registration_options(place_required=True)
@click.option(
    "--priority", type=ExplainedChoice(_REASONS, PRIORITIES), help=N_("Why the patient has priority.")
)
@user_option
@pass_session
def register(
    session: DeskSession,
    hospital: str,
    clinic: str,
    mrn: str | None,
    name: str | None,
    dob: str | None,
    newborn: int | None,
    request_id: RequestId,
    priority: str | None,
) -> None:
    place = (normal_code(hospital), normal_code(clinic))

    def send(answers: Mapping[str, str], request_id: str) -> Ticket:
        registration = Registration(*place, **answers, request_id=request_id, newborn=newborn)
        return session.carry_out(desk_registration(registration, priority))

    given = given_answers(mrn, name, dob)
    print_ticket(session, register_asking(session, given, request_id, send, newborn=newborn))
