"""Copies events from the stream to the output, and keeps the state."""

import sys
import time
from dataclasses import dataclass, field
from typing import Final, Literal

from antrean_client.connection import Address
from antrean_client.events import Event
from antrean_client.subscriber import Subscriber
from event_tap.following import follow
from event_tap.formats import HEADINGS, LINES
from event_tap.notes import Notes
from event_tap.output import Output, State, StateFile
from event_tap.selection import Selection
from event_tap.session import TapSession

_STATE_SECONDS: Final = 1.0
"""How often the state is written: no more than that is done again."""

_PROGRESS_SECONDS: Final = 0.2


@dataclass
class Copying:
    """One run. `start` is where it goes on; `notes` counts the events that could not be had."""

    session: TapSession
    selection: Selection
    form: str
    output: Output
    start: State
    state_file: StateFile | None = None
    written: int = 0
    notes: Notes = field(init=False)

    def __post_init__(self) -> None:
        self.notes = Notes(self.session, is_watched=not sys.stdout.isatty())

    def run(self, amqp_url: Address, until: int | Literal["end"] | None) -> None:
        """Copies up to `until`, or (None) for ever. The state is written at the end, too, whatever ends it.

        Raises OSError where the output cannot be written, and as Subscriber does.
        """
        subscriber = follow(self.session, amqp_url, self.start.position, self.selection, self.notes)
        done = kept = None
        written_at = shown_at = time.monotonic()
        try:
            for batch in subscriber.batches(until=until):
                if kept is None:
                    # Before anything is written: else nobody could tell whose the output is.
                    done = kept = State(batch.position, self.output.length, self.start.since)
                    self._keep(kept)
                    self._begin()
                self._write(batch.events)
                done = State(batch.position, self.output.length, self.start.since)
                now = time.monotonic()
                if now - written_at >= _STATE_SECONDS and done != kept:
                    self._keep(done)
                    kept, written_at = done, now
                if now - shown_at >= _PROGRESS_SECONDS:
                    self._show(subscriber)
                    shown_at = now
        finally:
            if done is not None and done != kept:
                self._keep(done)
            subscriber.close()
            self.notes.clear()
            self.notes.tell_late(subscriber.late)

    def _begin(self) -> None:
        if not self.output.length and self.form in HEADINGS:
            self.output.write(HEADINGS[self.form])

    def _write(self, events: list[Event]) -> None:
        line = LINES[self.form]
        lines = [line(event) for event in events if self.selection.takes(event)]
        if lines:
            self.output.write(b"".join(lines))
            self.written += len(lines)
        if events:
            self.notes.events_come()

    def _keep(self, state: State) -> None:
        self.output.keep()
        if self.state_file is not None:
            self.state_file.write(state)

    def _show(self, subscriber: Subscriber) -> None:
        if subscriber.offset is None or subscriber.end is None:
            return
        left = max(subscriber.end - subscriber.offset, 0)
        self.notes.show(self.session.texts("{count} events; {left} to go", count=self.written, left=left))
