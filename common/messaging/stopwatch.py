"""Where the time of a batch goes, part by part."""

import time
from collections.abc import Mapping
from enum import StrEnum


class Part(StrEnum):
    """What is done with a batch, in this order; a handler that has no such part leaves it out."""

    PARSE = "parse"
    LOAD = "load"
    DECIDE = "decide"
    SAVE = "save"
    COMMIT = "commit"
    PUBLISH = "publish"


class Stopwatch:
    """Measures one batch at a time. What is between two laps belongs to the part of the later one."""

    def __init__(self) -> None:
        self._at = time.perf_counter()
        self._parts: dict[Part, float] = {}

    def start(self) -> None:
        """A batch begins."""
        self._parts = {}
        self._at = time.perf_counter()

    def lap(self, part: Part) -> None:
        """This part ends; where it is done more than once, its times are added."""
        now = time.perf_counter()
        self._parts[part] = self._parts.get(part, 0.0) + now - self._at
        self._at = now

    @property
    def parts(self) -> Mapping[Part, float]:
        """Seconds by part."""
        return self._parts
