"""An event loop whose time passes only while nothing is left to do: hours of waiting take no time."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any


class _Jumping(selectors.DefaultSelector):
    """Instead of waiting, puts the clock forward."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout:
            self.passed += timeout
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.passed


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs `main` to its end; `asyncio.get_running_loop().time()` is how much time has passed."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        runner.run(main())
