"""`antrean-desk login`, `whoami` and `logout`: as whom the commands of this computer's user sign in."""

import click

from clinic_desk.commands.options import pass_session, user_option
from clinic_desk.session import DeskSession
from clinic_desk.signing_in import (
    Origin,
    SignedIn,
    ask_for_user,
    find_user,
    kept_by,
    kept_credentials,
    shows_certificate,
    user_in,
)
from clinic_desk.signing_in_words import who_it_is
from common.errors import SettingsError
from common.terminal.failures import NoBrokerKnown
from common.terminal.localised import LocalisedCommand
from common.terminal.output import print_result
from common.translation import N_


@click.command(
    "login",
    cls=LocalisedCommand,
    help=N_("Sign in: ask for user and password, try them, and keep them for the next commands."),
    epilog="antrean-desk login --user siti",
)
@user_option
@pass_session
def login(session: DeskSession) -> None:
    credentials, origin = _to_try(session)
    found = session.sign_in(credentials.user, credentials.password, origin)
    kept = kept_credentials(session.settings)
    kept.keep(kept_by(session.settings), credentials)

    def words() -> str:
        kept_in = session.texts(
            "The password is kept in {path}; `{command}` forgets it.",
            path=kept.path,
            command=session.command_line("logout"),
        )
        return "\n".join([*who_it_is(found, session.texts), session.folded(kept_in)])

    print_result(session, found, words)


def _to_try(session: DeskSession) -> SignedIn:
    """Those that are typed, unless a file or the local stack has the user's."""
    settings = session.settings
    if settings.amqp_url is None:
        raise NoBrokerKnown
    if user_in(settings.amqp_url).password and not settings.staff_passwords:
        raise SettingsError(
            N_("ANTREAN_AMQP_URL names a user with a password, who is used as it is: take both out first.")
        )
    if shows_certificate(settings):
        raise SettingsError(
            N_("The certificate of ANTREAN_TLS_CERTIFICATE_FILE logs in here: no password is needed or kept.")
        )
    if session.user_given or settings.desk_password_file:
        known = find_user(settings, session.user_given)
        if known is not None and known.origin is not Origin.KEPT:
            return known
    typed = ask_for_user(session.texts, session.user_given, session.command_line("login"))
    return SignedIn(typed, Origin.TYPED)


@click.command(
    "whoami",
    cls=LocalisedCommand,
    help=N_("Show who is signed in here, and what they may do where."),
    epilog="antrean-desk whoami",
)
@user_option
@pass_session
def whoami(session: DeskSession) -> None:
    found = session.ask("desk_user", {})
    print_result(session, found, lambda: "\n".join(who_it_is(found, session.texts)))


@click.command(
    "logout",
    cls=LocalisedCommand,
    help=N_("Sign out: forget the passwords that are kept here, or only that of --user."),
    epilog="antrean-desk logout",
)
@user_option
@pass_session
def logout(session: DeskSession) -> None:
    forgotten = kept_credentials(session.settings).forget(session.user_given)
    texts = session.texts
    print_result(
        session,
        {"forgotten": forgotten},
        lambda: (
            texts("Signed out: {users}.", users=", ".join(forgotten))
            if forgotten
            else texts("Nobody was signed in here.")
        ),
    )
