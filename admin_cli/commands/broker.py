"""`antrean-admin broker`: queues and exchanges, users and permissions."""

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from admin_cli.session import AdminSession, pass_changing_session
from common.errors import BrokerUnavailable
from common.terminal.localised import LocalisedGroup
from common.terminal.usage import UsageProblem
from common.translation import C_, N_

if TYPE_CHECKING:
    from admin_cli.broker.management import Management
    from common.words.texts import Texts


def _octal(ctx: click.Context, _parameter: click.Parameter, value: str) -> int:
    try:
        mode = int(value, 8)
    except ValueError:
        mode = -1
    if not 0o400 <= mode <= 0o777:
        raise UsageProblem(N_("Write the file's permissions as 0640."), ctx)
    return mode


@click.group("broker", cls=LocalisedGroup, help=N_("RabbitMQ's queues, exchanges and users."))
def broker() -> None:
    pass


@broker.command(
    "declare", help=N_("Declare exchanges, queues and bindings at ANTREAN_AMQP_URL (user deploy).")
)
@pass_changing_session
def declare(session: AdminSession) -> None:
    from admin_cli.broker.management import Management, vhost_of
    from common.messaging.topology import deploy

    amqp_url, management_url = session.settings.require_amqp_url(), session.settings.management_url
    management = Management(management_url, vhost_of(amqp_url)) if management_url else None
    deploy(amqp_url)
    declared = session.texts("Exchanges, queues and bindings are declared.")
    members, sentences = _cluster(management, session.texts) if management else ({}, [])
    session.report({"declared": True, **members}, lambda: "\n".join([declared, *sentences]))


def _cluster(management: "Management", texts: "Texts") -> tuple[dict[str, Any], list[str]]:
    """What there is to say where the broker is a cluster, as members and as lines; nothing of one node."""
    from admin_cli.broker.nodes import nodes_line

    try:
        nodes = list(management.nodes())
    except BrokerUnavailable as error:
        unknown = texts("Whether the broker is a cluster could not be found out: {reason}", reason=error)
        return {"nodes": None}, [unknown]
    if len(nodes) == 1:
        return {}, []
    line = nodes_line(nodes)
    said = texts("The broker is a cluster of {count} nodes. Set for all workers:", count=len(nodes))
    return {"nodes": nodes, "workers_setting": line}, [said, line]


@broker.command(
    "definitions",
    help=N_("Write a file for RabbitMQ's load_definitions, with users from ANTREAN_PASSWORD_PATIENT, ..."),
)
@click.option(
    "--output",
    metavar=N_("FILE"),
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help=N_("The file to write. Required."),
)
@click.option(
    "--mode",
    metavar=C_("permissions", "MODE"),
    default="0600",
    callback=_octal,
    help=N_("That file's permissions (0600)."),
)
@pass_changing_session
def definitions(session: AdminSession, output: Path, mode: int) -> None:
    from common.known_passwords import role_passwords
    from common.messaging import topology

    content = json.dumps(topology.definitions(role_passwords()), indent=2) + "\n"
    try:
        _write(output, content, mode)
    except OSError as error:
        raise UsageProblem(
            N_("{path} cannot be written: check its folder and their permissions."), path=str(output)
        ) from error
    words = session.texts("{path} was written.", path=output)
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
