"""`antrean-admin certificates`: TLS for a trial, without an authority of one's own."""

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Final

import click

from admin_cli.session import AdminSession, pass_changing_session
from common.clock import SystemClock
from common.terminal.localised import LocalisedGroup
from common.terminal.usage import UsageProblem
from common.translation import N_

DAYS: Final = 30
_HOSTS: Final = ("localhost", "127.0.0.1", "::1")
_SERVERS: Final = ("broker", "database")
_USERS: Final = ("registrar", "ticker", "status", "integrator", "web", "board", "deploy")
_NOT_USERS: Final = ("ca", *_SERVERS)
"""Whose files a user's would replace."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,62}")
_CLOCKS_APART: Final = timedelta(hours=1)


@click.group("certificates", cls=LocalisedGroup, help=N_("Certificates for a trial of TLS."))
def certificates() -> None:
    pass


@certificates.command(
    "dev",
    help=N_(
        "Make a throw-away authority, and certificates of it for broker, database and programs, for 30"
        " days. For trials, never for a hospital."
    ),
    epilog="antrean-admin certificates dev --directory tls --host broker.example --user dewi",
)
@click.option(
    "--directory",
    metavar=N_("DIR"),
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help=N_("Where to write them: a new or empty directory. Required."),
)
@click.option(
    "--host",
    "hosts",
    metavar=N_("HOST"),
    multiple=True,
    help=N_("A name or address of broker and database, beside localhost; may be repeated."),
)
@click.option(
    "--user",
    "users",
    metavar=N_("USER"),
    multiple=True,
    help=N_("A member of the staff, who gets a certificate too; may be repeated."),
)
@pass_changing_session
def dev(session: AdminSession, directory: Path, hosts: tuple[str, ...], users: tuple[str, ...]) -> None:
    for name in (*hosts, *users):
        if not _NAME.fullmatch(name) or (name in users and name in _NOT_USERS):
            raise UsageProblem(N_("{name} is no name of a host or user."), name=name)
    files = _made([*_HOSTS, *hosts], dict.fromkeys((*_USERS, *users)))
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(directory.iterdir()):
            raise UsageProblem(N_("{path} is not empty: name a new directory."), path=str(directory))
        for name, content in files.items():
            _write(directory / name, content)
    except OSError as error:
        raise UsageProblem(
            N_("{path} cannot be written: check its folder and their permissions."), path=str(directory)
        ) from error
    words = session.texts(
        "Certificates for {days} days were written to {path}. For trials only: whoever can read this"
        " directory can log in as anybody.",
        days=DAYS,
        path=directory,
    )
    written = {"directory": str(directory), "days": DAYS, "files": sorted(files)}
    session.report(written, lambda: words)


def _made(hosts: list[str], users: dict[str, None]) -> dict[str, bytes]:
    """The content of each file."""
    from admin_cli.authority import Authority  # only here: it loads cryptography

    now = SystemClock().now()
    authority = Authority("Antrean, for trials only", now - _CLOCKS_APART, now + timedelta(days=DAYS))
    made = {name: authority.of_server([*hosts, name]) for name in _SERVERS}
    made |= {user: authority.of_client(user) for user in users}
    files = {"ca.pem": authority.certificate}
    for name, certified in made.items():
        files |= {f"{name}.pem": certified.certificate, f"{name}.key": certified.key}
    return files


def _write(path: Path, content: bytes) -> None:
    mode = 0o600 if path.suffix == ".key" else 0o644
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
