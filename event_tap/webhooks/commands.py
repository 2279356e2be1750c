"""`antrean-events forward`, `receive` and `new-secret`."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from common.terminal.given_times import read_duration
from common.terminal.localised import LocalisedCommand
from common.terminal.output import print_result
from common.terminal.usage import UsageProblem
from common.translation import N_
from event_tap.filters import filter_options, selection_of
from event_tap.output import State, state_at
from event_tap.session import DeadLettersLeft, TapSession
from event_tap.webhooks.endpoint import Endpoint, endpoint_of

if TYPE_CHECKING:
    from antrean_client.events import Event
    from event_tap.webhooks.forwarding import Delivery

pass_session = click.make_pass_decorator(TapSession)

_FILE = click.Path(dir_okay=False, path_type=Path)

secret_option = click.option(
    "--secret-file",
    "secret_path",
    required=True,
    type=_FILE,
    metavar=N_("FILE"),
    help=N_("The secret that signs, as `antrean-events new-secret` makes it; two while it is exchanged."),
)


@click.command(
    "forward",
    cls=LocalisedCommand,
    help=N_(
        "Send events to a web address as signed webhooks (Standard Webhooks), in the order of each queue,"
        " until Ctrl-C. What is not taken is sent again; what is not taken for long goes into a file."
    ),
    epilog="antrean-events forward --url https://papan.example/antrean --secret-file papan.secret"
    " --state papan.state",
)
@click.option("--url", required=True, metavar="URL", help=N_("Where to: https, and outside this network."))
@secret_option
@click.option(
    "--allow-host",
    "allowed_hosts",
    multiple=True,
    metavar=N_("HOST"),
    help=N_("This host may be in the private network, and be reached by http; may be repeated."),
)
@click.option(
    "--from",
    "begin",
    metavar=N_("PLACE"),
    help=N_("Where the first run begins: `now`, or as with replay (now)."),
)
@filter_options
@click.option(
    "--state",
    "state_path",
    type=_FILE,
    metavar=N_("FILE"),
    help=N_("Remember here what was delivered of each queue, and go on from there the next time."),
)
@click.option(
    "--dead-letters",
    "dead_letters_path",
    type=_FILE,
    default=Path("dead-letters.jsonl"),
    metavar=N_("FILE"),
    help=N_("Where events go that were not taken (dead-letters.jsonl)."),
)
@click.option(
    "--from-dead-letters",
    "again_path",
    type=_FILE,
    metavar=N_("FILE"),
    help=N_("Send the events in this file again, and end."),
)
@click.option(
    "--give-up-after",
    metavar=N_("TIME"),
    default="1d",
    help=N_("For how long an event is tried again: 30m, 2h, 1d (1d)."),
)
@click.option(
    "--parallel",
    type=click.IntRange(1, 64),
    default=8,
    metavar=N_("COUNT"),
    help=N_("How many queues are delivered from at once (8)."),
)
@click.option(
    "--timeout",
    "attempt_seconds",
    type=click.IntRange(1, 60),
    default=20,
    metavar=N_("SECONDS"),
    help=N_("How long the receiver may take to answer (20)."),
)
@pass_session
def forward(session: TapSession, /, **options: Any) -> None:
    _forward(session, **options)


def _forward(
    session: TapSession,
    *,
    url: str,
    secret_path: Path,
    allowed_hosts: tuple[str, ...],
    dead_letters_path: Path,
    again_path: Path | None,
    give_up_after: str,
    parallel: int,
    attempt_seconds: int,
    **source: Any,
) -> None:
    # Only here, so that help and usage errors need no pika, and no TLS.
    from event_tap.webhooks.dead_letters import DeadLetters
    from event_tap.webhooks.forwarding import Delivery, send_again
    from event_tap.webhooks.signing import Signer, read_secrets

    endpoint = endpoint_of(url, allowed_hosts)
    delivery = Delivery(
        endpoint,
        Signer(read_secrets(secret_path)),
        DeadLetters(dead_letters_path),
        parallel,
        attempt_seconds,
        read_duration("--give-up-after", give_up_after).total_seconds(),
    )
    _refuse_private(endpoint)
    if again_path is None:
        _forward_stream(session, delivery, **source)
    elif any(source.values()):
        raise UsageProblem(N_("With --from-dead-letters, leave out --from, --state and the filters."))
    elif again_path.resolve() == dead_letters_path.resolve():
        raise UsageProblem(
            N_("--from-dead-letters: rename this file first; what is not taken goes into it again.")
        )
    elif left := send_again(session, delivery, again_path):
        raise DeadLettersLeft(left, str(dead_letters_path))


def _forward_stream(
    session: TapSession,
    delivery: "Delivery",
    *,
    begin: str | None,
    hospitals: tuple[str, ...],
    clinics: tuple[str, ...],
    kinds: tuple[str, ...],
    state_path: Path | None,
) -> None:
    from event_tap.starting import beginning
    from event_tap.webhooks.forwarding import Forwarding

    amqp_url, clock = session.broker_address(), session.settings.clock()
    wanted = selection_of(hospitals, clinics, kinds)
    with state_at(state_path, {**wanted.as_json(), "format": "webhooks"}) as state_file:
        start = None if state_file is None else state_file.read()
        if start is None:
            place = beginning(begin or "now", clock, amqp_url)
            start = State(place.position, since=place.since)
        selection = replace(wanted, since=start.since)
        Forwarding(session, selection, delivery, start, state_file).run(amqp_url)


def _refuse_private(endpoint: Endpoint) -> None:
    """Says before anything is sent what each attempt would say; a name may still be unknown now."""
    from common.public_addresses import AddressRefused, public_addresses_of

    try:
        public_addresses_of(endpoint.host, endpoint.port, anywhere=endpoint.is_allowed)
    except AddressRefused as error:
        raise UsageProblem(
            N_(
                "--url: {host} points into the private network ({address}). If that is meant:"
                " --allow-host {host}."
            ),
            host=endpoint.host,
            address=error.address,
        ) from error
    except (OSError, UnicodeError):
        pass


@click.command(
    "receive",
    cls=LocalisedCommand,
    help=N_(
        "Receive webhooks on this machine, to try with: verify their signatures and write their events,"
        " until Ctrl-C."
    ),
    epilog="antrean-events receive --port 8080 --secret-file papan.secret",
)
@click.option(
    "--port",
    required=True,
    type=click.IntRange(0, 65_535),
    metavar=N_("PORT"),
    help=N_("Where to listen; 0 for any that is free."),
)
@secret_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "cloudevents"]),
    default="json",
    help=N_("A line for each event: flat JSON, or CloudEvents as they were published (json)."),
)
@click.option(
    "--fail",
    "fail_percent",
    type=click.IntRange(0, 100),
    default=0,
    metavar=N_("PERCENT"),
    help=N_("Refuse so many of a hundred requests, by chance (0)."),
)
@click.option(
    "--fail-status",
    type=click.IntRange(300, 599),
    default=503,
    metavar=N_("STATUS"),
    help=N_("With which HTTP status (503)."),
)
@click.option(
    "--delay",
    "delay_seconds",
    type=click.IntRange(0, 600),
    default=0,
    metavar=N_("SECONDS"),
    help=N_("Answer only after so long (0)."),
)
@pass_session
def receive(session: TapSession, /, port: int, secret_path: Path, form: str, **behaviour: int) -> None:
    from event_tap.formats import LINES
    from event_tap.webhooks.receiver import HOST, Behaviour, Receiver
    from event_tap.webhooks.signing import Signer, read_secrets

    def write(event: "Event") -> None:
        sys.stdout.buffer.write(LINES[form](event))
        sys.stdout.buffer.flush()

    signer = Signer(read_secrets(secret_path))
    try:
        receiver = Receiver(port, signer, Behaviour(**behaviour), write)
    except OSError as error:
        raise UsageProblem(
            N_("--port: {port} cannot be listened on ({reason})."),
            port=str(port),
            reason=error.strerror or type(error).__name__,
        ) from error
    address = f"http://{HOST}:{receiver.port}/"
    session.note(session.texts("Listening on {address}; Ctrl-C ends it.", address=address))
    receiver.run()


@click.command(
    "new-secret",
    cls=LocalisedCommand,
    help=N_("Make the secret of a receiver of webhooks, in a new file that only you can read."),
    epilog="antrean-events new-secret papan.secret",
)
@click.argument("path", type=_FILE, metavar=N_("FILE"))
@click.option(
    "--rotate",
    is_flag=True,
    help=N_("Put it before the present secret of this file: both sign until the old line is removed."),
)
@pass_session
def new_secret(session: TapSession, /, path: Path, rotate: bool) -> None:
    from event_tap.webhooks.signing import make_secret

    make_secret(path, keeps_old=rotate)
    value = {"secret_file": str(path)}

    def words() -> str:
        return session.folded(
            session.texts(
                "A new secret is in {path}: give its first line to the receiver, and to nobody else.",
                path=path,
            )
        )

    session.record_change(value, words)
    print_result(session, value, words)
