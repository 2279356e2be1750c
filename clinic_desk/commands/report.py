"""`antrean-desk report`: what clinics did on a day."""

import click

from clinic_desk.commands.options import normalise, pass_session, user_option
from clinic_desk.inputs import take_day
from clinic_desk.session import DeskSession
from common.terminal.localised import LocalisedCommand
from common.terminal.output import print_json
from common.terminal.usage import UsageProblem
from common.translation import N_


@click.command(
    "report",
    cls=LocalisedCommand,
    help=N_("What one clinic, or all, did on a day."),
    epilog="antrean-desk report RSHS --date 2026-11-23 --csv",
)
@click.argument("hospital", metavar=N_("HOSPITAL"), callback=normalise)
@click.argument("clinic", metavar=N_("CLINIC"), required=False, callback=normalise)
@click.option("--date", "day", metavar=N_("DATE"), callback=take_day, help=N_("The day; today without it."))
@click.option("--hours", is_flag=True, help=N_("Also by the hour of registration."))
@click.option("--csv", "as_csv", is_flag=True, help=N_("CSV by the hour, for spreadsheets."))
@user_option
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
