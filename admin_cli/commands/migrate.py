"""`antrean-admin migrate`."""

import click

from admin_cli.session import AdminSession, pass_changing_session
from common.terminal.localised import LocalisedCommand
from common.translation import N_


@click.command("migrate", cls=LocalisedCommand, help=N_("Bring the database to the newest schema."))
@pass_changing_session
def migrate(session: AdminSession) -> None:
    from admin_cli.database import schema
    from admin_cli.database.connection import open_database

    with open_database(session.settings.require_database_url(), check=False) as engine:
        before, after = schema.migrate(engine)
    if before is None:
        sentence = N_("The database was set up with schema {after}.")
    elif before == after:
        sentence = N_("The database already has the newest schema, {after}.")
    else:
        sentence = N_("The database's schema was brought from {before} to {after}.")
    value = {"before": before, "after": after}
    session.report(value, lambda: session.texts(sentence, **value))
