"""The command: runs every check, and shows each finding as it comes."""

from collections.abc import Iterator

import click

from admin_cli.doctor.findings import Finding, Status
from admin_cli.session import AdminSession, pass_session
from common.exit_codes import ExitCode
from common.settings import Settings
from common.terminal.localised import LocalisedCommand
from common.translation import N_


@click.command(
    "doctor",
    cls=LocalisedCommand,
    help=N_(
        "Check broker, workers, database and clocks; each finding says what to do. Ends with"
        " 1 where any check failed."
    ),
)
@pass_session
@click.pass_context
def doctor(context: click.Context, session: AdminSession) -> None:
    from admin_cli.doctor.screen import Screen  # only here: it loads rich

    screen = Screen(session)
    for finding in findings(session.settings):
        screen.show(finding)
    screen.end()
    if screen.counts[Status.FAILED]:
        context.exit(ExitCode.REFUSED)


def findings(settings: Settings) -> Iterator[Finding]:
    """All findings, each as soon as it is known. A check that cannot be made is a finding too."""
    from admin_cli.doctor.broker_checks import broker_findings
    from admin_cli.doctor.certificate_checks import certificate_findings
    from admin_cli.doctor.clock_checks import simulated_clock
    from admin_cli.doctor.database_checks import database_findings
    from admin_cli.doctor.integrator_checks import integrator_findings
    from admin_cli.doctor.management_checks import management_findings
    from admin_cli.doctor.staff_checks import staff_findings
    from admin_cli.doctor.worker_checks import worker_findings

    seen = yield from broker_findings(settings)
    yield from management_findings(settings, seen)
    yield from worker_findings(settings, seen)
    yield from database_findings(settings)
    yield from staff_findings(settings)
    yield from integrator_findings(settings)
    yield from certificate_findings(settings)
    yield from simulated_clock(settings)
