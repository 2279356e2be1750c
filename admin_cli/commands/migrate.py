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
    how = "created" if before is None else "unchanged" if before == after else "changed"
    value = {"before": before, "after": after}
    session.report(value, lambda: session.texts(f"migrate.{how}", before=before, after=after))
