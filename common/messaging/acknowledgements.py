"""Which deliveries can be acknowledged, and which together: those up to the first that is not done."""

from collections.abc import Iterable
from typing import NamedTuple


class Acknowledgement(NamedTuple):
    """Of one delivery, or (`multiple`) of all up to it."""

    tag: int
    multiple: bool


class AckWindow:
    """The unacknowledged deliveries of one channel, whose tags count up from 1 without gaps.

    A delivery that is on hold may not be done for long: those behind it do not wait for it, but are
    acknowledged one by one.
    """

    def __init__(self) -> None:
        self._upto = 0
        self._settled: set[int] = set()
        self._apart: set[int] = set()  # acknowledged one by one, behind one that is on hold
        self._on_hold: set[int] = set()

    @property
    def on_hold(self) -> int:
        """How many deliveries are on hold."""
        return len(self._on_hold)

    def unacknowledged(self, upto: int) -> int:
        """How many deliveries up to this tag, the last that has arrived, are not acknowledged."""
        return upto - self._upto - len(self._apart)

    def settle(self, tags: Iterable[int]) -> list[Acknowledgement]:
        """Marks deliveries as done; what can now be acknowledged."""
        tags = set(tags)
        self._settled |= tags
        self._on_hold -= tags
        return self._due()

    def hold(self, tags: Iterable[int]) -> list[Acknowledgement]:
        """Puts deliveries on hold until they are settled; what can now be acknowledged."""
        self._on_hold.update(tags)
        return self._due()

    def resume(self, tags: Iterable[int]) -> None:
        """Ends the hold on deliveries that are not settled yet."""
        self._on_hold.difference_update(tags)

    def _due(self) -> list[Acknowledgement]:
        due: list[Acknowledgement] = []
        settled, apart = self._settled, self._apart
        upto = together = self._upto
        while True:
            if upto + 1 in settled:
                upto = together = upto + 1
                settled.remove(upto)
            elif apart and upto + 1 in apart:
                upto += 1
                apart.remove(upto)
            else:
                break
        if together > self._upto:
            due.append(Acknowledgement(together, multiple=True))
        self._upto = upto
        if self._on_hold:
            first = min(self._on_hold)
            behind = sorted(tag for tag in self._settled if tag > first)
            self._settled.difference_update(behind)
            self._apart.update(behind)
            due += [Acknowledgement(tag, multiple=False) for tag in behind]
        return due
