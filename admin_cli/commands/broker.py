"""`antrean-admin broker`: queues and exchanges, users and permissions."""

import json
import os
import tempfile
from pathlib import Path

import click

from admin_cli.session import AdminSession, pass_changing_session
from common.terminal.localised import LocalisedGroup
from common.terminal.usage import UsageProblem


def _octal(ctx: click.Context, param: click.Parameter, value: str) -> int:
    try:
        mode = int(value, 8)
    except ValueError:
        mode = -1
    if not 0o400 <= mode <= 0o777:
        raise click.BadParameter("usage.file_mode", ctx, param)
    return mode


@click.group("broker", cls=LocalisedGroup, help="help.broker")
def broker() -> None:
    pass


@broker.command("declare", help="help.broker_declare")
@pass_changing_session
def declare(session: AdminSession) -> None:
    from common.messaging.topology import deploy

    deploy(session.settings.require_amqp_url())
    session.report({"declared": True}, lambda: session.texts("broker.declared"))


@broker.command("definitions", help="help.broker_definitions")
@click.option(
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="help.output",
)
@click.option("--mode", default="0600", callback=_octal, help="help.mode")
@pass_changing_session
def definitions(session: AdminSession, output: Path, mode: int) -> None:
    from common.messaging import topology
    from common.settings import role_passwords

    content = json.dumps(topology.definitions(role_passwords()), indent=2) + "\n"
    try:
        _write(output, content, mode)
    except OSError as error:
        raise UsageProblem("usage.not_writable", path=str(output)) from error
    words = session.texts("broker.definitions_written", path=output)
    session.report({"written": str(output)}, lambda: words)


def _write(path: Path, content: str, mode: int) -> None:
    """Never half written, and never readable by more than `mode` allows."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(content)
            os.fchmod(file.fileno(), mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
