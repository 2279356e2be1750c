"""The commands of `antrean-desk`: each asks, and prints what it got."""

import sys
from collections.abc import Callable, Mapping
from datetime import datetime, time
from typing import Any, Final

import click

from clinic_desk.actions import NO_REASON, Action, Desk, desk_registration
from clinic_desk.inputs import take_day, take_number, take_until, until_at
from clinic_desk.output import done_text, queue_text
from clinic_desk.queue_view import PRIORITIES
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
from common.terminal.usage import ExplainedChoice, UsageProblem
from common.translation import N_

pass_session = click.make_pass_decorator(DeskSession)

RequestId = str | None
Command = Callable[..., Any]

_MODE: Final = ExplainedChoice(
    [mode.value for mode in QueueMode], {"clock": N_("by itself"), "desk": N_("staff call")}
)
_REASONS: Final = [reason.value for reason in PriorityReason]


def _take_operator(ctx: click.Context, _parameter: click.Parameter, name: str | None) -> None:
    if name is not None:
        ctx.find_object(DeskSession).operator_given = name  # type: ignore[union-attr]


def _normalise(_ctx: click.Context, _parameter: click.Parameter, code: str | None) -> str | None:
    return None if code is None else normal_code(code)


operator_option = click.option(
    "--operator",
    metavar=N_("NAME"),
    expose_value=False,
    callback=_take_operator,
    help=N_("Who you are, for the record (ANTREAN_OPERATOR; else the login name)."),
)


def _together(*decorators: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


of_a_clinic = _together(
    click.argument("hospital", metavar=N_("HOSPITAL"), callback=_normalise),
    click.argument("clinic", metavar=N_("CLINIC"), callback=_normalise),
    operator_option,
)
"""The arguments and options of every command for a clinic."""

an_action = click.option(
    "--request-id",
    metavar=N_("ID"),
    type=click.UUID,
    callback=take_request_id,
    help=N_("Repeat an action that got no answer, by its request id; it never happens twice."),
)

with_until = _together(
    click.option(
        "--until",
        metavar=N_("TIME"),
        callback=take_until,
        help=N_(
            "Until when by the hospital's clocks (14:00), or in ISO 8601; without it: the end of the day."
        ),
    ),
    click.option("--reason", metavar=N_("REASON"), help=N_("Why, for the record.")),
)


@click.group(
    "antrean-desk",
    cls=LocalisedGroup,
    invoke_without_command=True,
    help=N_("The clinic's desk: run the queue. Without a command, on a terminal: the live console."),
)
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


@antrean_desk.command(
    "console",
    help=N_("The live console: the queue as it moves, one key for each action."),
    epilog="antrean-desk console RSHS GIG --room 2",
)
@click.argument("hospital", metavar=N_("HOSPITAL"), required=False, callback=_normalise)
@click.argument("clinic", metavar=N_("CLINIC"), required=False, callback=_normalise)
@click.option(
    "--room", metavar=N_("ROOM"), type=click.IntRange(1), default=1, help=N_("This console's room (1).")
)
@operator_option
@pass_session
def console(session: DeskSession, hospital: str | None, clinic: str | None, room: int) -> None:
    _run_console(session, hospital, clinic, room)


def _run_console(session: DeskSession, hospital: str | None, clinic: str | None, room: int) -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        command = session.command_line("queue", hospital or "RSHS", clinic or "GIG")
        raise UsageProblem(N_("The console needs a terminal; in scripts use `{command}`."), command=command)
    # Only here: commands have to be quick to start.
    from clinic_desk.console.app import run_console

    run_console(session, hospital, clinic, room)


# --- the queue ------------------------------------------------------------------------------------------


@antrean_desk.command(
    "queue",
    help=N_("Show who is in the rooms, waits, or did not come."),
    epilog="antrean-desk queue RSHS GIG",
)
@of_a_clinic
@click.option("--names", is_flag=True, help=N_("Show the patients' names, too."))
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


@antrean_desk.command(
    "next",
    help=N_("Complete who is in the room, and call the next."),
    epilog="antrean-desk next RSHS GIG --room 2",
)
@of_a_clinic
@click.option(
    "--room", metavar=N_("ROOM"), type=int, required=True, help=N_("The room that calls. Required.")
)
@an_action
@pass_session
def call_next(session: DeskSession, hospital: str, clinic: str, room: int, request_id: RequestId) -> None:
    _do(session, _desk(hospital, clinic, request_id).call_next(room))


_of_day = click.option(
    "--date",
    "day",
    metavar=N_("DATE"),
    callback=take_day,
    help=N_("The service day of the ticket, where it is of the day before."),
)


def _ticket_command(name: str, help_text: str) -> None:
    @antrean_desk.command(name, help=help_text, epilog=f"antrean-desk {name} RSHS GIG 17")
    @of_a_clinic
    @click.argument("number", metavar=N_("NUMBER"), callback=take_number)
    @_of_day
    @an_action
    @pass_session
    def command(
        session: DeskSession, hospital: str, clinic: str, number: int, day: str | None, request_id: RequestId
    ) -> None:
        _do(session, _desk(hospital, clinic, request_id).with_ticket(name, number, day))


_ticket_command("recall", N_("Call once more."))
_ticket_command("start", N_("The patient has come; service begins."))
_ticket_command("complete", N_("The service is over."))
_ticket_command("no-show", N_("The called patient did not come."))
_ticket_command("reinstate", N_("A no-show has come after all and waits again."))


@antrean_desk.command(
    "priority",
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
    help=N_("Why: age, disability, pregnancy, infant; none takes it back."),
)
@an_action
@pass_session
def priority(
    session: DeskSession, hospital: str, clinic: str, number: int, reason: str, request_id: RequestId
) -> None:
    _do(session, _desk(hospital, clinic, request_id).set_priority(number, reason))


@antrean_desk.command(
    "transfer",
    help=N_("Send a patient to another clinic."),
    epilog="antrean-desk transfer RSHS GIG 17 --to INT",
)
@of_a_clinic
@click.argument("number", metavar=N_("NUMBER"), callback=take_number)
@click.option(
    "--to",
    "to_clinic",
    metavar=N_("CLINIC"),
    required=True,
    callback=_normalise,
    help=N_("Code of the other clinic. Required."),
)
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
    help=N_("Register a patient at the counter; what is left out is asked for."),
    epilog='antrean-desk register RSHS GIG --mrn 00123456 --name "Siti Aminah" --dob 31-01-1990',
)
@registration_options(place_required=True)
@click.option(
    "--priority", type=ExplainedChoice(_REASONS, PRIORITIES), help=N_("Why the patient has priority.")
)
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
            desk_registration(Registration(*place, **answers, request_id=request_id), priority)
        )

    print_ticket(session, register_asking(session, given_answers(mrn, name, dob), request_id, send))


# --- the clinic -----------------------------------------------------------------------------------------


def _moment(session: DeskSession, hospital: str, until: datetime | time | None) -> str | None:
    return None if until is None else until_at(session, hospital, until)


@antrean_desk.command("open", help=N_("Open the clinic."), epilog="antrean-desk open RSHS GIG --until 14:00")
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
    desk = _desk(hospital, clinic, request_id)
    _do(session, desk.close(cancel_waiting=cancel_waiting, until=moment, reason=reason))


@antrean_desk.command("rooms", help=N_("Rooms serving from now on."), epilog="antrean-desk rooms RSHS GIG 3")
@of_a_clinic
@click.argument("rooms", metavar=N_("COUNT"), type=int)
@an_action
@pass_session
def set_rooms(session: DeskSession, hospital: str, clinic: str, rooms: int, request_id: RequestId) -> None:
    _do(session, _desk(hospital, clinic, request_id).set_rooms(rooms))


@antrean_desk.command(
    "mode", help=N_("Let the clock or the desk move the queue."), epilog="antrean-desk mode RSHS GIG desk"
)
@of_a_clinic
@click.argument("mode", metavar=N_("MODE"), type=_MODE)
@an_action
@pass_session
def set_mode(session: DeskSession, hospital: str, clinic: str, mode: str, request_id: RequestId) -> None:
    _do(session, _desk(hospital, clinic, request_id).set_mode(mode))


@antrean_desk.command(
    "report",
    help=N_("What one clinic, or all, did on a day."),
    epilog="antrean-desk report RSHS --date 2026-11-23 --csv",
)
@click.argument("hospital", metavar=N_("HOSPITAL"), callback=_normalise)
@click.argument("clinic", metavar=N_("CLINIC"), required=False, callback=_normalise)
@click.option("--date", "day", metavar=N_("DATE"), callback=take_day, help=N_("The day; today without it."))
@click.option("--hours", is_flag=True, help=N_("Also by the hour of registration."))
@click.option("--csv", "as_csv", is_flag=True, help=N_("CSV by the hour, for spreadsheets."))
@operator_option
@pass_session
def report(
    session: DeskSession, hospital: str, clinic: str | None, day: str | None, hours: bool, as_csv: bool
) -> None:
    if session.as_json and as_csv:
        raise UsageProblem(
            N_("{one} and {other} cannot be used together; choose one."), one="--json", other="--csv"
        )
    from clinic_desk.report import collect, print_report, write_csv

    found = collect(session, hospital, clinic, day)
    if session.as_json:
        print_json(found)
    elif as_csv:
        write_csv(found)
    else:
        print_report(session.texts, found, hours=hours)
