"""What the commands have in common: their arguments and options, and how an action is carried out."""

from collections.abc import Callable
from typing import Any

import click

from clinic_desk.actions import Action
from clinic_desk.inputs import take_day, take_until
from clinic_desk.output import done_text
from clinic_desk.session import DeskSession
from common.terminal.hospitals import normal_code
from common.terminal.layout import terminal_width
from common.terminal.output import print_result
from common.terminal.requesting import take_request_id
from common.translation import N_

pass_session = click.make_pass_decorator(DeskSession)

RequestId = str | None
Command = Callable[..., Any]


def _take_user(ctx: click.Context, _parameter: click.Parameter, name: str | None) -> None:
    session = ctx.find_object(DeskSession)
    if name and session is not None:
        session.user_given = name


def normalise(_ctx: click.Context, _parameter: click.Parameter, code: str | None) -> str | None:
    """Reads a hospital's or clinic's code."""
    return None if code is None else normal_code(code)


user_option = click.option(
    "--user",
    metavar=N_("NAME"),
    expose_value=False,
    callback=_take_user,
    help=N_("Who you are at the broker; without it, whoever signed in here last."),
)


def _together(*decorators: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


of_a_clinic = _together(
    click.argument("hospital", metavar=N_("HOSPITAL"), callback=normalise, is_eager=True),
    click.argument("clinic", metavar=N_("CLINIC"), callback=normalise, is_eager=True),
    user_option,
)
"""The arguments and options of every command for a clinic. The clinic is read before all else: a ticket's
number is one of that clinic, also in an option that stands before it."""

of_day = click.option(
    "--date",
    "day",
    metavar=N_("DATE"),
    callback=take_day,
    help=N_("The service day of the ticket, where it is of the day before."),
)

to_clinic_option = click.option(
    "--to",
    "to_clinic",
    metavar=N_("CLINIC"),
    required=True,
    callback=normalise,
    help=N_("Code of the other clinic. Required."),
)

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


def carry_out(session: DeskSession, action: Action) -> None:
    """Sends the action, and prints what it has changed."""
    done = session.carry_out(action)
    print_result(session, done, lambda: done_text(done, action.body, session.texts, terminal_width()))
