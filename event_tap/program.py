"""All commands of `antrean-events`, and how one is run."""

from collections.abc import Sequence

import click

from common.terminal import program
from common.terminal.localised import LocalisedGroup, version_option
from common.translation import N_
from event_tap.commands import replay, tail
from event_tap.session import TapSession
from event_tap.webhooks.commands import forward, new_secret, receive


@click.group(
    "antrean-events",
    cls=LocalisedGroup,
    help=N_("What happens in the queues, live and again: lines for other programs."),
)
@version_option
def antrean_events() -> None:
    pass


for _command in (tail, replay, forward, receive, new_secret):
    antrean_events.add_command(_command)


def run(words: Sequence[str]) -> int:
    """Runs the command in `words` (without the program's name) and returns its exit code."""
    return program.run("antrean-events", antrean_events, TapSession, words)
