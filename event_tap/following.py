"""Follows the stream for a run: what is wanted of it, and what is said of it."""

from antrean_client.connection import Address
from antrean_client.position import Position
from antrean_client.subscriber import Subscriber
from event_tap.notes import Notes
from event_tap.selection import Selection
from event_tap.session import TapSession


def follow(
    session: TapSession, amqp_url: Address, position: Position, selection: Selection, notes: Notes
) -> Subscriber:
    """Reads a selection of queues from a position on; the notes tell of gaps and lost connections."""
    return Subscriber(
        amqp_url,
        position,
        wanted=selection.of_queue,
        on_gap=notes.tell_gap,
        on_lost=notes.tell_lost,
        reply_seconds=session.settings.reply_timeout_seconds,
        name="antrean-events",
        fast_path=session.settings.fast_path,
    )
