"""All commands of `antrean-admin`, and how one is run."""

from collections.abc import Sequence

import click

from admin_cli.commands.access_log import access_log
from admin_cli.commands.broker import broker
from admin_cli.commands.catalog import catalog
from admin_cli.commands.certificates import certificates
from admin_cli.commands.check_integrity import check_integrity
from admin_cli.commands.dead_letters import dead_letters
from admin_cli.commands.integrator import integrator
from admin_cli.commands.migrate import migrate
from admin_cli.commands.patient_data import erase_patient, export_patient
from admin_cli.commands.patients import patients
from admin_cli.commands.purge import purge
from admin_cli.commands.republish import republish
from admin_cli.commands.staff import staff
from admin_cli.doctor.command import doctor
from admin_cli.session import AdminSession
from admin_cli.ticket_history.command import ticket
from admin_cli.top.command import top
from common.terminal import program
from common.terminal.localised import LocalisedGroup, version_option
from common.translation import N_


@click.group(
    "antrean-admin", cls=LocalisedGroup, help=N_("The operators' tool of Antrean: database, catalog, broker.")
)
@version_option
def antrean_admin() -> None:
    pass


for _command in (
    *(migrate, catalog, patients, staff, access_log, integrator),
    *(broker, certificates, doctor, top, dead_letters, republish, check_integrity, ticket),
    *(purge, export_patient, erase_patient),
):
    antrean_admin.add_command(_command)


def run(words: Sequence[str]) -> int:
    """Runs the command in `words` (without the program's name) and returns its exit code."""
    return program.run("antrean-admin", antrean_admin, AdminSession, words)
