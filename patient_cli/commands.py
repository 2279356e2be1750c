"""The commands of `antrean`: each asks, and prints what it got."""

import math
import sys
import uuid

import click

from patient_cli import hospital_requests
from patient_cli.failures import ProblemAnswer
from patient_cli.hospital_requests import Registration, normal_code, unknown_tickets
from patient_cli.localised import LocalisedGroup
from patient_cli.moments import parse_date_of_birth
from patient_cli.output import print_json, print_ticket, print_tickets
from patient_cli.remembered import show_remembered
from patient_cli.session import Session

pass_session = click.make_pass_decorator(Session)


def _date_of_birth(ctx: click.Context, parameter: click.Parameter, text: str) -> str:
    try:
        return parse_date_of_birth(text)
    except ValueError as error:
        raise click.BadParameter("usage.date_of_birth", ctx, parameter) from error


def _interval(ctx: click.Context, parameter: click.Parameter, seconds: float) -> float:
    if math.isnan(seconds):  # which click finds in every range
        raise click.BadParameter("", ctx, parameter)
    return seconds


def _print_version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import PackageNotFoundError, version

        try:
            click.echo(f"antrean {version('antrean')}")
        except PackageNotFoundError:
            click.echo("antrean (not installed)")
        ctx.exit()


@click.group("antrean", cls=LocalisedGroup, invoke_without_command=True, help="help.antrean")
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="help.version"
)
@pass_session
@click.pass_context
def antrean(ctx: click.Context, session: Session) -> None:
    if ctx.invoked_subcommand is not None:
        return
    if sys.stdin.isatty() and sys.stdout.isatty():
        from patient_cli.menu import run_menu

        run_menu(session)
    else:
        click.echo(ctx.get_help())


@antrean.command("hospitals", help="help.hospitals")
@pass_session
def hospitals(session: Session) -> None:
    found = hospital_requests.hospitals(session)
    if session.as_json:
        print_json(found)
    elif not found:
        click.echo(session.texts("table.no_hospital"))
    else:
        from patient_cli.tables import hospital_table, print_table

        print_table(hospital_table(found, session.texts))


@antrean.command("clinics", help="help.clinics", epilog="antrean clinics RSHS --open")
@click.argument("hospital")
@click.option("--open", "open_only", is_flag=True, help="help.open")
@pass_session
def clinics(session: Session, hospital: str, open_only: bool) -> None:
    found = hospital_requests.clinics(session, normal_code(hospital), open_only=open_only)
    if session.as_json:
        print_json(found)
    elif not found:
        click.echo(session.texts("table.no_clinic"))
    else:
        from patient_cli.tables import clinic_table, print_table

        print_table(clinic_table(found, session.texts))


@antrean.command(
    "register",
    help="help.register",
    epilog='antrean register RSHS GIG --mrn 00123456 --name "Siti Aminah" --dob 31-01-1990',
)
@click.argument("hospital")
@click.argument("clinic")
@click.option("--mrn", required=True, help="help.mrn")
@click.option("--name", required=True, help="help.name")
@click.option("--dob", required=True, callback=_date_of_birth, help="help.dob")
@click.option("--request-id", type=click.UUID, help="help.request_id")
@pass_session
def register(
    session: Session, hospital: str, clinic: str, mrn: str, name: str, dob: str, request_id: uuid.UUID | None
) -> None:
    wish = Registration(
        normal_code(hospital), normal_code(clinic), mrn, name, dob, str(request_id or uuid.uuid4())
    )
    ticket = hospital_requests.take_ticket(session, wish)
    print_ticket(session, ticket)
    if not session.as_json:
        command = session.command_line("watch", ticket["ticket_code"])
        click.echo(session.texts("ticket.keep_code", command=command))


@antrean.command("status", help="help.status", epilog="antrean status 7K3F-9QXM-2T5R")
@click.argument("codes", metavar="CODE...", nargs=-1, required=True)
@pass_session
def status(session: Session, codes: tuple[str, ...]) -> None:
    found, not_found = hospital_requests.look_up(session, list(dict.fromkeys(codes)))
    if len(found) == 1 and not session.as_json:
        print_ticket(session, found[0])
    else:
        print_tickets(session, found)
    if not_found:
        raise ProblemAnswer(unknown_tickets(not_found))


@antrean.command("tickets", help="help.tickets")
@pass_session
def tickets(session: Session) -> None:
    show_remembered(session)


@antrean.command("cancel", help="help.cancel")
@click.argument("code")
@pass_session
def cancel(session: Session, code: str) -> None:
    print_ticket(session, hospital_requests.give_up(session, code))


@antrean.command("watch", help="help.watch")
@click.argument("code")
@click.option(
    "--interval", type=click.FloatRange(0.1, 3600), default=3.0, callback=_interval, help="help.interval"
)
@pass_session
def watch(session: Session, code: str, interval: float) -> None:
    from patient_cli.watch import watch_ticket

    watch_ticket(session, code, interval)
