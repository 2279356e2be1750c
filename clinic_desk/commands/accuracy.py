"""`antrean-desk accuracy`: how the times turned out that patients were told."""

import click

from clinic_desk.commands.options import normalise, pass_session, user_option
from clinic_desk.inputs import take_day
from clinic_desk.session import DeskSession
from common.terminal.localised import LocalisedCommand
from common.terminal.output import print_json
from common.terminal.usage import UsageProblem
from common.translation import N_


@click.command(
    "accuracy",
    cls=LocalisedCommand,
    help=N_("How the times turned out that patients of one clinic, or of all, were told of their calls."),
    epilog="antrean-desk accuracy RSHS GIG --from 2026-11-16 --to 2026-11-22",
)
@click.argument("hospital", metavar=N_("HOSPITAL"), callback=normalise)
@click.argument("clinic", metavar=N_("CLINIC"), required=False, callback=normalise)
@click.option(
    "--from",
    "first",
    metavar=N_("DATE"),
    callback=take_day,
    help=N_("The first day; without it, that of seven days in all."),
)
@click.option(
    "--to", "last", metavar=N_("DATE"), callback=take_day, help=N_("The last day; today without it.")
)
@user_option
@pass_session
def accuracy(
    session: DeskSession, hospital: str, clinic: str | None, first: str | None, last: str | None
) -> None:
    if first and last and first > last:
        raise UsageProblem(N_("Give a last day that is not before the first."))
    from clinic_desk.accuracy import collect, print_accuracy

    found = collect(session, hospital, clinic, first, last)
    if session.as_json:
        print_json(found)
    else:
        print_accuracy(session.texts, found)
