"""The passwords of the broker's users and of the database's roles, for who sets them up and looks at them."""

import json
from contextlib import suppress
from urllib.parse import quote, urlsplit

from common.errors import SettingsError
from common.secret_files import secret_in
from common.settings import (
    BROKER_USERS,
    DATABASE_PASSWORD,
    PREFIX,
    STACK_FILE,
    WORKER_ROLES,
    Settings,
    environment,
)
from common.translation import N_
from common.trusted_files import read_trusted


def role_urls(settings: Settings) -> dict[str, str]:
    """The broker's address for each role whose password is known here: from a local stack that runs the
    broker of `settings`, and from `ANTREAN_PASSWORD_PATIENT` and so on."""
    if settings.amqp_url is None:
        return {}
    urls: dict[str, str] = {}
    with suppress(OSError, ValueError, KeyError, TypeError):
        stack_urls = json.loads(read_trusted(settings.stack_dir / STACK_FILE))["amqp_urls"]
        if settings.amqp_url in stack_urls.values():
            urls = stack_urls
    given = environment()
    address = urlsplit(settings.amqp_url)
    where = address.netloc.rpartition("@")[2]
    for role in BROKER_USERS:
        if password := secret_in(given, f"{PREFIX}PASSWORD_{role.upper()}"):
            urls[role] = address._replace(netloc=f"{role}:{quote(password, safe='')}@{where}").geturl()
    return urls


def role_passwords() -> dict[str, str]:
    """The broker's password of each role, from `ANTREAN_PASSWORD_PATIENT` and so on, and of the user who
    makes those of staff, where `ANTREAN_PASSWORD_ACCOUNTS` is set.

    Raises SettingsError, naming every variable that is missing.
    """
    given = environment()
    passwords: dict[str, str] = {
        role: secret_in(given, f"{PREFIX}PASSWORD_{role.upper()}") or "" for role in BROKER_USERS
    }
    missing = [f"{PREFIX}PASSWORD_{role.upper()}" for role, password in passwords.items() if not password]
    if missing:
        raise SettingsError(N_("Set the passwords of the broker's users: {names}."), names=", ".join(missing))
    if accounts := secret_in(given, f"{PREFIX}PASSWORD_ACCOUNTS"):
        passwords["accounts"] = accounts
    return passwords


def database_passwords() -> dict[str, str]:
    """The passwords of the workers' roles at PostgreSQL, those that are given in
    `ANTREAN_DATABASE_PASSWORD_REGISTRAR` and so on."""
    given = environment()
    found = {role: secret_in(given, f"{PREFIX}{DATABASE_PASSWORD}{role.upper()}") for role in WORKER_ROLES}
    return {role: password for role, password in found.items() if password is not None}
