"""As whom a desk connects to the broker: where the user and the password come from."""

import re
from enum import StrEnum
from getpass import getpass
from shlex import quote as quoted
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

import click

from antrean_client.tls import take_files
from clinic_desk.kept_credentials import Credentials, KeptCredentials
from common.errors import SettingsError
from common.settings import Settings
from common.terminal.prompts import ANSWER_LENGTH_MAX, can_ask, read_line
from common.translation import N_
from common.words.texts import Texts

_ADDRESS: Final = re.compile(r"(?P<scheme>\w+://)(?:(?P<user>[^/?#]*)@)?(?P<where>.*)", re.DOTALL)


class Origin(StrEnum):
    """Where a password comes from."""

    ADDRESS = "address"
    CERTIFICATE = "certificate"
    FILE = "file"
    KEPT = "kept"
    LOCAL_STACK = "local stack"
    TYPED = "typed"


READ_AGAIN: Final = frozenset({Origin.ADDRESS, Origin.FILE})
"""What is looked at again for each new connection."""


class SignedIn(NamedTuple):
    """Who uses the desk, and where the password comes from."""

    credentials: Credentials
    origin: Origin


def find_user(settings: Settings, user: str | None) -> SignedIn | None:
    """Who signs in at the broker of `settings` without being asked: `user`, or with None whoever uses this
    desk; None where nothing says the password.

    Raises SettingsError where a file of passwords cannot be used.
    """
    in_address = user_in(settings.amqp_url or "")
    is_local = bool(settings.staff_passwords)
    if in_address.password and not is_local and user in (None, in_address.user):
        return SignedIn(in_address, Origin.ADDRESS)
    if user is None and not is_local:
        user = in_address.user or None
    if shows_certificate(settings):
        if user is None:
            raise SettingsError(N_("Say whose certificate ANTREAN_TLS_CERTIFICATE_FILE names, with --user."))
        return SignedIn(Credentials(user, ""), Origin.CERTIFICATE)
    if settings.desk_password_file is not None:
        return SignedIn(_from_file(settings, user), Origin.FILE)
    kept = kept_credentials(settings).find(kept_by(settings), user)
    name = user or (kept.user if kept else in_address.user)
    if name in settings.staff_passwords:  # which may have made new ones since
        return SignedIn(Credentials(name, settings.staff_passwords[name]), Origin.LOCAL_STACK)
    return SignedIn(kept, Origin.KEPT) if kept else None


def credentials_now(who: SignedIn, settings: Settings) -> Credentials:
    """Of who has signed in by what is READ_AGAIN, as it is now: the password may have changed."""
    found = find_user(settings, who.credentials.user)
    return who.credentials if found is None else found.credentials


def _from_file(settings: Settings, user: str | None) -> Credentials:
    if user is None:
        raise SettingsError(N_("Say whose password ANTREAN_DESK_PASSWORD_FILE holds, with --user."))
    assert settings.desk_password_file is not None
    try:
        password = settings.desk_password_file.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            N_("{variable} cannot be used: the file {file} cannot be read."),
            variable="ANTREAN_DESK_PASSWORD_FILE",
            file=settings.desk_password_file,
        ) from error
    return Credentials(user, password)


def ask_for_user(texts: Texts, user: str | None, login_command: str) -> Credentials:
    """The user, unless it is known, and the password, as they are typed on the terminal.

    Raises SettingsError where nobody is there to be asked, Abort where nothing is typed, KeyboardInterrupt.
    """
    if not can_ask() and user:
        raise SettingsError(
            N_(
                "The password of {user} is not kept here: run `{command}` on a terminal; in scripts, name the"
                " file of the password in ANTREAN_DESK_PASSWORD_FILE."
            ),
            user=user,
            command=f"{login_command} --user {quoted(user)}",
        )
    if not can_ask():
        raise SettingsError(
            N_(
                "Nobody is signed in at this desk: run `{command}` on a terminal; in scripts, name the"
                " user with --user, and the file of the password in ANTREAN_DESK_PASSWORD_FILE."
            ),
            command=login_command,
        )
    try:
        user = user or read_line(texts("User")).strip()[:ANSWER_LENGTH_MAX]
        password = getpass(texts("Password of {user}: ", user=user)) if user else ""
    except EOFError as error:
        raise click.Abort from error
    if not password:
        raise click.Abort
    return Credentials(user, password)


def kept_credentials(settings: Settings) -> KeptCredentials:
    """What `antrean-desk login` keeps for this user."""
    return KeptCredentials(settings.config_dir)


def shows_certificate(settings: Settings) -> bool:
    """Whether users log in by a certificate."""
    return take_files(settings.amqp_url or "")[1].certificate is not None


def kept_by(settings: Settings) -> str:
    """The broker's address by which passwords are kept."""
    return take_files(broker_of(settings))[0]


def broker_of(settings: Settings) -> str:
    """The broker's address without a user."""
    found = _ADDRESS.fullmatch(settings.amqp_url or "")
    return found["scheme"] + found["where"] if found else ""


def user_in(amqp_url: str) -> Credentials:
    """The user and the password in an address; what it lacks is empty."""
    found = _ADDRESS.fullmatch(amqp_url)
    user, _, password = (found["user"] or "" if found else "").partition(":")
    return Credentials(unquote(user), unquote(password))


def address_with(broker: str, credentials: Credentials) -> str:
    """The address of a broker with this user."""
    found = _ADDRESS.fullmatch(broker)
    assert found is not None, "the settings have checked how it begins"
    user, password = (quote(each, safe="") for each in (credentials.user, credentials.password))
    return f"{found['scheme']}{user}{':' * bool(password)}{password}@{found['where']}"
