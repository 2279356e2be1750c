"""What is planted in a consistent run, with what the checker has to say about it."""

from collections.abc import Callable
from typing import Any

from tests.chaos.checked_run import CheckedRun
from tests.chaos.checker import Invariant

Plant = Callable[[CheckedRun], Any]

PLANTS: list[tuple[Plant, Invariant, str]] = []
"""What makes a run wrong, the invariant that it breaks, and words of the sentence that says so."""


def plant(invariant: Invariant, sentence: str) -> Callable[[Plant], Plant]:
    """The function makes a run wrong; the checker has to object with `sentence` in its own."""

    def register(spoil: Plant) -> Plant:
        PLANTS.append((spoil, invariant, sentence))
        return spoil

    return register
