"""The command: the live screen on a terminal; one picture for a pipe, a script, or where it is asked for."""

import sys
import time
from typing import TYPE_CHECKING, Final

import click

from admin_cli.session import AdminSession, pass_session
from common.errors import AntreanError
from common.terminal.localised import LocalisedCommand
from common.terminal.output import print_json
from common.translation import N_

if TYPE_CHECKING:
    from admin_cli.top.picture import Missing, Picture

_BETWEEN_SECONDS: Final = 1.0
"""Time between the two readings of the workers' metrics from which one picture has its latency."""


@click.command(
    "top",
    cls=LocalisedCommand,
    help=N_(
        "Live: is anybody waiting on us, where and since when; what has to be started. Queues, workers, the"
        " slowest clinics, dead letters. With --once, with --json or into a pipe: once."
    ),
)
@click.option("--once", is_flag=True, help=N_("Print it once, and end."))
@click.option("--hospital", metavar=N_("HOSPITAL"), help=N_("Only clinics of this hospital."))
@pass_session
def top(session: AdminSession, hospital: str | None, *, once: bool) -> None:
    hospital = None if hospital is None else hospital.upper()
    session.settings.require_amqp_url()
    if once or session.as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        _print_once(session, hospital)
        return
    from admin_cli.top.app import run_top

    run_top(session.settings, session.texts, hospital, lambda error: str(session.failure_of(error).sentence))


def _print_once(session: AdminSession, hospital: str | None) -> None:
    """Prints what can be had; raises what went wrong with the broker where nothing can."""
    from admin_cli.top.once import as_json, print_picture

    picture, missing = _read(session, hospital)
    if session.as_json:
        print_json(as_json(picture, missing, session.texts))
    else:
        print_picture(picture, missing, session.texts)


def _read(session: AdminSession, hospital: str | None) -> "tuple[Picture, list[Missing]]":
    from admin_cli.top.picture import Missing, Picture
    from admin_cli.top.readers import NO_DATABASE, BrokerReader, clinic_reader, read_letters

    settings, failed = session.settings, list[AntreanError]()
    missing: list[Missing] = []
    broker = clinics = letters = None
    try:
        reader = BrokerReader(settings)
        broker = reader.read()
        if any(each.ready is not None for each in broker.workers or ()):
            time.sleep(_BETWEEN_SECONDS)
            broker = reader.read()
        missing += broker.missing
        letters = read_letters(settings.require_amqp_url())
    except AntreanError as error:
        failed.append(error)
    if settings.database_url is None:
        missing.append(Missing(NO_DATABASE))
    else:
        try:
            clinics = clinic_reader(settings)(hospital)
        except AntreanError as error:
            failed.append(error)
    if failed and broker is None and clinics is None:
        raise failed[0]
    missing += [Missing("{reason}", {"reason": session.failure_of(each).sentence}) for each in failed]
    return Picture(broker, clinics, letters), missing
