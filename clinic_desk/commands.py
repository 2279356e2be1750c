"""The commands of `antrean-desk`: each asks, and prints what it got."""

import sys
from collections.abc import Callable, Mapping
from datetime import datetime, time
from typing import Any, Final

import click

from clinic_desk.actions import NO_REASON, TICKET_REQUESTS, Action, Desk, registration
from clinic_desk.inputs import take_day, take_number, take_until, until_at
from clinic_desk.output import done_text, queue_text
from clinic_desk.session import DeskSession
from common.domain.catalog import QueueMode
from common.domain.tickets import PriorityReason
from common.terminal.card import Ticket
from common.terminal.hospitals import normal_code
from common.terminal.layout import terminal_width
from common.terminal.localised import LocalisedGroup, version_option
from common.terminal.output import print_json, print_result, print_ticket
from common.terminal.registration import Registration, given_answers, register_asking, registration_options
from common.terminal.requesting import take_request_id
from common.terminal.usage import UsageProblem

pass_session = click.make_pass_decorator(DeskSession)

RequestId = str | None
Command = Callable[..., Any]

_REASONS: Final = [reason.value for reason in PriorityReason]


def _take_operator(ctx: click.Context, _parameter: click.Parameter, name: str | None) -> None:
    if name is not None:
        ctx.find_object(DeskSession).operator_given = name  # type: ignore[union-attr]


def _normalise(_ctx: click.Context, _parameter: click.Parameter, code: str | None) -> str | None:
    return None if code is None else normal_code(code)


operator_option = click.option(
    "--operator", expose_value=False, callback=_take_operator, help="help.operator"
)


def _together(*decorators: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


of_a_clinic = _together(
    click.argument("hospital", callback=_normalise),
    click.argument("clinic", callback=_normalise),
    operator_option,
)
"""The arguments and options of every command for a clinic."""

an_action = click.option("--request-id", type=click.UUID, callback=take_request_id, help="help.request_id")

with_until = _together(
    click.option("--until", callback=take_until, help="help.until"),
    click.option("--reason", help="help.state_reason"),
)


@click.group("antrean-desk", cls=LocalisedGroup, invoke_without_command=True, help="help.antrean_desk")
@version_option
@operator_option
@pass_session
@click.pass_context
def antrean_desk(ctx: click.Context, session: DeskSession) -> None:
    if ctx.invoked_subcommand is not None:
        return
    if sys.stdin.isatty() and sys.stdout.isatty():
        _run_console(session, None, None, 1)
    else:
        click.echo(ctx.get_help())


@antrean_desk.command("console", help="help.console", epilog="antrean-desk console RSHS GIG --room 2")
@click.argument("hospital", required=False, callback=_normalise)
@click.argument("clinic", required=False, callback=_normalise)
@click.option("--room", type=click.IntRange(1), default=1, help="help.console_room")
@operator_option
@pass_session
def console(session: DeskSession, hospital: str | None, clinic: str | None, room: int) -> None:
    _run_console(session, hospital, clinic, room)


def _run_console(session: DeskSession, hospital: str | None, clinic: str | None, room: int) -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        command = session.command_line("queue", hospital or "RSHS", clinic or "GIG")
        raise UsageProblem("usage.no_terminal", command=command)
    # Only here: commands have to be quick to start.
    from clinic_desk.console.app import run_console

    run_console(session, hospital, clinic, room)


# --- the queue ------------------------------------------------------------------------------------------


@antrean_desk.command("queue", help="help.queue", epilog="antrean-desk queue RSHS GIG")
@of_a_clinic
@click.option("--names", is_flag=True, help="help.names")
@pass_session
def queue(session: DeskSession, hospital: str, clinic: str, names: bool) -> None:
    found = session.queue(hospital, clinic, with_names=names)
    print_result(session, found, lambda: queue_text(found, session.texts, terminal_width()))


def _do(session: DeskSession, action: Action) -> None:
    done = session.carry_out(action)
    print_result(session, done, lambda: done_text(done, action.body, session.texts, terminal_width()))


def _desk(hospital: str, clinic: str, request_id: RequestId) -> Desk:
    return Desk(hospital, clinic, request_id)


# --- tickets --------------------------------------------------------------------------------------------


@antrean_desk.command("next", help="help.next", epilog="antrean-desk next RSHS GIG --room 2")
@of_a_clinic
@click.option("--room", type=int, required=True, help="help.room")
@an_action
@pass_session
def call_next(session: DeskSession, hospital: str, clinic: str, room: int, request_id: RequestId) -> None:
    _do(session, _desk(hospital, clinic, request_id).call_next(room))


_of_day = click.option("--date", "day", metavar="DATE", callback=take_day, help="help.ticket_date")


def _ticket_command(name: str) -> None:
    @antrean_desk.command(
        name, help=f"help.{name.replace('-', '_')}", epilog=f"antrean-desk {name} RSHS GIG 17"
    )
    @of_a_clinic
    @click.argument("number", callback=take_number)
    @_of_day
    @an_action
    @pass_session
    def command(
        session: DeskSession, hospital: str, clinic: str, number: int, day: str | None, request_id: RequestId
    ) -> None:
        _do(session, _desk(hospital, clinic, request_id).with_ticket(name, number, day))


for _name in TICKET_REQUESTS:
    _ticket_command(_name)


@antrean_desk.command(
    "priority", help="help.priority", epilog="antrean-desk priority RSHS GIG 17 --reason pregnancy"
)
@of_a_clinic
@click.argument("number", callback=take_number)
@click.option("--reason", type=click.Choice([*_REASONS, NO_REASON]), required=True, help="help.reason")
@an_action
@pass_session
def priority(
    session: DeskSession, hospital: str, clinic: str, number: int, reason: str, request_id: RequestId
) -> None:
    _do(session, _desk(hospital, clinic, request_id).set_priority(number, reason))


@antrean_desk.command("transfer", help="help.transfer", epilog="antrean-desk transfer RSHS GIG 17 --to INT")
@of_a_clinic
@click.argument("number", callback=take_number)
@click.option("--to", "to_clinic", required=True, callback=_normalise, help="help.to")
@_of_day
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
    _do(session, _desk(hospital, clinic, request_id).transfer(number, to_clinic, day))


@antrean_desk.command(
    "register",
    help="help.desk_register",
    epilog='antrean-desk register RSHS GIG --mrn 00123456 --name "Siti Aminah" --dob 31-01-1990',
)
@registration_options(place_required=True)
@click.option("--priority", type=click.Choice(_REASONS), help="help.register_priority")
@operator_option
@pass_session
def register(
    session: DeskSession,
    hospital: str,
    clinic: str,
    mrn: str | None,
    name: str | None,
    dob: str | None,
    request_id: RequestId,
    priority: str | None,
) -> None:
    place = (normal_code(hospital), normal_code(clinic))

    def send(answers: Mapping[str, str], request_id: str) -> Ticket:
        return session.carry_out(
            registration(Registration(*place, **answers, request_id=request_id), priority)
        )

    print_ticket(session, register_asking(session, given_answers(mrn, name, dob), request_id, send))


# --- the clinic -----------------------------------------------------------------------------------------


def _moment(session: DeskSession, hospital: str, until: datetime | time | None) -> str | None:
    return None if until is None else until_at(session, hospital, until)


@antrean_desk.command("open", help="help.open_clinic", epilog="antrean-desk open RSHS GIG --until 14:00")
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
    _do(session, _desk(hospital, clinic, request_id).open(moment, reason))


@antrean_desk.command(
    "close",
    help="help.close_clinic",
    epilog='antrean-desk close RSHS GIG --cancel-waiting --reason "Dokter sakit"',
)
@of_a_clinic
@click.option("--drain", is_flag=True, help="help.drain")
@click.option("--cancel-waiting", is_flag=True, help="help.cancel_waiting")
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
        raise UsageProblem("usage.not_both", one="--drain", other="--cancel-waiting")
    moment = _moment(session, hospital, until)
    desk = _desk(hospital, clinic, request_id)
    _do(session, desk.close(cancel_waiting=cancel_waiting, until=moment, reason=reason))


@antrean_desk.command("rooms", help="help.rooms", epilog="antrean-desk rooms RSHS GIG 3")
@of_a_clinic
@click.argument("rooms", type=int)
@an_action
@pass_session
def set_rooms(session: DeskSession, hospital: str, clinic: str, rooms: int, request_id: RequestId) -> None:
    _do(session, _desk(hospital, clinic, request_id).set_rooms(rooms))


@antrean_desk.command("mode", help="help.mode", epilog="antrean-desk mode RSHS GIG desk")
@of_a_clinic
@click.argument("mode", type=click.Choice([mode.value for mode in QueueMode]))
@an_action
@pass_session
def set_mode(session: DeskSession, hospital: str, clinic: str, mode: str, request_id: RequestId) -> None:
    _do(session, _desk(hospital, clinic, request_id).set_mode(mode))


@antrean_desk.command("report", help="help.report", epilog="antrean-desk report RSHS --date 2026-11-23 --csv")
@click.argument("hospital", callback=_normalise)
@click.argument("clinic", required=False, callback=_normalise)
@click.option("--date", "day", callback=take_day, help="help.report_date")
@click.option("--hours", is_flag=True, help="help.report_hours")
@click.option("--csv", "as_csv", is_flag=True, help="help.report_csv")
@operator_option
@pass_session
def report(
    session: DeskSession, hospital: str, clinic: str | None, day: str | None, hours: bool, as_csv: bool
) -> None:
    if session.as_json and as_csv:
        raise UsageProblem("usage.not_both", one="--json", other="--csv")
    from clinic_desk.report import collect, print_report, write_csv

    found = collect(session, hospital, clinic, day)
    if session.as_json:
        print_json(found)
    elif as_csv:
        write_csv(found)
    else:
        print_report(session.texts, found, hours=hours)
