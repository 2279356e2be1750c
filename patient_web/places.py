"""How many requests may wait for the workers at once: changes apart from look-ups, so that nobody who looks
keeps others from registering, and no address more of either than its share."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from common.errors import RequestNotTaken
from common.web.requests import IN_FLIGHT_MAX

CHANGES_MAX: Final = 128
LOOK_UPS_MAX: Final = IN_FLIGHT_MAX - CHANGES_MAX

LOOK_UPS_OF_ADDRESS_MAX: Final = 64
CHANGES_OF_ADDRESS_MAX: Final = 64
"""A whole hospital behind one address still registers hundreds a second: answers take some tenths."""


class Places:
    """Those of one process."""

    def __init__(self) -> None:
        self._taken: Counter[tuple[bool, str | None]] = Counter()

    @contextmanager
    def one(self, address: str | None, *, is_change: bool) -> Iterator[None]:
        """Holds a place while a request of the address waits; None: the process itself asks. Raises
        RequestNotTaken where none is free."""
        bound, share = (
            (CHANGES_MAX, CHANGES_OF_ADDRESS_MAX) if is_change else (LOOK_UPS_MAX, LOOK_UPS_OF_ADDRESS_MAX)
        )
        everybody, own = (is_change, None), (is_change, address)
        if self._taken[everybody] >= bound or (address is not None and self._taken[own] >= share):
            raise RequestNotTaken("Too many requests wait for an answer; try again in a minute.")
        keys = {everybody, own}
        self._taken.update(keys)
        try:
            yield
        finally:
            self._taken.subtract(keys)
            if not self._taken[own]:
                del self._taken[own]
