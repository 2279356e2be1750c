"""`antrean-admin check-integrity`: what never breaks, looked for in the live database."""

from typing import TYPE_CHECKING, Any

import click

from admin_cli.screens.integrity import sentence
from admin_cli.session import AdminSession, pass_session
from common.exit_codes import ExitCode
from common.terminal.localised import LocalisedCommand
from common.terminal.output import print_json
from common.translation import N_

if TYPE_CHECKING:
    from admin_cli.database.integrity import Integrity


@click.command(
    "check-integrity",
    cls=LocalisedCommand,
    help=N_(
        "Check the whole database, changing nothing: numbers, tickets, counters and journal have to agree."
    ),
)
@pass_session
def check_integrity(session: AdminSession) -> None:
    from admin_cli.database import integrity
    from admin_cli.database.connection import open_database
    from common.storage.engine import snapshot

    with (
        open_database(session.settings.require_database_url()) as engine,
        snapshot(engine) as connection,
    ):
        found = integrity.check_integrity(connection)
    if session.as_json:
        print_json(_as_json(session, found))
    else:
        _print(session, found)
    if found.findings:
        click.get_current_context().exit(ExitCode.REFUSED)


def _print(session: AdminSession, found: "Integrity") -> None:
    for finding in found.findings:
        click.echo(f"- {sentence(finding, session.texts)}")
    if found.cut_short:
        session.say("There are more findings of these kinds; correct these first, then check again.")
    if found.findings:
        session.say(
            "Findings: {findings}. Checked: {clinic_days} clinic-days, {tickets} tickets,"
            " {journal} events, {refusals} refusals.",
            findings=len(found.findings),
            **found.checked,
        )
    else:
        session.say(
            "Nothing is wrong: {clinic_days} clinic-days, {tickets} tickets, {journal} events"
            " and {refusals} refusals were checked.",
            **found.checked,
        )


def _as_json(session: AdminSession, found: "Integrity") -> dict[str, Any]:
    return {
        "checked": dict(found.checked),
        "findings": [
            {
                "check": finding.check,
                "hospital": finding.hospital,
                "clinic": finding.clinic,
                "service_date": finding.service_date.isoformat(),
                "values": dict(finding.values),
                "detail": sentence(finding, session.texts),
            }
            for finding in found.findings
        ],
        "cut_short": bool(found.cut_short),
    }
