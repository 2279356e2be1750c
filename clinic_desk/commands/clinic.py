"""The commands for a clinic as a whole: whether it is open, its rooms, and its mode."""

from datetime import datetime, time
from typing import Final

import click

from clinic_desk.actions import Desk
from clinic_desk.commands.options import (
    RequestId,
    an_action,
    carry_out,
    of_a_clinic,
    pass_session,
    with_until,
)
from clinic_desk.commands.own_clinic import ClinicCommand
from clinic_desk.inputs import until_at
from clinic_desk.session import DeskSession
from common.domain.catalog import QueueMode
from common.terminal.usage import ExplainedChoice, UsageProblem
from common.translation import N_

_MODE: Final = ExplainedChoice(
    [mode.value for mode in QueueMode], {"clock": N_("by itself"), "desk": N_("staff call")}
)


def _moment(session: DeskSession, hospital: str, until: datetime | time | None) -> str | None:
    return None if until is None else until_at(session, hospital, until)


@click.command(
    "open",
    cls=ClinicCommand,
    help=N_("Open the clinic."),
    epilog="antrean-desk open RSHS GIG --until 14:00",
)
@of_a_clinic
@with_until
@an_action
@pass_session
def open_clinic(
    session: DeskSession,
    hospital: str,
    clinic: str,
    until: datetime | time | None,
    reason: str | None,
    request_id: RequestId,
) -> None:
    moment = _moment(session, hospital, until)
    carry_out(session, Desk(hospital, clinic, request_id).open(moment, reason))


@click.command(
    "close",
    cls=ClinicCommand,
    help=N_("Close the clinic to registrations."),
    epilog='antrean-desk close RSHS GIG --cancel-waiting --reason "Dokter sakit"',
)
@of_a_clinic
@click.option("--drain", is_flag=True, help=N_("Those who wait are still called."))
@click.option("--cancel-waiting", is_flag=True, help=N_("The tickets of those who wait are cancelled."))
@with_until
@an_action
@pass_session
def close_clinic(
    session: DeskSession,
    hospital: str,
    clinic: str,
    drain: bool,
    cancel_waiting: bool,
    until: datetime | time | None,
    reason: str | None,
    request_id: RequestId,
) -> None:
    if drain and cancel_waiting:
        raise UsageProblem(
            N_("{one} and {other} cannot be used together; choose one."),
            one="--drain",
            other="--cancel-waiting",
        )
    moment = _moment(session, hospital, until)
    desk = Desk(hospital, clinic, request_id)
    carry_out(session, desk.close(cancel_waiting=cancel_waiting, until=moment, reason=reason))


@click.command(
    "rooms",
    cls=ClinicCommand,
    help=N_("Rooms serving from now on."),
    epilog="antrean-desk rooms RSHS GIG 3",
)
@of_a_clinic
@click.argument("rooms", metavar=N_("COUNT"), type=int)
@an_action
@pass_session
def set_rooms(session: DeskSession, hospital: str, clinic: str, rooms: int, request_id: RequestId) -> None:
    carry_out(session, Desk(hospital, clinic, request_id).set_rooms(rooms))


@click.command(
    "mode",
    cls=ClinicCommand,
    help=N_("Let the clock or the desk move the queue."),
    epilog="antrean-desk mode RSHS GIG desk",
)
@of_a_clinic
@click.argument("mode", metavar=N_("MODE"), type=_MODE)
@an_action
@pass_session
def set_mode(session: DeskSession, hospital: str, clinic: str, mode: str, request_id: RequestId) -> None:
    carry_out(session, Desk(hospital, clinic, request_id).set_mode(mode))
