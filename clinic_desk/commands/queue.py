"""`antrean-desk queue`: who is in the rooms, waits, or did not come."""

import click

from clinic_desk.commands.options import of_a_clinic, pass_session
from clinic_desk.commands.own_clinic import ClinicCommand
from clinic_desk.output import queue_text
from clinic_desk.session import DeskSession
from common.terminal.layout import terminal_width
from common.terminal.output import print_result
from common.translation import N_


@click.command(
    "queue",
    cls=ClinicCommand,
    help=N_("Show who is in the rooms, waits, or did not come."),
    epilog="antrean-desk queue RSHS GIG",
)
@of_a_clinic
@click.option("--names", is_flag=True, help=N_("Show the patients' names, too."))
@pass_session
def queue(session: DeskSession, hospital: str, clinic: str, names: bool) -> None:
    found = session.queue(hospital, clinic, with_names=names)
    print_result(session, found, lambda: queue_text(found, session.texts, terminal_width()))
