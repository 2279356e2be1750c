"""The browsers of each page, and what they are sent: each message is made once, however many there are.

A browser that takes more slowly than there is to tell falls behind, and gets a new snapshot. So a page keeps
a few messages, and nothing is kept for each browser.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Final

from common.clock import Clock
from waiting_room.boards import Change
from waiting_room.calls import Shown
from waiting_room.messages import PageKey, Scene

BROWSERS_MAX: Final = 5_000
PAGES_MAX: Final = 500
"""Pages that are looked at: hospitals, and choices of clinics."""

MESSAGES_KEPT: Final = 32
"""Of each page, for browsers that are a little slow."""
_SNAPSHOTS_KEPT: Final = 16


class Page:
    """What the browsers of one address are sent."""

    def __init__(self, scene: Scene, clock: Clock) -> None:
        self.scene, self._clock = scene, clock
        self.browsers = 0
        self._messages: deque[bytes] = deque(maxlen=MESSAGES_KEPT)
        self._version = 0
        self._shown = scene.shown()
        self._changed = asyncio.Event()
        self._snapshots: dict[tuple[int, tuple[tuple[str, int], ...]], bytes] = {}

    def tell(self, change: Change) -> None:
        """Sends what has changed to those who are up to date; all get a snapshot where something is gone."""
        if self.scene.needs_snapshot(change):
            self._messages.clear()
        elif (message := self.scene.changes(change, self._clock.now())) is not None:
            self._messages.append(message)
        else:
            return
        self._version += 1
        self._shown = self.scene.shown()
        self._snapshots.clear()
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def messages(self, shown: Shown) -> AsyncIterator[bytes]:
        """What a browser is sent that has shown these calls, without end."""
        while True:
            version, snapshot = self._version, self._snapshot(shown)
            shown = self._shown
            yield snapshot
            while (new := self._behind(version)) is not None:
                version, shown, changed = self._version, self._shown, self._changed
                if new:
                    yield b"".join(new)
                else:
                    await changed.wait()

    def _behind(self, version: int) -> list[bytes] | None:
        """The messages behind a version; None where they are not there any more."""
        missing = self._version - version
        if missing > len(self._messages):
            return None
        return list(self._messages)[len(self._messages) - missing :]

    def _snapshot(self, shown: Shown) -> bytes:
        """The same one for all who come at once and have shown the same."""
        now = self._clock.now()
        key = int(now.timestamp()), tuple(shown.items())
        if key not in self._snapshots:
            if len(self._snapshots) >= _SNAPSHOTS_KEPT:
                self._snapshots.clear()
            self._snapshots[key] = self.scene.snapshot(shown, now)
        return self._snapshots[key]


class Hub:
    """The pages that are looked at, by hospital and choice of clinics."""

    def __init__(self, clock: Clock, *, browsers_max: int = BROWSERS_MAX, pages_max: int = PAGES_MAX) -> None:
        self._clock = clock
        self._browsers_max, self._pages_max = browsers_max, pages_max
        self._pages: dict[PageKey, Page] = {}
        self.browsers = 0

    def has_room(self, key: PageKey) -> bool:
        """Whether another browser may look at a page."""
        has_page = key in self._pages or len(self._pages) < self._pages_max
        return has_page and self.browsers < self._browsers_max

    @contextmanager
    def browser(self, scene: Scene) -> Iterator[Page]:
        """A browser looks at a page."""
        page = self._pages.setdefault(scene.key, Page(scene, self._clock))
        page.browsers += 1
        self.browsers += 1
        try:
            yield page
        finally:
            page.browsers -= 1
            self.browsers -= 1
            if not page.browsers:
                del self._pages[scene.key]

    def tell(self, hospital: str, change: Change) -> None:
        """Tells all pages of a hospital what has changed."""
        for (code, _), page in self._pages.items():
            if code == hospital:
                page.tell(change)

    def is_looked_at(self, hospital: str) -> bool:
        """Whether there is a browser on a page of the hospital."""
        return any(code == hospital for code, _ in self._pages)
