"""`antrean-admin migrate`."""

import click

from admin_cli.localised import AdminCommand
from admin_cli.session import Session, pass_session


@click.command("migrate", cls=AdminCommand, help="help.migrate")
@pass_session
def migrate(session: Session) -> None:
    from admin_cli.store import open_database
    from common.storage import schema

    with open_database(session.settings.require_database_url(), check=False) as engine:
        before, after = schema.migrate(engine)
    if before is None:
        session.say("migrate.created", after=after)
    elif before == after:
        session.say("migrate.unchanged", after=after)
    else:
        session.say("migrate.changed", before=before, after=after)
