"""`antrean-admin migrate`."""

from typing import Any

import click

from admin_cli.session import AdminSession, pass_changing_session
from common.terminal.localised import LocalisedCommand
from common.translation import N_


@click.command("migrate", cls=LocalisedCommand, help=N_("Bring the database to the newest schema."))
@click.option(
    "--roles",
    is_flag=True,
    help=N_(
        "Give the workers' roles on PostgreSQL exactly their rights, and make those that are missing; with"
        " the passwords in ANTREAN_DATABASE_PASSWORD_REGISTRAR, _TICKER and _STATUS."
    ),
)
@pass_changing_session
def migrate(session: AdminSession, *, roles: bool) -> None:
    from admin_cli.database import schema
    from admin_cli.database.connection import open_database
    from admin_cli.database.roles import make_roles
    from common.known_passwords import database_passwords

    with open_database(session.settings.require_database_url(), check=False) as engine:
        before, after = schema.migrate(engine)
        made = make_roles(engine, database_passwords()) if roles else []
    if before is None:
        sentence = N_("The database was set up with schema {after}.")
    elif before == after:
        sentence = N_("The database already has the newest schema, {after}.")
    else:
        sentence = N_("The database's schema was brought from {before} to {after}.")
    value: dict[str, Any] = {"before": before, "after": after}
    lines = [session.texts(sentence, **value)]
    if roles:
        value["roles"] = [each._asdict() for each in made]
        lines.append(session.texts("These roles have their rights: {names}.", names=_names(made)))
        if without := [each for each in made if each.created and not each.password]:
            lines.append(
                session.texts(
                    "Without a password, which lets in by a certificate alone: {names}.",
                    names=_names(without),
                )
            )
    session.report(value, lambda: "\n".join(lines))


def _names(roles: Any) -> str:
    return ", ".join(each.name for each in roles)
