"""`antrean-events tail` and `antrean-events replay`."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import click

from common.terminal.localised import LocalisedCommand
from common.translation import N_
from event_tap.filters import filter_options, selection_of
from event_tap.output import Output, State, state_at
from event_tap.session import EventsLost, TapSession

pass_session = click.make_pass_decorator(TapSession)

_OPTIONS = (
    click.option(
        "--format",
        "form",
        type=click.Choice(["json", "cloudevents", "csv"]),
        default="json",
        help=N_("A line for each event: flat JSON, CloudEvents as they were published, or CSV (json)."),
    ),
    click.option(
        "-o",
        "--output",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar=N_("FILE"),
        help=N_("Write to this file; with --state, each event is in it exactly once, whatever happens."),
    ),
    click.option(
        "--state",
        "state_path",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar=N_("FILE"),
        help=N_("Remember here how far it has come, and go on from there the next time."),
    ),
)


def _shared_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_OPTIONS):
        command = option(command)
    return filter_options(command)


@click.command(
    "tail",
    cls=LocalisedCommand,
    help=N_("Write what happens from now on, until Ctrl-C; or from where --state says it stopped."),
    epilog="antrean-events tail --hospital RSHS --type ticket.called",
)
@click.option(
    "--from",
    "begin",
    metavar=N_("PLACE"),
    default="now",
    help=N_("Where the first run begins: `now`, or as with replay (now)."),
)
@_shared_options
@pass_session
def tail(session: TapSession, /, begin: str, **options: Any) -> None:
    _copy(session, begin, None, follow=True, **options)


@click.command(
    "replay",
    cls=LocalisedCommand,
    help=N_(
        "Write what the stream of events holds, in the order of each queue, and end. PLACE: `first`; an"
        " offset of the stream; `after` and the id of an event; or a time: ISO 8601 with an offset"
        " (2026-11-23T08:00:00+07:00), or how long ago: 90s, 30m, 2h, 1d."
    ),
    epilog='antrean-events replay --from "after 5d0c7a1e-7a44-4d52-9c1e-5b1f0a6d2e11" -o events.jsonl',
)
@click.option("--from", "begin", metavar=N_("PLACE"), default="first", help=N_("Where to begin (first)."))
@click.option(
    "--until", metavar=N_("TIME|OFFSET"), help=N_("Only events before this time, or before this offset.")
)
@_shared_options
@pass_session
def replay(session: TapSession, /, begin: str, until: str | None, **options: Any) -> None:
    _copy(session, begin, until, follow=False, **options)


def _copy(
    session: TapSession,
    begin: str,
    until: str | None,
    *,
    follow: bool,
    hospitals: tuple[str, ...],
    clinics: tuple[str, ...],
    kinds: tuple[str, ...],
    form: str,
    output: Path | None,
    state_path: Path | None,
) -> None:
    # Only here, so that help and usage errors need no pika.
    from event_tap.copying import Copying
    from event_tap.starting import beginning, ending

    amqp_url, clock = session.broker_address(), session.settings.clock()
    end = ending(until, clock)
    wanted = selection_of(hospitals, clinics, kinds)
    with state_at(state_path, {**wanted.as_json(), "format": form}) as state_file:
        kept = None if state_file is None else state_file.read()
        start = kept
        if start is None:
            place = beginning(begin, clock, amqp_url)
            start = State(place.position, since=place.since)
        selection = replace(wanted, since=start.since, until=end.until)
        lines = Output(output, None if kept is None else kept.output_bytes)
        copying = Copying(session, selection, form, lines, start, state_file)
        stop: int | Literal["end"] | None = None if follow else "end" if end.offset is None else end.offset
        try:
            copying.run(amqp_url, stop)
        finally:
            lines.close()
    if copying.notes.lost:
        raise EventsLost(copying.notes.lost)
