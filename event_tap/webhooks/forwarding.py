"""Forwards events to a receiver of webhooks: from the stream, without end, or from a file of dead letters.

An event counts as done when the receiver has taken it, or when it is a dead letter on disk. The state says
up to where that is so of each source. So a run that is killed delivers again what was done since the last
state, and loses nothing; the event's id is the webhook's, by which a receiver drops what it has.
"""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from antrean_client.connection import Address
from antrean_client.position import Position
from antrean_client.subscriber import Subscriber
from event_tap.following import follow
from event_tap.notes import Notes
from event_tap.output import State, StateFile
from event_tap.selection import Selection
from event_tap.session import TapSession
from event_tap.webhooks.attempts import Attempts
from event_tap.webhooks.backlog import Backlog
from event_tap.webhooks.dead_letters import DeadLetters, read_dead_letters
from event_tap.webhooks.deliveries import Deliveries, Troubles
from event_tap.webhooks.endpoint import Endpoint
from event_tap.webhooks.signing import Signer

_STATE_SECONDS: Final = 0.25
"""How often the state is written: what was delivered since comes again after a kill."""
_CHECK_SECONDS: Final = 0.5
_PROGRESS_SECONDS: Final = 0.5
_LINE_SECONDS: Final = 60.0
"""How often a run that nobody watches says how far behind it is, while it is."""


@dataclass(frozen=True)
class Delivery:
    """To whom, and how: so many events at once, for so long each, and until when one is tried again."""

    endpoint: Endpoint
    signer: Signer
    dead_letters: DeadLetters
    parallel: int
    attempt_seconds: float
    give_up_seconds: float

    def of(self, backlog: Backlog, troubles: Troubles) -> Deliveries:
        """The threads that deliver a backlog."""

        def new_attempts() -> Attempts:
            return Attempts(self.endpoint, self.signer, self.attempt_seconds)

        return Deliveries(
            backlog, new_attempts, self.dead_letters, troubles, self.parallel, self.give_up_seconds
        )


@dataclass
class Forwarding:
    """One run. `start` is where it goes on."""

    session: TapSession
    selection: Selection
    delivery: Delivery
    start: State
    state_file: StateFile | None = None
    notes: Notes = field(init=False)
    troubles: Troubles = field(init=False)
    backlog: Backlog = field(init=False)

    def __post_init__(self) -> None:
        self.notes = Notes(self.session, is_watched=True)
        self.troubles = Troubles(self.session, self.notes)
        self.backlog = Backlog(self.start.position)

    def run(self, amqp_url: Address) -> None:
        """Forwards for ever. The state is written at the end, too, whatever ends it.

        Raises ReceiverGone, OSError where a file cannot be written, and as Subscriber does.
        """
        subscriber = follow(self.session, amqp_url, self.start.position, self.selection, self.notes)
        deliveries = self.delivery.of(self.backlog, self.troubles)

        def has_room() -> bool:
            return self.backlog.has_room

        kept: Position | None = None
        kept_at = told_at = time.monotonic()
        try:
            for batch in subscriber.batches(wait_seconds=_STATE_SECONDS, is_ready=has_room):
                self.backlog.add(
                    [event for event in batch.events if self.selection.takes(event)], batch.position
                )
                if batch.events:
                    self.notes.events_come()
                now = time.monotonic()
                if kept is None:
                    deliveries.start()
                if kept is None or now - kept_at >= _STATE_SECONDS:
                    kept, kept_at = self._keep(kept), now
                if now - told_at >= (_PROGRESS_SECONDS if self.notes.is_watched else _LINE_SECONDS):
                    self._tell_progress(subscriber)
                    told_at = now
                deliveries.check()
        finally:
            deliveries.stop()
            if kept is not None:
                self._keep(kept)
            self.notes.say(self._progress(subscriber))
            subscriber.close()
            self.notes.tell_late(subscriber.late)

    def _keep(self, kept: Position | None) -> Position:
        """Writes the state where it is another than the one that was kept; returns its position."""
        position = self.backlog.position
        if self.state_file is not None and position != kept:
            self.state_file.write(State(position, since=self.start.since))
        return position

    def _tell_progress(self, subscriber: Subscriber) -> None:
        if self.notes.is_watched:
            self.notes.show(self._progress(subscriber))
        elif self.backlog.waiting:
            subscriber.measure()
            self.notes.say(self._progress(subscriber))

    def _progress(self, subscriber: Subscriber) -> str:
        unread = max((subscriber.end or 0) - (subscriber.offset or 0), 0)
        oldest = self.backlog.oldest
        behind = 0.0
        if oldest is not None:
            behind = max((self.session.settings.clock().now() - oldest).total_seconds(), 0.0)
        return self.session.texts(
            "{delivered} delivered; {left} to go, {seconds} s behind; {dead} given up",
            delivered=self.backlog.delivered,
            left=self.backlog.waiting + unread,
            seconds=round(behind),
            dead=self.delivery.dead_letters.count,
        )


def send_again(session: TapSession, delivery: Delivery, path: Path) -> int:
    """Delivers the dead letters in a file, in its order for each source, and returns how many were given up
    once more. The file stays as it is. Raises ReceiverGone and OSError."""
    notes = Notes(session, is_watched=False)
    read = read_dead_letters(path)
    for number in read.unreadable:
        notes.say(session.texts("Line {number} of {path} is no dead letter.", number=number, path=path))
    backlog = Backlog(Position.first())
    deliveries = delivery.of(backlog, Troubles(session, notes))
    deliveries.start()
    try:
        backlog.add(read.events, Position.first())
        while not backlog.wait_until_settled(_CHECK_SECONDS):
            deliveries.check()
        deliveries.check()
    finally:
        deliveries.stop()
    return delivery.dead_letters.count
