"""How often something may happen, for each of many keys: an address, a device, a ticket code.

The algorithm is the generic cell rate algorithm, a token bucket of one number for each key.
Source: https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
"""

import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Final

KEYS_MAX: Final = 100_000

_ROUNDING_SECONDS: Final = 1e-6


class Rates:
    """`burst` times at once for each key, and `per_second` in the long run. Remembers `keys_max` keys
    at most; those are forgotten first that were not seen for longest."""

    def __init__(
        self,
        *,
        burst: int,
        per_second: float,
        keys_max: int = KEYS_MAX,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._interval = 1 / per_second
        self._tolerance = (burst - 1) * self._interval + _ROUNDING_SECONDS
        self._keys_max, self._now = keys_max, now
        self._free_at: OrderedDict[str, float] = OrderedDict()
        self._reserved: Counter[str] = Counter()

    def wait_seconds(self, key: str) -> float:
        """0 where it may happen now, which counts; else how long to wait, which does not."""
        now = self._now()
        free_at = max(self._free_at.get(key, now), now)
        if (wait := free_at - now - self._tolerance) > 0:
            self._free_at.move_to_end(key)
            return wait
        self._note(key, free_at + self._interval)
        return 0.0

    def reserve(self, key: str, times: int) -> float:
        """0 where it may happen so many times at once, which are kept free until `settle`; else how long to
        wait. No more happens than was reserved, so that nobody waits longer than a whole burst takes."""
        if times == 0:
            return 0.0
        now = self._now()
        kept_free = (self._reserved[key] + times - 1) * self._interval
        wait = max(self._free_at.get(key, now), now) + kept_free - now - self._tolerance
        if wait > 0:
            if not self._reserved[key]:
                del self._reserved[key]
            return wait
        self._reserved[key] += times
        return 0.0

    def settle(self, key: str, reserved: int, happened: int) -> None:
        """Of what was reserved, so much happened."""
        self._reserved[key] -= reserved
        if not self._reserved[key]:
            del self._reserved[key]
        if happened:
            now = self._now()
            self._note(key, max(self._free_at.get(key, now), now) + happened * self._interval)

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._free_at)

    def _note(self, key: str, free_at: float) -> None:
        self._free_at[key] = free_at
        self._free_at.move_to_end(key)
        while len(self._free_at) > self._keys_max:
            self._free_at.popitem(last=False)
