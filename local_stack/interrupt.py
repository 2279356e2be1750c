"""Ctrl-C and its kin: the first asks to stop in order, the second ends everything at once."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interruptible(kill: Callable[[], None]) -> Iterator[None]:
    """The first SIGINT, SIGTERM or SIGHUP raises KeyboardInterrupt in the block, wherever it is.

    A second one calls `kill`, which must be safe in a signal handler, and ends this process. The handlers
    that stood before are put back after the block.
    """
    interrupted = False

    def on_signal(number: int, _frame: FrameType | None) -> None:
        nonlocal interrupted
        if interrupted:
            kill()
            os._exit(128 + number)
        interrupted = True
        raise KeyboardInterrupt

    before = {number: signal.signal(number, on_signal) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
