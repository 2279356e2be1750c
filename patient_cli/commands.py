"""The commands of `antrean`: each asks, and prints what it got."""

import math
import sys
from collections.abc import Mapping

import click

from antrean_client.look_ups import clinics as clinics_of
from antrean_client.look_ups import hospitals as all_hospitals
from common.terminal.failures import ProblemReply
from common.terminal.hospitals import normal_code
from common.terminal.localised import LocalisedCommand
from common.terminal.output import print_json, print_ticket
from common.terminal.prompts import WentBack, can_ask
from common.terminal.registration import (
    Registration,
    given_answers,
    register_asking,
    registration_options,
    require_answers,
)
from common.terminal.tables import print_table
from common.terminal.usage import UsageProblem
from common.translation import N_
from common.words.tickets import Ticket
from patient_cli import ticket_requests
from patient_cli.choosing import choose_clinic, choose_hospital
from patient_cli.output import print_tickets, show_ticket
from patient_cli.remembered import show_remembered
from patient_cli.session import PatientSession
from patient_cli.tables import clinic_table, hospital_table
from patient_cli.ticket_requests import unknown_tickets

pass_session = click.make_pass_decorator(PatientSession)


def _interval(ctx: click.Context, parameter: click.Parameter, seconds: float) -> float:
    if math.isnan(seconds):  # which click finds in every range
        raise click.BadParameter("", ctx, parameter)
    return seconds


@click.command("hospitals", cls=LocalisedCommand, help=N_("List the hospitals."))
@pass_session
def hospitals(session: PatientSession) -> None:
    found = all_hospitals(session)
    if session.as_json:
        print_json(found)
    elif not found:
        session.say("There is no hospital in the system yet.")
    else:
        print_table(hospital_table(found, session.texts))


@click.command(
    "clinics",
    cls=LocalisedCommand,
    help=N_("List the clinics of a hospital."),
    epilog="antrean clinics RSHS --open",
)
@click.argument("hospital", metavar=N_("HOSPITAL"))
@click.option("--open", "open_only", is_flag=True, help=N_("Only the clinics that are open now."))
@pass_session
def clinics(session: PatientSession, hospital: str, open_only: bool) -> None:
    found = clinics_of(session, normal_code(hospital), open_only=open_only)
    if session.as_json:
        print_json(found)
    elif not found:
        session.say("There is no clinic to show.")
    else:
        print_table(clinic_table(found, session.texts))


@click.command(
    "register",
    cls=LocalisedCommand,
    help=N_("Take a number for today."),
    epilog='antrean register RSHS GIG --mrn 00123456 --name "Siti Aminah" --dob 31-01-1990',
)
@registration_options(place_required=False)
@pass_session
def register(
    session: PatientSession,
    hospital: str | None,
    clinic: str | None,
    mrn: str | None,
    name: str | None,
    dob: str | None,
    newborn: int | None,
    request_id: str | None,
) -> None:
    given = given_answers(mrn, name, dob)
    place = _place(session, hospital, clinic, given)

    def send(answers: Mapping[str, str], request_id: str) -> Ticket:
        registration = Registration(*place, **answers, request_id=request_id, newborn=newborn)
        return ticket_requests.take_ticket(session, registration)

    ticket = register_asking(session, given, request_id, send, newborn=newborn)
    print_ticket(session, ticket)
    if not session.as_json:
        command = session.command_line("watch", ticket["ticket_code"])
        session.say("Keep this ticket code. Follow it with: {command}", command=command)


def _place(
    session: PatientSession, hospital: str | None, clinic: str | None, given: Mapping[str, str]
) -> tuple[str, str]:
    """Hospital and clinic as given; chosen from lists where they are not, on a terminal."""
    if hospital is not None and clinic is not None:
        require_answers(given)
        return normal_code(hospital), normal_code(clinic)
    if not (can_ask() and sys.stdout.isatty()):
        missing = N_("HOSPITAL") if hospital is None else N_("CLINIC")
        raise UsageProblem(
            N_("{missing} is missing; only on a terminal is it asked for."), missing=session.texts(missing)
        )
    try:
        code = normal_code(hospital) if hospital else choose_hospital(session)["code"]
        chosen = choose_clinic(session, {"code": code, "name": code})
    except (WentBack, EOFError) as error:
        raise click.Abort from error
    session.disconnect()
    return code, chosen["code"]


@click.command(
    "status",
    cls=LocalisedCommand,
    help=N_("Show tickets by their codes."),
    epilog="antrean status 7K3F-9QXM-2T5R",
)
@click.argument("codes", metavar=N_("CODE"), nargs=-1, required=True)
@pass_session
def status(session: PatientSession, codes: tuple[str, ...]) -> None:
    found, not_found = ticket_requests.look_up(session, list(dict.fromkeys(codes)))
    if len(found) == 1 and not session.as_json:
        show_ticket(session, found[0])
    else:
        print_tickets(session, found)
    if not_found:
        raise ProblemReply(unknown_tickets(not_found))


@click.command("tickets", cls=LocalisedCommand, help=N_("Show every ticket you took, with its status now."))
@pass_session
def tickets(session: PatientSession) -> None:
    show_remembered(session)


@click.command("cancel", cls=LocalisedCommand, help=N_("Give a ticket up."))
@click.argument("code", metavar=N_("CODE"))
@pass_session
def cancel(session: PatientSession, code: str) -> None:
    print_ticket(session, ticket_requests.cancel_ticket(session, code))


@click.command(
    "watch",
    cls=LocalisedCommand,
    help=N_("Follow a ticket: when it is called, where to go, until its service begins."),
)
@click.argument("code", metavar=N_("CODE"))
@click.option(
    "--interval",
    metavar=N_("SECONDS"),
    type=click.FloatRange(0.1, 3600),
    default=3.0,
    callback=_interval,
    help=N_("Seconds between two looks (3)."),
)
@click.option("--until-called", is_flag=True, help=N_("End as soon as it is called."))
@pass_session
def watch(session: PatientSession, code: str, interval: float, *, until_called: bool) -> None:
    from patient_cli.watch import watch_ticket

    watch_ticket(session, code, interval, until_called=until_called)
