"""Copies events from the stream to the output, and keeps the state."""

import sys
import time
from dataclasses import dataclass
from typing import Final, Literal

import click

from antrean_client.errors import BrokerUnavailable
from antrean_client.events import Event
from antrean_client.subscriber import ClosedGap, Subscriber
from event_tap.formats import HEADINGS, LINES
from event_tap.output import Output, State, StateFile
from event_tap.selection import Selection
from event_tap.session import TapSession

_STATE_SECONDS: Final = 1.0
"""How often the state is written: no more than that is done again."""

_PROGRESS_SECONDS: Final = 0.2


@dataclass
class Copying:
    """One run. `start` is where it goes on; `told` counts the events that could not be had."""

    session: TapSession
    selection: Selection
    form: str
    output: Output
    start: State
    state_file: StateFile | None = None
    lost: int = 0
    written: int = 0
    _is_lost: bool = False

    def run(self, amqp_url: str, until: int | Literal["end"] | None) -> None:
        """Copies up to `until`, or (None) for ever. The state is written at the end, too, whatever ends it.

        Raises OSError where the output cannot be written, and as Subscriber does.
        """
        subscriber = Subscriber(
            amqp_url,
            self.start.position,
            wanted=self.selection.of_queue,
            on_gap=self._tell_gap,
            on_lost=self._tell_lost,
            reply_seconds=self.session.settings.reply_timeout_seconds,
            name="antrean-events",
            fast_path=self.session.settings.fast_path,
        )
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
            self._end(subscriber)

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
            self._is_lost = False

    def _keep(self, state: State) -> None:
        self.output.keep()
        if self.state_file is not None:
            self.state_file.write(state)

    def _tell_gap(self, closed: ClosedGap) -> None:
        texts = self.session.texts
        source, after, until = closed.gap.source, closed.gap.after or 0, closed.gap.until
        numbers = f"{after + 1}" if until == after + 2 else f"{after + 1}-{until - 1}"
        if closed.how == "database":
            said = texts("Filled from the database: {source}, {numbers}.", source=source, numbers=numbers)
        else:
            missing = until - after - 1 - closed.filled
            self.lost += missing
            said = texts(
                "Not to be had: {source}, {count} of {numbers}.",
                source=source,
                count=missing,
                numbers=numbers,
            )
        self._clear()
        self.session.note(said)

    def _tell_lost(self, _: BrokerUnavailable) -> None:
        if not self._is_lost:
            self._is_lost = True
            self._clear()
            self.session.note(self.session.texts("The connection is lost; trying again."))

    @property
    def _is_watched(self) -> bool:
        return sys.stderr.isatty() and not sys.stdout.isatty() and not self.session.as_json

    def _show(self, subscriber: Subscriber) -> None:
        if not self._is_watched or subscriber.offset is None or subscriber.end is None:
            return
        left = max(subscriber.end - subscriber.offset, 0)
        text = self.session.texts("{count} events; {left} to go", count=self.written, left=left)
        click.echo(f"\r{text}\033[K", nl=False, err=True)

    def _clear(self) -> None:
        if self._is_watched:
            click.echo("\r\033[K", nl=False, err=True)

    def _end(self, subscriber: Subscriber) -> None:
        self._clear()
        if subscriber.late and self.session.verbose:
            self.session.note(
                self.session.texts.plural(
                    "1 event came late and was put in its place.",
                    "{count} events came late and were put in their places.",
                    subscriber.late,
                )
            )
