"""Which deliveries can be acknowledged together: those up to the first that is not settled yet."""

from collections.abc import Iterable


class AckWindow:
    """The unacknowledged deliveries of one channel, whose tags count up from 1 without gaps."""

    def __init__(self) -> None:
        self._acknowledged = 0
        self._settled: set[int] = set()

    def settle(self, tags: Iterable[int]) -> int | None:
        """Marks deliveries as done; the tag up to which all can now be acknowledged, None for none new."""
        self._settled.update(tags)
        upto = self._acknowledged
        while upto + 1 in self._settled:
            upto += 1
            self._settled.remove(upto)
        if upto == self._acknowledged:
            return None
        self._acknowledged = upto
        return upto
