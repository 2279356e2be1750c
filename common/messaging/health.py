"""Tells how a worker is: in its log when that changes, and in a file every few seconds."""

import time
from collections.abc import Callable
from pathlib import Path

import structlog
from pika.adapters.select_connection import IOLoop

from common.errors import StoreUnavailable
from common.health import LOOK_SECONDS, HealthFile

_LINKS_SECONDS = 0.2
"""How often a worker looks whether it is connected, while it is not."""

_NOT_CONSUMING = "It does not consume: the broker is away, or has no such queue."

_log = structlog.get_logger()


class Health:
    """A worker is ready when it consumes and publishes, and its database answers.

    It looks from the loop on which it works, so that a worker that is stuck says nothing. `consumes` tells
    whether all its links are up; `ask_store` raises StoreUnavailable where the database does not answer.
    """

    def __init__(
        self,
        loop: IOLoop,
        consumes: Callable[[], bool],
        ask_store: Callable[[], object],
        path: Path | None,
    ) -> None:
        self._loop = loop
        self._consumes = consumes
        self._ask_store = ask_store
        self._file = None if path is None else HealthFile(path)
        self.trouble: str | None = _NOT_CONSUMING
        """What keeps the worker from its work, as it was when it looked."""
        self._looked_at = time.monotonic()

    @property
    def looked_seconds_ago(self) -> float:
        """Longer than a few seconds where the worker is stuck."""
        return time.monotonic() - self._looked_at

    def look(self) -> None:
        """Looks now and from now on."""
        self._looked_at = time.monotonic()
        consumes = self._consumes()
        self._tell(self._store_trouble() if consumes else _NOT_CONSUMING)
        self._loop.call_later(LOOK_SECONDS if consumes else _LINKS_SECONDS, self.look)

    def _store_trouble(self) -> str | None:
        try:
            self._ask_store()
        except StoreUnavailable as error:
            return str(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the worker cannot work with that database
            return f"The database cannot be used ({type(error).__name__})."
        return None

    def _tell(self, trouble: str | None) -> None:
        if trouble != self.trouble:
            self.trouble = trouble
            if trouble is None:
                _log.info("ready")
            else:
                _log.warning("not ready", reason=trouble)
        if self._file is not None:
            try:
                self._file.write(trouble)
            except OSError as error:
                reason = f"ANTREAN_HEALTH_FILE cannot be written: {error.strerror}"
                _log.warning("health unknown", reason=reason)
                self._file = None  # said once; whoever reads the file finds it missing or old
