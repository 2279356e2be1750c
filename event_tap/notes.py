"""What a run says on standard error: about the stream that it reads, and how far it is."""

import sys
from threading import RLock

import click

from antrean_client.errors import BrokerUnavailable
from antrean_client.subscriber import ClosedGap
from event_tap.session import TapSession


class Notes:
    """May be used by several threads. `lost` counts the events that were not to be had."""

    def __init__(self, session: TapSession, *, is_watched: bool) -> None:
        """`is_watched`: whether somebody sees a line that is written over and over."""
        self._session = session
        self._is_watched = is_watched and sys.stderr.isatty() and not session.as_json
        self._lock = RLock()
        self._is_connection_lost = False
        self.lost = 0

    @property
    def is_watched(self) -> bool:
        """Whether `show` shows anything."""
        return self._is_watched

    def say(self, sentence: str) -> None:
        """Says a sentence."""
        with self._lock:
            self.clear()
            self._session.note(sentence)

    def show(self, text: str) -> None:
        """Shows how far the run is, in place of what was shown before."""
        if self._is_watched:
            with self._lock:
                click.echo(f"\r{text}\033[K", nl=False, err=True)

    def clear(self) -> None:
        """Takes away what `show` has shown."""
        if self._is_watched:
            with self._lock:
                click.echo("\r\033[K", nl=False, err=True)

    def tell_gap(self, closed: ClosedGap) -> None:
        """Says what became of a gap."""
        texts = self._session.texts
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
        self.say(said)

    def tell_lost(self, _: BrokerUnavailable) -> None:
        """Says that the connection is lost, once until events come again."""
        if not self._is_connection_lost:
            self._is_connection_lost = True
            self.say(self._session.texts("The connection is lost; trying again."))

    def events_come(self) -> None:
        """There is a connection."""
        self._is_connection_lost = False

    def tell_late(self, count: int) -> None:
        """Says how many events came late."""
        if count and self._session.verbose:
            self.say(
                self._session.texts.plural(
                    "1 event came late and was put in its place.",
                    "{count} events came late and were put in their places.",
                    count,
                )
            )
